/** The real gRPC edge over the real core, on the in-memory model of the store. */
import { randomUUID } from "node:crypto";
import { createAuthenticatorChain, createClientCertificateAuthenticator } from "@kubets/authn";
import { createRegistry } from "@kubets/registry";
import { createRequestCore } from "@kubets/request";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssuedCertificate,
  issueCertificate,
  silentLogger,
  systemClock,
} from "@kubets/service";
import { createMemoryStorage } from "@kubets/storage";
import { createWatchCache } from "@kubets/watch-cache";
import { createGrpcServer } from "../grpc-server.ts";

export interface TestGrpcServer {
  readonly address: string;
  readonly ca: CertificateAuthority;
  readonly client: IssuedCertificate;
  /** Whether the health service says so. */
  isServing: boolean;
  stop(): Promise<void>;
}

export async function startTestGrpcServer(): Promise<TestGrpcServer> {
  const clock = systemClock;
  const ca = await createCertificateAuthority({ commonName: "test-ca", clock });
  const sans = ["localhost", "127.0.0.1"];
  const serving = await issueCertificate({
    ca,
    commonName: "api",
    sans,
    usages: ["server"],
    clock,
  });
  const client = await issueCertificate({ ca, commonName: "tester", usages: ["client"], clock });
  const storage = createMemoryStorage();
  const cache = createWatchCache({ storage });
  const stopping = new AbortController();
  await cache.start(stopping.signal);
  const registry = createRegistry({
    storage,
    cache,
    clock,
    logger: silentLogger,
    serviceClusterIPRange: ["10.96.0.0/12"],
  });
  const core = createRequestCore({
    registry,
    authenticators: [
      createAuthenticatorChain({
        authenticators: [
          createClientCertificateAuthenticator({ authorities: ca.certificate, clock }),
        ],
        anonymous: false,
      }),
    ],
    authorizer: { name: "test", authorize: () => ({ verdict: "allow", reason: "" }) },
    admission: {
      mutate: (request) => Promise.resolve(request.object),
      validate: () => Promise.resolve(),
    },
    clock,
    logger: silentLogger,
    newId: randomUUID,
  });
  const state = { isServing: true, listeners: new Set<() => void>() };
  const server = createGrpcServer({
    address: "127.0.0.1",
    port: 0,
    certificate: serving.certificate,
    key: serving.key,
    clientCa: ca.certificate,
    core,
    clock,
    logger: silentLogger,
    random: Math.random,
    health: {
      isServing: () => state.isServing,
      onChange: (listener) => {
        state.listeners.add(listener);
        return () => state.listeners.delete(listener);
      },
    },
  });
  await server.listen();
  return {
    // A name: grpc-js takes the address as the name of the server, which must not be an IP.
    address: `localhost:${server.port}`,
    ca,
    client,
    get isServing() {
      return state.isServing;
    },
    set isServing(value) {
      state.isServing = value;
      for (const listener of state.listeners) listener();
    },
    stop: async () => {
      server.drain();
      await server.close();
      stopping.abort();
      await cache.stop();
      await storage.close();
    },
  };
}
