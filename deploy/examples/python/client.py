"""A client of kubets.api.v1, made from the files in proto/ alone.

tour   creates a config map, gets, patches, lists and deletes it
watch  prints each change of config maps, whichever apiservers come and go, until one named --until appears
"""

import argparse
import base64
import json
import os
import sys
import time

import grpc
import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen"))
from kubets.api.v1 import objects_pb2 as api  # noqa: E402
from kubets.api.v1 import objects_pb2_grpc as service  # noqa: E402


class Connection:
    """To one of several apiservers: all answer alike, so the next one goes on where one is lost."""

    def __init__(self, kubeconfig, servers):
        config = yaml.safe_load(open(kubeconfig, encoding="utf-8"))
        find = lambda kind, name: next(e[kind] for e in config[kind + "s"] if e["name"] == name)  # noqa: E731
        context = find("context", config["current-context"])
        cluster, user = find("cluster", context["cluster"]), find("user", context["user"])
        self.metadata = [("authorization", "Bearer " + user["token"])] if "token" in user else []
        self.credentials = grpc.ssl_channel_credentials(
            root_certificates=pem(cluster, "certificate-authority"),
            private_key=pem(user, "client-key"),
            certificate_chain=pem(user, "client-certificate"),
        )
        self.servers = servers
        self.current = 0
        self.channel = None

    def objects(self):
        if self.channel is None:
            # A server that vanished without a word is noticed by its silence.
            options = [("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 10_000)]
            server = self.servers[self.current % len(self.servers)]
            self.channel = grpc.secure_channel(server, self.credentials, options)
        return service.ObjectsStub(self.channel)

    def next(self):
        self.channel.close()
        self.channel = None
        self.current += 1


def pem(entry, name):
    """What stands in the kubeconfig itself (base64) or in a file that it names."""
    if name + "-data" in entry:
        return base64.b64decode(entry[name + "-data"])
    return open(entry[name], "rb").read() if name in entry else None


def config_maps(options, name=""):
    return api.ResourceRef(version="v1", resource="configmaps", namespace=options.namespace, name=name)


def payload(value):
    return api.Payload(json=json.dumps(value).encode())


def tour(connection, options):
    objects, limits = connection.objects(), {"timeout": 30, "metadata": connection.metadata}
    name = f"python-tour-{time.time_ns()}"
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"},
              "metadata": {"name": name, "labels": {"tour": name}}}
    request = api.CreateRequest(ref=config_maps(options), object=payload(wanted))
    created, call = objects.Create.with_call(request, **limits)
    for key, value in call.trailing_metadata():
        if key == "kubets-warning-bin":
            print("warning:", value.decode(), file=sys.stderr)
    print("created", name, json.loads(created.object.json)["data"])

    objects.Patch(api.PatchRequest(ref=config_maps(options, name), patch=b'{"data":{"b":"2"}}',
                                   patch_type="application/merge-patch+json"), **limits)
    got = json.loads(objects.Get(api.GetRequest(ref=config_maps(options, name)), **limits).object.json)
    print("patched", name, got["data"])
    items, _ = list_all(connection, options, f"tour={name}")
    print("listed", len(items))
    objects.Delete(api.DeleteRequest(ref=config_maps(options, name)), **limits)
    try:
        objects.Get(api.GetRequest(ref=config_maps(options, name)), **limits)
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
        print("deleted", name)


def list_all(connection, options, labels):
    """All items, and the version to watch from."""
    request = api.ListRequest(ref=config_maps(options), label_selector=labels)
    items, version = [], ""
    for chunk in connection.objects().List(request, timeout=60, metadata=connection.metadata):
        items += [json.loads(item.json) for item in chunk.items]
        version = version or chunk.resource_version  # Set in the first chunk only.
    return items, version


class Expired(Exception):
    """The history from the version seen is gone."""


def watch(connection, options):
    """A stream that ends, however it ends, is taken up at the last version seen, at the next address when it broke."""
    version, pause = "", 0.0
    while True:
        time.sleep(pause)
        seen = version
        try:
            if not version:
                # What was there before is not printed: this client shows changes.
                _, version = list_all(connection, options, options.selector)
                print("SYNCED", version, flush=True)
            for kind, item in follow(connection, options, version):
                version = item["metadata"]["resourceVersion"]
                if kind == "BOOKMARK":
                    continue
                print(kind, item["metadata"]["name"], version, flush=True)
                if item["metadata"]["name"] == options.until:
                    return
        except Expired:
            version = ""
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.OUT_OF_RANGE:
                version = ""
            elif error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN,
                                  grpc.StatusCode.INTERNAL, grpc.StatusCode.CANCELLED):
                print("lost:", error.details(), file=sys.stderr)
                connection.next()
            else:
                raise
        pause = 0.0 if version != seen else min(max(2 * pause, 0.05), 2.0)


def follow(connection, options, version):
    request = api.WatchRequest(ref=config_maps(options), label_selector=options.selector,
                               resource_version=version, allow_watch_bookmarks=True)
    for batch in connection.objects().Watch(request, metadata=connection.metadata):
        for event in batch.events:
            kind, item = api.EventType.Name(event.type).removeprefix("EVENT_TYPE_"), json.loads(event.object.json)
            if kind == "ERROR":
                if item.get("code") == 410:
                    raise Expired(item.get("message"))
                print("refused:", item.get("message"), file=sys.stderr)
                return
            yield kind, item


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["tour", "watch"])
    parser.add_argument("--kubeconfig", default=os.environ.get("KUBECONFIG"), help="whom to trust and who we are")
    parser.add_argument("--servers", required=True, help="gRPC addresses of apiservers, host:port, comma separated")
    parser.add_argument("--namespace", default="default", help="where the config maps are")
    parser.add_argument("--selector", default="", help="watch: only config maps with these labels")
    parser.add_argument("--until", help="watch: end when this config map appears")
    options = parser.parse_args()
    connection = Connection(options.kubeconfig, options.servers.split(","))
    try:
        (tour if options.what == "tour" else watch)(connection, options)
    except grpc.RpcError as error:
        # Each refusal carries the Kubernetes Status.
        status = dict(error.trailing_metadata() or ()).get("kubets-status-bin")
        reason = json.loads(status) if status else {}
        sys.exit(f"refused: {reason.get('reason', error.code().name)}: {error.details()}")


if __name__ == "__main__":
    main()
