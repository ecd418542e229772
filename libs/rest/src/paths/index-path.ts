import { methodNotAllowed, pathNotFound } from "@kubets/request";
import { type PathHandler, type PathRequest, sendText } from "./path-handler.ts";

/** Asks the handlers in order; `/` lists their paths. Throws 404 for the rest. */
export async function servePath(
  handlers: readonly PathHandler[],
  request: PathRequest,
): Promise<void> {
  const { method } = request.exchange;
  const isRead = method === "GET" || method === "HEAD";
  if (request.path === "/" || request.path === "/index.html") {
    const paths = [...new Set(handlers.flatMap((handler) => [...handler.paths()]))].sort();
    sendText(request, 200, JSON.stringify({ paths }, null, 2), "application/json");
    return;
  }
  for (const handler of isRead ? handlers : []) {
    const outcome = handler.serve(request);
    if (outcome instanceof Promise ? await outcome : outcome) return;
  }
  throw isRead ? pathNotFound() : methodNotAllowed();
}
