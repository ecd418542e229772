import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { freePort } from "./free-port.ts";

const candidates = ["nats-server", "/usr/sbin/nats-server", "/usr/local/bin/nats-server"];

function findProgram(): string | undefined {
  return candidates.find((path) => {
    try {
      execFileSync(path, ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

/** Undefined where nats-server is not installed. */
export const natsProgram: string | undefined = findProgram();

/** A real nats-server on one port, to be killed, stopped and started again. */
export class NatsServer {
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
    // Whatever ends this process, the server does not stay.
    process.once("exit", () => this.#process?.kill("SIGKILL"));
  }

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await freePort());
    await server.start();
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when the server says that it is ready. */
  start(): Promise<void> {
    if (natsProgram === undefined) throw new Error("nats-server is not installed");
    const child = spawn(natsProgram, ["-a", "127.0.0.1", "-p", String(this.port)]);
    this.#process = child;
    return new Promise((resolve, reject) => {
      let said = "";
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`nats-server ended: ${said}`)));
      child.stderr.on("data", (data) => {
        said += String(data);
        if (said.includes("Server is ready")) resolve();
      });
    });
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
}
