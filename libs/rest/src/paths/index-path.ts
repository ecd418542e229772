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
  if (!isRead) throw methodNotAllowed();
  if (isOfApi(handlers, request.path)) throw pathNotFound();
  sendNoPage(request);
}

export function sendNoPage(request: PathRequest): void {
  sendText(request, 404, "404 page not found\n", "text/plain; charset=utf-8");
}

/** Below the API's own paths a Status says that there is nothing; elsewhere it is one line of text, as Go's server has it. */
export function isOfApi(handlers: readonly PathHandler[], path: string): boolean {
  if (path.startsWith("/api/") || path.startsWith("/version/")) return true;
  const [, root, group] = path.split("/");
  if (root !== "apis" || group === undefined) return false;
  return handlers.some((handler) =>
    [...handler.paths()].some((known) => known.startsWith(`/apis/${group}/`)),
  );
}
