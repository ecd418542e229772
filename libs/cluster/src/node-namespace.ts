/**
 * A node of this machine: a network and a mount namespace, held open by one small process. Everything in it (pod
 * networks, mounts, veth pairs) is gone with its last process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { NodePaths } from "./paths.ts";
import { type ProcessRecord, startTimeOf } from "./process-record.ts";

/** Longer than the slowest machine needs for three mounts. */
const READY_TIMEOUT_MS = 10_000;

export class NodeNamespace {
  readonly #child: ChildProcess;
  readonly name: string;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  record(): ProcessRecord {
    return { name: `node ${this.name}`, pid: this.pid, startTime: startTimeOf(this.pid) ?? "" };
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
        resolve(new NodeNamespace(name, child));
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
    this.#child.kill("SIGKILL");
  }
}
