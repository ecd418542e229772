/** The sockets: UDP and TCP on one address, with a bound on everything a client can make grow. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { createServer, isIPv6, type Server, type Socket } from "node:net";
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { Answerer, Handled } from "./answerer.ts";
import { MESSAGE_BYTES_MAX } from "./message.ts";

export interface DnsServerOptions {
  readonly address: string;
  /** 0 takes one that is free for both protocols. */
  readonly port: number;
  readonly answerer: Answerer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onHandled: (
    handled: Handled,
    facts: {
      readonly protocol: "udp" | "tcp";
      readonly family: "1" | "2";
      readonly seconds: number;
    },
  ) => void;
}

const CONNECTIONS_MAX = 1_000;
const IDLE_MS = 10_000;
/** Questions of one connection that are answered at the same time. */
const PIPELINED_MAX = 32;
/** Datagrams that are answered at the same time; more than that are dropped, and their senders ask again. */
const DATAGRAMS_MAX = 2_000;
const PORT_ATTEMPTS_MAX = 10;

export class DnsServer implements Runnable {
  readonly name = "dns server";
  readonly #options: DnsServerOptions;
  readonly #stopping = new AbortController();
  readonly #connections = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  #datagrams = 0;

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  /** The port it listens on, once started. */
  get port(): number {
    return this.#udp?.address().port ?? this.#options.port;
  }

  async start(): Promise<void> {
    const { port, address, logger } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const tcp = await this.#listenTcp(port);
      const bound = tcp.address();
      const wanted = typeof bound === "object" && bound !== null ? bound.port : port;
      try {
        this.#udp = await this.#bindUdp(wanted);
        this.#tcp = tcp;
        logger.info("Listening", { server: this.name, address, port: wanted });
        return;
      } catch (error) {
        tcp.close();
        // A port that is free for TCP may be taken for UDP.
        if (port !== 0 || attempt >= PORT_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the DNS server stops"));
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#tcp === undefined) resolve();
    else this.#tcp.close(() => resolve());
    for (const socket of this.#connections) socket.destroy();
    await promise;
    const udp = this.#udp;
    if (udp !== undefined) await new Promise<void>((closed) => udp.close(closed));
  }

  #bindUdp(port: number): Promise<UdpSocket> {
    const { address, logger } = this.#options;
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, address, () => {
        socket.off("error", reject);
        socket.on("error", (error) => logger.error("UDP socket failed", { error }));
        socket.on("message", (bytes, from) => this.#datagram(socket, bytes, from));
        resolve(socket);
      });
    });
  }

  #datagram(socket: UdpSocket, bytes: Buffer, from: RemoteInfo): void {
    if (this.#datagrams >= DATAGRAMS_MAX) return;
    this.#datagrams += 1;
    this.#handle(bytes, "udp", from.family === "IPv6" ? "2" : "1")
      .then((reply) => {
        if (reply !== undefined && !this.#stopping.signal.aborted) {
          // The client may be gone; nobody is left to tell.
          socket.send(reply, from.port, from.address, () => undefined);
        }
      })
      .finally(() => {
        this.#datagrams -= 1;
      })
      .catch((error: unknown) => this.#options.logger.error("cannot answer", { error }));
  }

  #listenTcp(port: number): Promise<Server> {
    const server = createServer((socket) => this.#serve(socket));
    server.maxConnections = CONNECTIONS_MAX;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, this.#options.address, () => {
        server.off("error", reject);
        server.on("error", (error) => this.#options.logger.error("TCP server failed", { error }));
        resolve(server);
      });
    });
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    const family = socket.remoteFamily === "IPv6" ? "2" : "1";
    let received = Buffer.alloc(0);
    let underWay = 0;
    const take = () => {
      while (underWay < PIPELINED_MAX && received.length >= 2) {
        const size = received.readUInt16BE(0);
        if (received.length < 2 + size) return;
        const message = Buffer.from(received.subarray(2, 2 + size));
        received = received.subarray(2 + size);
        underWay += 1;
        this.#handle(message, "tcp", family)
          .then((reply) => {
            if (reply === undefined) socket.destroy();
            else send(socket, reply);
          })
          .catch((error: unknown) => {
            this.#options.logger.error("cannot answer", { error });
            socket.destroy();
          })
          .finally(() => {
            underWay -= 1;
            if (socket.isPaused() && underWay < PIPELINED_MAX) socket.resume();
            take();
          });
      }
      if (underWay >= PIPELINED_MAX) socket.pause();
    };
    socket.on("data", (data) => {
      received = Buffer.concat([received, typeof data === "string" ? Buffer.from(data) : data]);
      if (received.length > 2 * (MESSAGE_BYTES_MAX + 2)) socket.pause();
      take();
    });
  }

  async #handle(
    bytes: Buffer,
    protocol: "udp" | "tcp",
    family: "1" | "2",
  ): Promise<Buffer | undefined> {
    const { answerer, clock, onHandled } = this.#options;
    const startMs = clock.monotonicMs();
    const handled = await answerer.handle({ bytes, protocol, signal: this.#stopping.signal });
    const seconds = (clock.monotonicMs() - startMs) / 1000;
    onHandled(handled, { protocol, family, seconds });
    return handled.reply;
  }
}

function send(socket: Socket, reply: Buffer): void {
  if (!socket.writable) return;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(reply.length);
  socket.write(Buffer.concat([length, reply]));
}
