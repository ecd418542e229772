import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { ClientIdentity } from "./cluster-files.ts";

/** The server surely did nothing: it can be asked, or another one can, again. */
export class NotSentError extends Error {
  constructor(options?: ErrorOptions) {
    super("the request was not taken", options);
    this.name = "NotSentError";
  }
}
/** The connection broke behind the request: whether it was carried out is not known. */
export class LostAnswerError extends Error {
  constructor(options?: ErrorOptions) {
    super("the answer was lost", options);
    this.name = "LostAnswerError";
  }
}

export interface ApiAnswer {
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly body: string;
}

/** One apiserver as clients see it: HTTP/2 over TLS, one connection that is made again when it ended. */
export class ApiEndpoint {
  readonly port: number;
  readonly #identity: ClientIdentity;
  #session: Promise<ClientHttp2Session> | undefined;

  constructor(port: number, identity: ClientIdentity) {
    this.port = port;
    this.#identity = identity;
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    contentType = "application/json",
  ): Promise<ApiAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const stream = await this.#open(method, path, contentType, text === undefined);
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let status = 0;
      let retryAfter: number | undefined;
      stream.on("response", (headers) => {
        status = Number(headers[":status"]);
        const after = headers["retry-after"];
        if (after !== undefined) retryAfter = Number(after);
      });
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("error", () => {});
      stream.on("close", () => {
        if (status !== 0 && stream.rstCode === constants.NGHTTP2_NO_ERROR && stream.readableEnded) {
          resolve({ status, retryAfter, body: Buffer.concat(pieces).toString() });
        } else if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) reject(new NotSentError());
        else reject(new LostAnswerError());
      });
      stream.end(text);
    });
  }

  /** Calls back with each line of the answer; resolves with its status when it has ended. */
  async stream(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<number> {
    const stream = await this.#open("GET", path, "application/json", true);
    const abort = () => stream.close();
    signal.addEventListener("abort", abort, { once: true });
    let status = 0;
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.on("data", (piece: string) => {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
    stream.on("error", () => {});
    stream.end();
    await new Promise<void>((resolve) => stream.once("close", () => resolve()));
    signal.removeEventListener("abort", abort);
    if (status === 0) throw new NotSentError();
    return status;
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    session?.destroy();
  }

  async #open(
    method: string,
    path: string,
    contentType: string,
    isEmpty: boolean,
  ): Promise<ClientHttp2Stream> {
    try {
      this.#session ??= this.#connect();
      const session = await this.#session;
      return session.request(
        {
          ":method": method,
          ":path": path,
          accept: "application/json",
          ...(isEmpty ? {} : { "content-type": contentType }),
        },
        { endStream: false },
      );
    } catch (cause) {
      this.#session = undefined;
      throw new NotSentError({ cause });
    }
  }

  #connect(): Promise<ClientHttp2Session> {
    const { ca, cert, key } = this.#identity;
    return new Promise((resolve, reject) => {
      const session = connect(`https://127.0.0.1:${this.port}`, { ca, cert, key });
      const forget = () => {
        this.#session = undefined;
      };
      session.once("connect", () => resolve(session));
      session.once("goaway", forget);
      session.once("close", () => {
        forget();
        reject(new NotSentError());
      });
      session.on("error", reject);
    });
  }
}
