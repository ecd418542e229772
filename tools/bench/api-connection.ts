/** The Kubernetes API as a load driver speaks it: HTTP/2 over TLS on a few connections, JSON, nothing else. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { loadKubeconfig } from "@kubets/client";

/** As client-go programs at scale: one connection carries at most a few hundred streams. */
const CONNECTIONS = 4;
const WINDOW_BYTES = 16 << 20;

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

export class ApiConnection {
  /** How this one was opened, for programs of their own that a workload starts. */
  readonly kubeconfig: string;
  readonly context: string | undefined;
  readonly #sessions: ClientHttp2Session[];
  readonly #authorization: Record<string, string>;
  #turn = 0;

  private constructor(
    opened: { readonly kubeconfig: string; readonly context: string | undefined },
    sessions: ClientHttp2Session[],
    authorization: Record<string, string>,
  ) {
    this.kubeconfig = opened.kubeconfig;
    this.context = opened.context;
    this.#sessions = sessions;
    this.#authorization = authorization;
  }

  static async open(kubeconfig: string, context?: string): Promise<ApiConnection> {
    const config = await loadKubeconfig(kubeconfig, context);
    const sessions = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const session = connect(config.server, {
          ...config.tls,
          settings: { initialWindowSize: WINDOW_BYTES },
        });
        await new Promise((resolve, reject) => {
          session.once("connect", resolve);
          session.once("error", reject);
        });
        session.setLocalWindowSize(WINDOW_BYTES);
        return session;
      }),
    );
    return new ApiConnection(
      { kubeconfig, context },
      sessions,
      config.token === undefined ? {} : { authorization: `Bearer ${config.token}` },
    );
  }

  /** One request; rejects only when the connection breaks. */
  request(
    method: string,
    path: string,
    body?: string,
    contentType = "application/json",
  ): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const stream = this.#open(
        method,
        path,
        body === undefined ? {} : { "content-type": contentType },
      );
      let status = 0;
      const pieces: Buffer[] = [];
      stream.on("response", (headers) => {
        status = Number(headers[":status"]);
      });
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => resolve({ status, body: Buffer.concat(pieces).toString() }));
      stream.on("error", reject);
      stream.end(body);
    });
  }

  /** Like request; anything but success is an error, so that no figure counts refusals. */
  async must(method: string, path: string, body?: string, contentType?: string): Promise<string> {
    const answer = await this.request(method, path, body, contentType);
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 500)}`);
    }
    return answer.body;
  }

  /** A watch; calls back with each event's line, and returns what ends it. */
  watch(path: string, onLine: (line: Buffer) => void): { close(): void; ended: Promise<void> } {
    const stream = this.#open("GET", path, {});
    let rest: Buffer = Buffer.alloc(0);
    stream.on("data", (piece: Buffer) => {
      let data = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
        onLine(data.subarray(0, end));
        data = data.subarray(end + 1);
      }
      rest = data;
    });
    const ended = new Promise<void>((resolve) => {
      stream.once("close", () => resolve());
      stream.once("error", () => resolve());
    });
    return { close: () => stream.close(), ended };
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #open(method: string, path: string, headers: Record<string, string>): ClientHttp2Stream {
    const session = this.#sessions[this.#turn++ % this.#sessions.length];
    if (session === undefined) throw new Error("no connection");
    return session.request(
      {
        ":method": method,
        ":path": path,
        accept: "application/json",
        ...this.#authorization,
        ...headers,
      },
      { endStream: false },
    );
  }
}
