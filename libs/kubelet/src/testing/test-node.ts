/** A kubelet over the simulated runtime with its node API on a port of its own, for clients to talk to. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Container, Pod } from "@kubets/api/core/v1";
import { createSimulatedRuntime } from "@kubets/cri";
import { silentLogger, systemClock } from "@kubets/service";
import { NodeApi, type NodeApiOptions } from "../server/node-api.ts";
import { type KubeletHarness, NODE, startKubelet } from "./kubelet-harness.ts";
import { makeContainer, makePod } from "./pods.ts";

export interface TestPod {
  readonly name: string;
  readonly command: readonly string[];
  readonly container?: Partial<Container>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface TestNode {
  readonly harness: KubeletHarness;
  readonly directory: string;
  readonly url: string;
  readonly port: number;
  /** Subresources of the WebSockets that ended here. */
  readonly webSockets: string[];
  /** Whether callers may do what they ask for. */
  allowed: boolean;
  /** Resolves when it runs. Its container is called "app". */
  runPod(pod: TestPod): Promise<Pod>;
  podUid(name: string): string;
  /** Open ones to the node API. */
  connections(): Promise<number>;
  stop(): Promise<void>;
}

export async function startTestNode(
  options: Partial<Pick<NodeApiOptions, "idleTimeoutMs">> = {},
): Promise<TestNode> {
  const directory = await mkdtemp(join(tmpdir(), "node-api-"));
  const runtime = createSimulatedRuntime({ clock: systemClock });
  const harness = await startKubelet(runtime, directory);
  const webSockets: string[] = [];
  const api = new NodeApi({
    nodeName: NODE,
    context: harness.kubelet.context,
    pods: () => harness.kubelet.podsOfNode(),
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    refusal: async () => (node.allowed ? undefined : { status: 403, message: "Forbidden" }),
    onWebSocket: (subresource) => webSockets.push(subresource),
    clock: systemClock,
    logger: silentLogger,
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://kubelet");
    api.handle(request, response, url).then(
      (known) => known || response.writeHead(404).end(),
      () => response.destroy(),
    );
  });
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    api.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const node: TestNode = {
    harness,
    directory,
    url: `http://127.0.0.1:${port}`,
    port,
    webSockets,
    allowed: true,
    async runPod({ name, command, container, annotations }) {
      await harness.run({
        ...makePod({ containers: [makeContainer("app", { command: [...command], ...container })] }),
        metadata: { name, namespace: "default", annotations: { ...annotations } },
      });
      return harness.untilPod(name, ({ status }) => status?.phase === "Running");
    },
    podUid: (name) =>
      harness.kubelet.podsOfNode().find(({ metadata }) => metadata.name === name)?.metadata.uid ??
      "",
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async stop() {
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      server.close();
      await harness.stop();
      await runtime.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return node;
}
