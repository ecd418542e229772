/** What deploy/compose runs in its containers; hidden from users of clusters on one machine. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  applyObject,
  deploymentObjects,
  prepareNode,
  prepareNodeContainerd,
  runRoutes,
  writeDeploymentFiles,
} from "@kubets/cluster";
import { systemClock } from "@kubets/service";
import { type Command, InvalidArgumentError } from "commander";
import { collect, mirror } from "./cli.ts";

export function addDeployment(program: Command): void {
  program
    .command("pki", { hidden: true })
    .description("Make the certificates and passwords of a cluster of containers, once.")
    .requiredOption("--dir <folder>", "gets a folder for each component")
    .option("--server-name <name>", "a name or address of the apiservers, repeatable", collect)
    .option("--service-cidr <range>", "the Services' addresses", "10.96.0.0/16")
    .requiredOption("--server <url>", "the URL in the administrator's kubeconfig")
    .option("--nats <url>", "where the apiservers reach NATS", "nats://nats:4222")
    .option("--owner <uid:gid>", "who the services run as", owner)
    .action(async (options) => {
      const files = {
        folder: options.dir,
        serverNames: options.serverName ?? [],
        serviceCidr: options.serviceCidr,
        server: options.server,
        natsUrl: options.nats,
        ...(options.owner === undefined ? {} : { owner: options.owner }),
      };
      await writeDeploymentFiles(files, systemClock);
    });

  program
    .command("bootstrap", { hidden: true })
    .description("Put what the other services need into the API: roles, the Service of the DNS.")
    .requiredOption("--server <url>", "the apiservers' REST URL")
    .requiredOption("--pki <folder>", "with ca.crt, admin.crt and admin.key")
    .option("--cluster-dns <address>", "the DNS' cluster IP", "10.96.0.10")
    .action(async (options) => {
      const read = (file: string) => readFileSync(join(options.pki, file), "utf8");
      const admin = { ca: read("ca.crt"), cert: read("admin.crt"), key: read("admin.key") };
      for (const { path, object } of deploymentObjects(options.clusterDns)) {
        await applyObject(options.server, admin, path, object);
      }
    });

  program
    .command("prepare-node", { hidden: true })
    .description("Prepare this container to be a node, and write down what it is to run.")
    .requiredOption("--plan <file>", "gets the commands; node-main.js runs them")
    .requiredOption("--server <address>", "gRPC address of the apiservers, repeatable", collect)
    .option("--name <name>", "the node's name (default: what the network calls it)")
    .option("--authority <folder>", "with ca.crt and ca.key; unmounted once used", "/pki/authority")
    .option("--state <folder>", "everything of the node", "/var/lib/kubets-node")
    .option("--cluster-cidr <range>", "the pods' addresses", "10.244.0.0/16")
    .option("--pods-on-link", "the nodes' network spans --cluster-cidr: answer there for own pods")
    .option("--cluster-dns <address>", "the cluster's DNS, repeatable", collect)
    .option("--registry-mirror <host=url>", "where to look first for images, repeatable", mirror)
    .option("--kubelet-arg <flag>", "an extra flag for the kubelet, repeatable", collect)
    .action(async (options) => {
      const plan = await prepareNode({
        servers: options.server,
        authority: options.authority,
        stateFolder: options.state,
        podCidr: options.clusterCidr,
        podsOnLink: options.podsOnLink === true,
        clusterDns: options.clusterDns ?? [],
        registryMirrors: options.registryMirror ?? [],
        kubeletArguments: options.kubeletArg ?? [],
        ...(options.name === undefined ? {} : { name: options.name }),
      });
      writeFileSync(options.plan, JSON.stringify(plan));
    });

  program
    .command("prepare-containerd", { hidden: true })
    .description("Wait for the containerd of this node, and give it the image of every sandbox.")
    .requiredOption("--state <folder>", "everything of the node")
    .action((options) => prepareNodeContainerd(options.state));

  program
    .command("keep-routes", { hidden: true })
    .description("Keep this node's routes to the pods of all others.")
    .requiredOption("--server <address>", "gRPC address of the apiservers, repeatable", collect)
    .requiredOption("--pki <folder>", "with ca.crt, proxy.crt and proxy.key")
    .requiredOption("--name <name>", "this node")
    .action((options) => {
      const stopping = new AbortController();
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.once(signal, () => stopping.abort());
      }
      const { server: servers, pki, name: nodeName } = options;
      return runRoutes({ servers, pki, nodeName, signal: stopping.signal });
    });
}

function owner(text: string) {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (uid === undefined || gid === undefined) {
    throw new InvalidArgumentError("It must look like 1000:1000.");
  }
  return { uid: Number(uid), gid: Number(gid) };
}
