import { connect, createServer, type Server, type Socket } from "node:net";

export type ProxyTarget = { readonly port: number } | { readonly path: string };

/** Stands between a client and a server: links can be cut, silenced, and turned to another server. */
export class TcpProxy {
  readonly #server: Server;
  readonly #links = new Set<readonly [Socket, Socket]>();
  #target: ProxyTarget | undefined;
  #isSilent = false;

  private constructor(target: ProxyTarget) {
    this.#target = target;
    this.#server = createServer((socket) => this.#link(socket));
  }

  static async start(target: ProxyTarget): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** New connections go there; undefined: they are refused. */
  turnTo(target: ProxyTarget | undefined): void {
    this.#target = target;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const [near, far] of this.#links) {
      near.destroy();
      far.destroy();
    }
  }

  /** Nothing passes any more, and nobody is told: a partition. */
  silence(): void {
    this.#isSilent = true;
    for (const [near, far] of this.#links) {
      near.pause();
      far.pause();
    }
  }

  /** What was held back passes now. */
  resume(): void {
    this.#isSilent = false;
    for (const [near, far] of this.#links) {
      near.resume();
      far.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #link(near: Socket): void {
    if (this.#target === undefined) {
      near.destroy();
      return;
    }
    const far = connect(this.#target);
    const link = [near, far] as const;
    this.#links.add(link);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay();
      from.on("data", (data) => to.write(data));
      from.on("error", () => {});
      from.on("close", () => {
        to.destroy();
        this.#links.delete(link);
      });
      if (this.#isSilent) from.pause();
    }
  }
}
