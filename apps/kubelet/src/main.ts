import { hostname } from "node:os";
import { join } from "node:path";
import { quantityValue } from "@kubets/api";
import { connectByFlags, DelegatedAccess } from "@kubets/client";
import { readHostFacts } from "@kubets/cri";
import {
  createKubelet,
  createNodeServer,
  parseTaint,
  readMachine,
  simulatedMachine,
} from "@kubets/kubelet";
import { FlagError, runService, servingCertificate } from "@kubets/service";
import { connectRuntime, ownAddress } from "./connections.ts";
import { flags } from "./flags.ts";

await runService({
  name: "kubelet",
  description:
    "Runs the pods of one node: brings what the API asks for to a container runtime, and what became of it back.",
  flags,
  examples: [
    "kubelet --server=10.200.0.1:6444 --certificate-authority=ca.crt --client-certificate=node-1.crt --client-key=node-1.key \\",
    "  --hostname-override=node-1 --node-ip=10.200.0.11 --cni-conf-dir=/etc/cni/net.d",
  ],
  stopTimeoutMs: 15_000,
  async build(config, { logger, metrics, health, clock }) {
    const isSimulated = config.runtime === "simulated";
    const nodeName = (config["hostname-override"] || hostname()).toLowerCase();
    const nodeIps = config["node-ip"].length > 0 ? config["node-ip"] : [ownAddress()];
    const client = await connectByFlags(config, { clock, userAgent: "kubelet" });
    const runtime = connectRuntime(config, clock);
    const facts = await readHostFacts();
    const kubelet = createKubelet({
      client,
      runtime,
      realProcesses: !isSimulated,
      clock,
      logger,
      metrics,
      machine: isSimulated
        ? simulatedMachine({
            nodeName,
            cpuCount: config["simulated-cpus"],
            memoryBytes: Number(quantityValue(config["simulated-memory"])),
          })
        : await readMachine(config["root-dir"]),
      nodeName,
      hostname: nodeName,
      nodeIps,
      nodeLabels: config["node-labels"],
      taints: config["register-with-taints"].map((text) => {
        const taint = parseTaint(text);
        if (taint === undefined) {
          throw new FlagError(`--register-with-taints: ${text} is not key=value:effect`);
        }
        return taint;
      }),
      port: config.port,
      podsMax: config["max-pods"],
      reserved: config["system-reserved"],
      rootDir: config["root-dir"],
      podLogsDir: config["pod-logs-dir"] || join(config["root-dir"], "pod-logs"),
      clusterDns: config["cluster-dns"],
      clusterDomain: config["cluster-domain"],
      resolvConf: config["resolv-conf"],
      cgroups: {
        version: facts.cgroupVersion,
        root: config["cgroup-root"],
        ...(config["pod-max-pids"] > 0 ? { podPidsMax: config["pod-max-pids"] } : {}),
      },
      ...(isSimulated || config["cni-conf-dir"] === ""
        ? {}
        : {
            cniBridge: {
              name: config["cni-network-name"],
              bridge: config["cni-bridge"],
              confDir: config["cni-conf-dir"],
              masquerade: config["cni-masquerade"],
            },
          }),
      ...(config["pod-cidr"] === "" ? {} : { podCidr: config["pod-cidr"] }),
      parallelPullsMax: config["serialize-image-pulls"] ? 1 : config["max-parallel-image-pulls"],
      seccompDefault: config["seccomp-default"],
      nodeStatusUpdateMs: config["node-status-update-frequency"],
      nodeStatusReportMs: config["node-status-report-frequency"],
    });
    const server = createNodeServer(kubelet, {
      nodeName,
      address: config.address,
      port: config.port,
      tls: await servingCertificate({
        certificateFile: config["tls-cert-file"],
        keyFile: config["tls-private-key-file"],
        clientCaFile: config["client-ca-file"],
        names: [nodeName, ...nodeIps],
        clock,
      }),
      access: new DelegatedAccess({ client, clock }),
      configz: () => ({ kubeletconfig: config }),
      streamingIdleTimeoutMs: config["streaming-connection-idle-timeout"],
      health,
      metrics,
      logger,
      clock,
    });
    return [
      { name: "api client", start: async () => {}, stop: () => client.close() },
      { name: "runtime client", start: async () => {}, stop: () => runtime.close() },
      server,
      ...kubelet.parts,
    ];
  },
});
