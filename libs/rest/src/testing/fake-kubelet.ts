/** Speaks as a kubelet's port does: logs as text, and upgrades whose bytes come back in capitals. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { issueCertificate, systemClock } from "@kubets/service";
import type { TestServer } from "./test-server.ts";

export interface FakeKubelet {
  readonly port: number;
  /** Method, path and headers of each request, as they arrived. */
  readonly seen: { method: string; url: string; headers: Record<string, unknown> }[];
  stop(): Promise<void>;
}

/** Bytes of the answer to a command of that name, behind which the kubelet goes at once. */
export const MUCH = 8 * 1024 * 1024;

export async function startFakeKubelet(server: TestServer): Promise<FakeKubelet> {
  const certificate = await issueCertificate({
    ca: server.ca,
    commonName: "system:node:n1",
    sans: ["127.0.0.1"],
    usages: ["server"],
    clock: systemClock,
  });
  const seen: FakeKubelet["seen"] = [];
  const https: Server = createServer({ cert: certificate.certificate, key: certificate.key });
  https.on("request", (request, response) => {
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    if (request.url?.includes("follow=true")) {
      response.write("first\n");
      request.socket.once("data", () => undefined);
      setImmediate(() => response.end("second\n"));
      return;
    }
    if (request.url?.includes("waiting")) {
      response.writeHead(400).end("container is waiting to start");
      return;
    }
    response.end("log line\n");
  });
  https.on("upgrade", (request, socket, head) => {
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    if (request.url?.includes("refused")) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
      return;
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`,
    );
    if (request.url?.includes("brief")) {
      socket.end("said and gone");
      return;
    }
    if (request.url?.includes("much")) {
      socket.end(Buffer.alloc(MUCH));
      return;
    }
    if (head.length > 0) socket.write(head.toString().toUpperCase());
    socket.on("data", (data: Buffer) => socket.write(data.toString().toUpperCase()));
    socket.on("end", () => socket.end());
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  return {
    port: (https.address() as AddressInfo).port,
    seen,
    stop: () =>
      new Promise((resolve) => {
        https.close(() => resolve());
        https.closeAllConnections();
      }),
  };
}
