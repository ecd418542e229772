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
import { createMemoryStorage, type Storage } from "@kubets/storage";
import { createWatchCache } from "@kubets/watch-cache";
import { createGrpcServer } from "../grpc-server.ts";

export interface TestGrpcServer {
  readonly address: string;
  readonly ca: CertificateAuthority;
  readonly client: IssuedCertificate;
  /** Whether the health service says so. */
  isServing: boolean;
  /** As on a signal; `idle` resolves when no call is under way. */
  drain(): void;
  idle(): Promise<void>;
  /** All connections at once, without a word. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** What replicas share; default: a store and an authority of its own. */
export interface TestCluster {
  readonly storage: Storage;
  readonly ca: CertificateAuthority;
}

export async function makeTestCluster(): Promise<TestCluster> {
  const ca = await createCertificateAuthority({ commonName: "test-ca", clock: systemClock });
  return { storage: createMemoryStorage(), ca };
}

export async function startTestGrpcServer(cluster?: TestCluster): Promise<TestGrpcServer> {
  const clock = systemClock;
  const { storage, ca } = cluster ?? (await makeTestCluster());
  const sans = ["localhost", "127.0.0.1"];
  const serving = await issueCertificate({
    ca,
    commonName: "api",
    sans,
    usages: ["server"],
    clock,
  });
  const client = await issueCertificate({ ca, commonName: "tester", usages: ["client"], clock });
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
    drain: () => server.drain(),
    idle: () => server.idle(),
    crash: () => server.close(),
    stop: async () => {
      server.drain();
      await server.close();
      stopping.abort();
      await cache.stop();
      if (cluster === undefined) await storage.close();
    },
  };
}
