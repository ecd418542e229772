/** A small HTTP/2 client for tests: one connection, whole answers, and streams line by line. */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import type { TestServer } from "./test-server.ts";

export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON; throws when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any kind
  readonly json: any;
}

export interface TestRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | object;
}

export class Http2TestClient {
  readonly #session: ClientHttp2Session;

  constructor(server: TestServer, withCertificate = true) {
    this.#session = connect(server.url, {
      ca: server.ca.certificate,
      ...(withCertificate ? { cert: server.client.certificate, key: server.client.key } : {}),
    });
    this.#session.on("error", () => undefined);
  }
  request(path: string, options: TestRequest = {}): Promise<TestAnswer> {
    const { body } = options;
    const isText = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
    const bytes = isText ? (body ?? "") : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const stream = this.#session.request(
        {
          ":path": path,
          ":method": options.method ?? (body === undefined ? "GET" : "POST"),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...options.headers,
        },
        { endStream: body === undefined },
      );
      let status = 0;
      let headers: IncomingHttpHeaders = {};
      const chunks: Buffer[] = [];
      stream.on("response", (response) => {
        headers = response;
        status = Number(response[":status"]);
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const all = Buffer.concat(chunks);
        resolve({
          status,
          headers,
          body: all,
          get json() {
            return JSON.parse(all.toString("utf8"));
          },
        });
      });
      stream.on("error", (error) => {
        // A server that has answered may close a body it does not want.
        if (status === 0) reject(error);
      });
      if (body !== undefined) stream.end(bytes);
    });
  }
  /** The lines of an answer without an end. */
  async *lines(path: string, headers: Readonly<Record<string, string>> = {}) {
    const stream = this.#session.request({ ":path": path, ...headers });
    let pending = "";
    try {
      for await (const chunk of stream) {
        pending += String(chunk);
        const lines = pending.split("\n");
        pending = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line);
      }
    } finally {
      stream.close();
    }
  }
  close(): void {
    this.#session.destroy();
  }
}
