import { requestEntityTooLarge, StatusError } from "@kubets/api";
import type { Exchange } from "./exchange.ts";

/** Upstream: staging/src/k8s.io/apiserver/pkg/server/config.go MaxRequestBodyBytes @1.36 */
export const bodyBytesMax = 3 * 1024 * 1024;

/** The whole body; rejects with 413 above the limit and with 400 when the client goes away in the middle. */
export function readBody(exchange: Exchange): Promise<Buffer> {
  const { body } = exchange;
  const announced = Number(exchange.header("content-length") ?? 0);
  if (announced > bodyBytesMax) return Promise.reject(tooLarge());
  // Gone before anybody listened: none of the events below would come.
  if (body.destroyed || body.closed) return Promise.reject(incomplete());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let isWhole = false;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > bodyBytesMax) {
        body.off("data", onData);
        body.pause();
        reject(tooLarge());
        return;
      }
      chunks.push(chunk);
    };
    const onEnd = () => {
      isWhole = true;
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
    };
    body.on("data", onData);
    body.once("end", onEnd);
    // Errors and resets close the stream as well.
    body.once("close", () => {
      if (!isWhole) reject(incomplete());
    });
  });
}

function tooLarge(): Error {
  return requestEntityTooLarge(`limit is ${bodyBytesMax}`);
}

function incomplete(): Error {
  return new StatusError({ code: 400, reason: "BadRequest", message: "unexpected EOF" });
}
