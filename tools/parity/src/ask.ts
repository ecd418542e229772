/** One server as the suites ask it. */
import { Agent, request as httpsRequest } from "node:https";
import type { Exchange, Json, JsonMap } from "./exchange.ts";
import { changed } from "./pointer.ts";

export interface Server {
  readonly url: string;
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface RawAnswer {
  readonly code: number;
  readonly warnings: readonly string[];
  readonly type: string;
  readonly text: string;
}

const patchTypes: { readonly [name: string]: string } = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

export class Asker {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }
  ask(
    exchange: Exchange,
    objects: { readonly [name: string]: JsonMap },
    namespace: string,
  ): Promise<RawAnswer> {
    const space = exchange.do.indexOf(" ");
    const method = exchange.do.slice(0, space);
    const path = exchange.do.slice(space + 1).replaceAll("{ns}", namespace);
    const body = bodyOf(exchange, objects);
    const text =
      body === undefined ? undefined : JSON.stringify(body).replaceAll("{ns}", namespace);
    const type = exchange.patch === undefined ? "application/json" : patchTypes[exchange.patch];
    const { url, token, cert, key } = this.#server;
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${url}${path}`, {
        method,
        agent: this.#agent,
        ...(cert === undefined ? {} : { cert, key }),
        headers: {
          "user-agent": "parity",
          accept: exchange.accept ?? "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(text === undefined
            ? {}
            : {
                "content-type": type ?? exchange.patch,
                "content-length": Buffer.byteLength(text),
              }),
        },
      });
      // A server that gave up on a request closes the connection; that is an answer too.
      request.on("error", (error) =>
        "code" in error && error.code === "ECONNRESET"
          ? resolve({ code: 0, warnings: [], type: "", text: "connection closed" })
          : reject(error),
      );
      request.on("response", async (response) => {
        let answer = "";
        response.setEncoding("utf8");
        for await (const chunk of response) answer += chunk;
        const warning = response.headers.warning;
        resolve({
          code: response.statusCode ?? 0,
          warnings: warning === undefined ? [] : splitWarnings(warning),
          type: response.headers["content-type"] ?? "",
          text: answer,
        });
      });
      request.end(text);
    });
  }
  close(): void {
    this.#agent.destroy();
  }
}

function bodyOf(
  exchange: Exchange,
  objects: { readonly [name: string]: JsonMap },
): Json | undefined {
  if (exchange.of === undefined) return exchange.body;
  const object = objects[exchange.of];
  if (object === undefined) throw new TypeError(`no object ${exchange.of}`);
  return changed(object, exchange.with ?? []);
}

/** `299 - "text"`, comma separated, quotes escaped. */
function splitWarnings(header: string): string[] {
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) =>
    (match[1] ?? "").replaceAll(/\\(.)/g, "$1"),
  );
}
