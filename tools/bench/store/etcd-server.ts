import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EtcdClient } from "./etcd-client.ts";

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** A real etcd with its default durability, in a temporary folder. */
export class EtcdServer {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, process: ChildProcess, folder: string) {
    this.port = port;
    this.#process = process;
    this.#folder = folder;
  }

  /** Throws when the program is not there. */
  static async start(program: string): Promise<EtcdServer> {
    const folder = await mkdtemp(join(tmpdir(), "kubets-bench-etcd-"));
    const [port, peerPort] = [await freePort(), await freePort()];
    const client = `http://127.0.0.1:${port}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    const child = spawn(
      program,
      [
        ...["--data-dir", folder, "--log-level", "error", "--quota-backend-bytes", "8589934592"],
        ...["--listen-client-urls", client, "--advertise-client-urls", client],
        ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
        ...["--initial-cluster", `default=${peer}`],
      ],
      // A session of its own, as our Postgres has: the kernel shares the processors out by sessions.
      { stdio: "ignore", detached: true },
    );
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    const server = new EtcdServer(port, child, folder);
    await Promise.race([failed, server.#ready()]);
    return server;
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await gone;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    for (;;) {
      try {
        const client = await EtcdClient.connect(this.port);
        await client.putIfRevision("ready", 0n, Buffer.from("yes"));
        client.close();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
