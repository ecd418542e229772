/**
 * A node of this machine: a network and a mount namespace, held open by one small process. Everything in it (pod
 * networks, mounts, veth pairs) is gone with its last process.
 */
import { spawn } from "node:child_process";
import type { NodePaths } from "./paths.ts";
import { type ProcessRecord, signalRecorded, startTimeOf } from "./process-record.ts";

/** What the record of a node's namespaces is called. */
export const recordName = (node: string) => `node ${node}`;

/** Longer than the slowest machine needs for three mounts. */
const READY_TIMEOUT_MS = 10_000;

export class NodeNamespace {
  readonly name: string;
  #record: ProcessRecord;

  private constructor(name: string, record: ProcessRecord) {
    this.name = name;
    this.#record = record;
  }

  get pid(): number {
    return this.#record.pid;
  }

  record(): ProcessRecord {
    return this.#record;
  }

  /** Everything in it was made: from now on it can be taken over as it is. */
  complete(): void {
    this.#record = { ...this.#record, isComplete: true };
  }

  /** One that an earlier supervisor opened. */
  static adopt(name: string, record: ProcessRecord): NodeNamespace {
    return new NodeNamespace(name, record);
  }

  /** Resolves when the namespaces exist and the private folders are mounted. */
  static open(name: string, paths: NodePaths): Promise<NodeNamespace> {
    // Mounts must be shared inside the namespace, or HostToContainer and Bidirectional volumes fail. The folders where
    // containerd keeps network namespaces and shim sockets are the node's own.
    const script = [
      "mount --make-rshared /",
      "mkdir -p /run/netns /run/containerd",
      "mount -t tmpfs -o mode=755 tmpfs /run/netns",
      "mount -t tmpfs -o mode=755 tmpfs /run/containerd",
      `mount --bind ${paths.hosts} /etc/hosts`,
      ...(paths.resolvConf === undefined
        ? []
        : [`mount --bind ${paths.resolvConf} /etc/resolv.conf`]),
      "echo ready",
      "exec sleep infinity",
    ].join(" && ");
    const child = spawn(
      "unshare",
      ["--mount", "--net", "--propagation", "private", "--", "sh", "-c", script],
      { stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    return new Promise((resolve, reject) => {
      let errorText = "";
      const timer = setTimeout(
        () => fail(`not ready after ${READY_TIMEOUT_MS} ms`),
        READY_TIMEOUT_MS,
      );
      const fail = (why: string) => {
        clearTimeout(timer);
        child.kill("SIGKILL");
        reject(new Error(`cannot make the namespaces of node ${name}: ${why} ${errorText}`.trim()));
      };
      child.stderr?.on("data", (data: Buffer) => {
        errorText = `${errorText}${data.toString()}`.slice(-2000);
      });
      child.once("error", (error) => fail(error.message));
      child.once("exit", (code) => fail(`exit code ${code}`));
      child.stdout?.once("data", () => {
        clearTimeout(timer);
        child.removeAllListeners("exit");
        child.stdout?.destroy();
        child.stderr?.destroy();
        const pid = child.pid ?? 0;
        const startTime = startTimeOf(pid) ?? "";
        resolve(new NodeNamespace(name, { name: recordName(name), pid, startTime }));
      });
    });
  }

  /** The command line that runs a program inside this node. */
  enter(program: string, args: readonly string[]): { program: string; args: string[] } {
    return {
      program: "nsenter",
      args: ["-t", String(this.pid), "-m", "-n", "--", program, ...args],
    };
  }

  close(): void {
    signalRecorded(this.#record, "SIGKILL");
  }
}
