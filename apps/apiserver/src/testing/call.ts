import { request as httpsRequest } from "node:https";
import type { TestApiserver, TestIdentity } from "./start-apiserver.ts";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** A client certificate; without one and without a token nobody in particular asks. */
  readonly as?: TestIdentity;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface CallAnswer {
  readonly status: number;
  /** A Status's message; empty for other answers. */
  readonly message: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any kind
  readonly json: any;
}

/** One request on a connection of its own. */
export function call(server: TestApiserver, what: Call): Promise<CallAnswer> {
  const { method, path, body, as, token, headers } = what;
  const isPatch = method === "PATCH";
  return new Promise((resolve, reject) => {
    const request = httpsRequest(`${server.url}${path}`, {
      method,
      ...(as ?? { rejectUnauthorized: false }),
      agent: false,
      headers: {
        "content-type": isPatch ? "application/merge-patch+json" : "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    request.on("error", reject);
    request.on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      const isJson = response.headers["content-type"]?.startsWith("application/json") === true;
      const json = isJson ? JSON.parse(text) : undefined;
      const message = json?.kind === "Status" ? String(json.message ?? "") : "";
      resolve({ status: response.statusCode ?? 0, message, json });
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
