/** The REST API over the in-memory model, on node:http2: the other side for the adapter's tests. */
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { isStatusError, type KubeObject } from "@kubets/api";
import type { DeleteOptions, Fence, PatchType, ResourceType } from "../client.ts";
import { resourceType } from "../resource-type.ts";
import type { TestServer } from "./grpc-test-server.ts";
import type { MemoryClient } from "./memory-client.ts";

export async function serveRest(model: MemoryClient): Promise<TestServer> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const url = new URL(String(headers[":path"]), "http://server");
      const request = {
        method: String(headers[":method"]),
        url,
        body: Buffer.concat(chunks).toString(),
        contentType: String(headers["content-type"]),
        fence: headers["kubets-fence"],
      };
      handle(model, stream, request).catch((error: unknown) => refuse(stream, error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const session of sessions) session.destroy();
        server.close(() => resolve());
      }),
  };
}

interface Request {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly contentType: string;
  readonly fence: string | string[] | undefined;
}

async function handle(model: MemoryClient, stream: ServerHttp2Stream, request: Request) {
  const { type, namespace, name, subresource } = parsePath(request.url.pathname);
  const query = request.url.searchParams;
  const selection = {
    namespace,
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
  };
  const object = () => JSON.parse(request.body) as KubeObject;
  const target = { namespace, name, subresource };
  const fence =
    request.fence === undefined ? {} : { fence: JSON.parse(String(request.fence)) as Fence };
  switch (request.method) {
    case "GET":
      if (name !== "")
        return answer(stream, await model.get(type, namespace, name, { subresource }));
      if (query.get("watch") === "true") return watch(model, stream, type, selection, query);
      return answer(stream, listBody(await model.list(type, selection)));
    case "POST":
      if (subresource === "") return answer(stream, await model.create(type, object(), fence), 201);
      return answer(stream, await model.createSubresource(type, target, object(), fence), 201);
    case "PUT":
      return answer(
        stream,
        subresource === ""
          ? await model.update(type, object(), fence)
          : await model.updateSubresource(type, subresource, object(), fence),
      );
    case "PATCH": {
      const patch = { type: request.contentType as PatchType, body: JSON.parse(request.body) };
      return answer(stream, await model.patch(type, target, patch, fence));
    }
    default: {
      const options = { ...(JSON.parse(request.body) as DeleteOptions), ...fence };
      if (name === "") await model.deleteCollection(type, selection, options);
      else await model.delete(type, namespace, name, options);
      return answer(stream, { kind: "Status", apiVersion: "v1", status: "Success" });
    }
  }
}

/** Items of a JSON list have no apiVersion and kind, as upstream's. */
function listBody(list: {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}) {
  const kind = `${list.items[0]?.kind ?? ""}List`;
  const items = list.items.map(({ apiVersion: _, kind: __, ...item }) => item);
  return { kind, apiVersion: "v1", metadata: { resourceVersion: list.resourceVersion }, items };
}

async function watch(
  model: MemoryClient,
  stream: ServerHttp2Stream,
  type: ResourceType,
  selection: { readonly namespace: string },
  query: URLSearchParams,
) {
  const closed = new AbortController();
  stream.on("close", () => closed.abort());
  const options = {
    ...selection,
    resourceVersion: query.get("resourceVersion") ?? "",
    allowWatchBookmarks: query.get("allowWatchBookmarks") === "true",
    signal: closed.signal,
  };
  for await (const batch of model.watch(type, options)) {
    if (!stream.headersSent) stream.respond({ ":status": 200, "content-type": "application/json" });
    for (const event of batch) {
      const body =
        event.type === "BOOKMARK"
          ? { type: event.type, object: { metadata: { resourceVersion: event.resourceVersion } } }
          : event;
      stream.write(`${JSON.stringify(body)}\n`);
    }
  }
  stream.end();
}

function parsePath(pathname: string) {
  const parts = pathname.split("/").slice(1);
  const [group = "", version = ""] = parts[0] === "api" ? ["", parts[1]] : parts.slice(1, 3);
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  const isNamespaced = rest[0] === "namespaces" && rest.length > 2;
  const namespace = isNamespaced ? (rest[1] ?? "") : "";
  const [resource = "", name = "", subresource = ""] = isNamespaced ? rest.slice(2) : rest;
  const hasNamespaces = !["nodes", "namespaces"].includes(resource);
  return {
    type: resourceType(group, version, resource, hasNamespaces),
    namespace,
    name,
    subresource,
  };
}

function answer(stream: ServerHttp2Stream, body: unknown, status = 200): void {
  stream.respond({ ":status": status, "content-type": "application/json" });
  stream.end(JSON.stringify(body));
}

function refuse(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed) return;
  if (!isStatusError(error) || stream.headersSent) stream.close();
  else answer(stream, error.status, error.code);
}
