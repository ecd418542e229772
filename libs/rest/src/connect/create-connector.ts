/**
 * The real connector: finds the backend of a connecting subresource in the cluster's objects and speaks to it.
 *
 * Upstream: pkg/registry/core/pod/rest, pkg/registry/core/node/rest, pkg/registry/core/service/storage @1.36
 */
import type { Writable } from "node:stream";
import { badRequest, type KubeObject, notFound, serviceUnavailable } from "@kubets/api";
import type { Pod, Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { noOptions, type RequestContext, type RequestCore } from "@kubets/request";
import type { Clock } from "@kubets/service";
import { isWebSocket } from "../http/websocket-messages.ts";
import type { Backend } from "./backend-request.ts";
import type { ConnectOutcome, Connector, ConnectRequest, ConnectUpgrade } from "./connector.ts";
import { type KubeletAddress, kubeletAddress } from "./kubelet-address.ts";
import { logQuery } from "./log-options.ts";
import { pipeUpgrade } from "./pipe-upgrade.ts";
import { chooseContainer, nodeOf } from "./pod-container.ts";
import { checkProxyAddress, parseProxyName } from "./proxy-address.ts";
import { proxyHttp } from "./proxy-http.ts";
import { chooseServiceEndpoint } from "./service-endpoint.ts";
import { logMessages, streamLog } from "./stream-log.ts";

export interface ConnectorOptions {
  readonly core: RequestCore;
  /** PEM of --kubelet-client-certificate, --kubelet-client-key and --kubelet-certificate-authority. */
  readonly kubeletTls: NonNullable<Backend["tls"]>;
  /** --kubelet-preferred-address-types */
  readonly preferredAddressTypes: readonly string[];
  readonly clock: Clock;
  /** 0 to 1: chooses among endpoints. */
  readonly random: () => number;
}

interface Located {
  readonly backend: Backend;
  readonly path: string;
}

export function createConnector(options: ConnectorOptions): Connector {
  const { core, kubeletTls, preferredAddressTypes, clock, random } = options;

  async function read<T extends KubeObject>(
    context: RequestContext,
    of: { readonly group: string; readonly version: string; readonly resource: string },
    namespace: string,
    name: string,
  ): Promise<T> {
    const store = core.registry.store(of.group, of.version, of.resource);
    if (store === undefined) throw notFound(of, name);
    const entry = await store.get(context.scope(namespace, noOptions), name);
    return entry.object as T;
  }

  async function kubelet(context: RequestContext, nodeName: string): Promise<Backend> {
    const nodes = { group: "", version: "v1", resource: "nodes" };
    const node = await read(context, nodes, "", nodeName);
    const address: KubeletAddress = kubeletAddress(node, preferredAddressTypes);
    return { scheme: "https", ...address, tls: kubeletTls };
  }

  async function podOf(context: RequestContext, { namespace, name }: ConnectOutcome): Promise<Pod> {
    const pods = { group: "", version: "v1", resource: "pods" };
    return (await read(context, pods, namespace, name)) as Pod;
  }

  /** exec, attach and portforward. */
  async function streamLocation({ exchange, context, outcome }: ConnectRequest): Promise<Located> {
    const pod = await podOf(context, outcome);
    const query = new URLSearchParams(exchange.query);
    const place = [outcome.namespace, outcome.name];
    if (outcome.subresource === "portforward") {
      const ports = new URLSearchParams();
      const asked = query.getAll("ports");
      if (asked.length > 0) ports.set("port", asked.map(portOf).join(","));
      const backend = await kubelet(context, nodeOf(pod));
      return { backend, path: pathOf(["portForward", ...place], ports) };
    }
    const container = chooseContainer(pod, query.get("container") ?? "");
    const backend = await kubelet(context, nodeOf(pod));
    const root = outcome.subresource === "exec" ? "exec" : "attach";
    return { backend, path: pathOf([root, ...place, container], streamQuery(query)) };
  }

  async function proxyLocation(request: ConnectRequest): Promise<Located> {
    const { exchange, context, outcome } = request;
    const { scheme, name, port } = parseProxyName(outcome.name);
    const query = exchange.query === "" ? "" : `?${exchange.query}`;
    const path = `/${restOf(exchange.path, outcome.namespace !== "")}${query}`;
    const named = { ...outcome, name };
    switch (outcome.resource.resource) {
      case "nodes": {
        const backend = await kubelet(context, name);
        return { backend: port === "" ? backend : { ...backend, port: Number(port) }, path };
      }
      case "pods": {
        const pod = await podOf(context, named);
        const host = pod.status?.podIP ?? "";
        if (host === "") throw badRequest("address not allowed");
        checkProxyAddress(host);
        const chosen =
          port === "" ? (pod.spec?.containers?.[0]?.ports?.[0]?.containerPort ?? 80) : Number(port);
        return { backend: { scheme: scheme || "http", host, port: chosen }, path };
      }
      default: {
        const services = { group: "", version: "v1", resource: "services" };
        const service: Service = await read<Service & KubeObject>(
          context,
          services,
          outcome.namespace,
          name,
        );
        const slices = await slicesOf(context, outcome.namespace, name);
        const endpoint = chooseServiceEndpoint(service, slices, port, random);
        if (endpoint === undefined) {
          throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
        }
        checkProxyAddress(endpoint.host);
        return { backend: { scheme: scheme || "http", ...endpoint }, path };
      }
    }
  }

  async function slicesOf(
    context: RequestContext,
    namespace: string,
    service: string,
  ): Promise<EndpointSlice[]> {
    const store = core.registry.store("discovery.k8s.io", "v1", "endpointslices");
    if (store === undefined) return [];
    const page = await store.list(context.scope(namespace, noOptions), {
      labelSelector: `kubernetes.io/service-name=${service}`,
      resourceVersion: "0",
    });
    return page.entries.map(({ object }) => object as EndpointSlice);
  }

  /** A WebSocket begins with GET, which must not be enough to run a command. */
  async function mayRun(context: RequestContext): Promise<void> {
    if (context.attributes.verb === "create") return;
    await core.authorize({ ...context.attributes, verb: "create" });
  }

  async function log(request: ConnectRequest, begin?: () => Writable): Promise<void> {
    const { exchange, context, outcome } = request;
    const query = new URLSearchParams(exchange.query);
    const kubeletQuery = logQuery(outcome.name, query);
    const pod = await podOf(context, outcome);
    const container = chooseContainer(pod, query.get("container") ?? "");
    const node = pod.spec?.nodeName ?? "";
    if (node === "") {
      // Nothing runs yet, so there is nothing to show.
      exchange.send(204, { "audit-id": context.auditId }, "");
      return;
    }
    const place = ["containerLogs", outcome.namespace, outcome.name, container];
    await streamLog(request, await kubelet(context, node), pathOf(place, kubeletQuery), begin);
  }

  return {
    connect: async (request) => {
      const { context, outcome } = request;
      if (outcome.subresource === "proxy") {
        const { backend, path } = await proxyLocation(request);
        await proxyHttp(request, backend, path);
        return;
      }
      if (outcome.subresource === "log") {
        await log(request);
        return;
      }
      await mayRun(context);
      await streamLocation(request);
      throw badRequest("Upgrade request required");
    },
    upgrade: async (request: ConnectUpgrade) => {
      const { exchange, context, outcome, upgrade } = request;
      if (outcome.subresource === "proxy") {
        await pipeUpgrade(request, await proxyLocation(request), clock);
        return;
      }
      if (outcome.subresource === "log") {
        await log(request, isWebSocket(upgrade) ? logMessages(upgrade, exchange) : undefined);
        return;
      }
      await mayRun(context);
      await pipeUpgrade(request, await streamLocation(request), clock);
    },
  };
}

function pathOf(segments: readonly string[], query: URLSearchParams): string {
  const path = `/${segments.map(encodeURIComponent).join("/")}`;
  return query.size === 0 ? path : `${path}?${query}`;
}

function portOf(text: string): number {
  if (/^[+-]?\d{1,10}$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** What stands behind `/proxy/`, with its slashes. */
function restOf(path: string, isNamespaced: boolean): string {
  const segmentsBefore = isNamespaced ? 8 : 6;
  return encodeURI(path.split("/").slice(segmentsBefore).join("/"));
}

const streamFlags = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" } as const;

/** The kubelet's names for the streams. */
function streamQuery(query: URLSearchParams): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, kubeletName] of Object.entries(streamFlags)) {
    const value = query.get(name)?.toLowerCase();
    if (value !== undefined && value !== "false" && value !== "0") out.set(kubeletName, "1");
  }
  for (const part of query.getAll("command")) out.append("command", part);
  return out;
}
