/**
 * A runtime's streaming server in a thread of its own, which goes the moment it has said its last: so a test can stand
 * still while it goes, and go on when everything it said lies in the kernel.
 */
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** "broken": with a reset, as where something that it was sent is left unread. */
export type Parting = "closed" | "broken";

export interface HastyRuntime {
  readonly url: string;
  /** Blocks this thread. */
  waitUntilGone(): void;
  stop(): Promise<unknown>;
}

export const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
export const LAST_WORDS = "last words";

export async function startHastyRuntime(parting: Parting): Promise<HastyRuntime> {
  const gone = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { parting, gone } });
  const port = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  return {
    url: `http://127.0.0.1:${port}/attach/token`,
    waitUntilGone() {
      if (Atomics.wait(gone, 0, 0, 10_000) === "timed-out") throw new Error("the runtime stays");
    },
    stop: () => worker.terminate(),
  };
}

/** Answers the request for an upgrade, and the first thing it is told next with its last words. */
function serve({ parting, gone }: { readonly parting: Parting; readonly gone: Int32Array }): void {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(SWITCHED);
      socket.once("data", () => {
        socket.write(LAST_WORDS);
        if (parting === "broken") socket.resetAndDestroy();
        else socket.destroy();
        socket.once("close", () => {
          Atomics.store(gone, 0, 1);
          Atomics.notify(gone, 0);
        });
      });
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object") parentPort?.postMessage(address?.port);
  });
}

if (!isMainThread) serve(workerData);
