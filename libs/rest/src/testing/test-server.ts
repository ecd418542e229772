/**
 * The real edge over the real core, registry and cache, on the in-memory model of the store: what tests talk to over
 * real sockets. Everybody with a certificate of the test authority may do everything.
 */
import { randomUUID } from "node:crypto";
import type { AdmissionChain } from "@kubets/admission";
import { createAuthenticatorChain, createClientCertificateAuthenticator } from "@kubets/authn";
import type { Attributes, Authorizer } from "@kubets/authz";
import { createRegistry, type Registry } from "@kubets/registry";
import { createRequestCore, type RequestCore } from "@kubets/request";
import {
  type CertificateAuthority,
  type Clock,
  createCertificateAuthority,
  HealthChecks,
  type IssuedCertificate,
  issueCertificate,
  Metrics,
  silentLogger,
  systemClock,
} from "@kubets/service";
import { createMemoryStorage, type Storage } from "@kubets/storage";
import { createWatchCache } from "@kubets/watch-cache";
import { createConnector } from "../connect/create-connector.ts";
import { discoveryPaths } from "../paths/discovery.ts";
import { healthPaths } from "../paths/health.ts";
import { metricsPath } from "../paths/metrics.ts";
import { openapiPaths } from "../paths/openapi.ts";
import { versionPath } from "../paths/version.ts";
import { RequestMetrics } from "../request-metrics.ts";
import { createRestServer, type RestServer } from "../rest-server.ts";

export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly ca: CertificateAuthority;
  readonly client: IssuedCertificate;
  readonly core: RequestCore;
  readonly registry: Registry;
  readonly storage: Storage;
  readonly rest: RestServer;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  /** Default: allows everything. */
  readonly authorize?: (attributes: Attributes) => boolean;
  /** Default: takes everything as it is. */
  readonly admission?: AdmissionChain;
  readonly inFlight?: { readonly readOnly: number; readonly mutating: number };
  /** Of the edge and its connections. Default: the machine's, as for everything behind it. */
  readonly edgeClock?: Clock;
}

const admitAll: AdmissionChain = {
  mutate: (request) => Promise.resolve(request.object),
  validate: () => Promise.resolve(),
};

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = systemClock;
  const { edgeClock = clock } = options;
  const ca = await createCertificateAuthority({ commonName: "test-ca", clock });
  const serving = await issueCertificate({
    ca,
    commonName: "kube-apiserver",
    sans: ["localhost", "127.0.0.1"],
    usages: ["server"],
    clock,
  });
  const client = await issueCertificate({
    ca,
    commonName: "tester",
    organizations: ["testers"],
    usages: ["client"],
    clock,
  });
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
  const { authorize = () => true } = options;
  const authorizer: Authorizer = {
    name: "test",
    authorize: (attributes) => ({
      verdict: authorize(attributes) ? "allow" : "noOpinion",
      reason: "",
    }),
  };
  const core = createRequestCore({
    registry,
    authenticators: [
      createAuthenticatorChain({
        authenticators: [
          createClientCertificateAuthenticator({ authorities: ca.certificate, clock }),
        ],
        anonymous: true,
      }),
    ],
    authorizer,
    admission: options.admission ?? admitAll,
    clock,
    logger: silentLogger,
    newId: randomUUID,
    ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
  });
  const metrics = new Metrics();
  const rest = createRestServer({
    address: "127.0.0.1",
    port: 0,
    certificate: serving.certificate,
    key: serving.key,
    clientCa: ca.certificate,
    core,
    clock: edgeClock,
    logger: silentLogger,
    requests: new RequestMetrics(metrics, core.inFlight, core.registry),
    random: Math.random,
    paths: [
      versionPath,
      healthPaths(new HealthChecks({ clock })),
      metricsPath(metrics),
      openapiPaths(registry),
      discoveryPaths({ registry, serverAddress: () => "127.0.0.1" }),
    ],
    connector: createConnector({
      core,
      kubeletTls: { authority: ca.certificate },
      preferredAddressTypes: ["InternalIP"],
      clock: edgeClock,
      random: Math.random,
    }),
  });
  await rest.listen();
  return {
    port: rest.port,
    url: `https://127.0.0.1:${rest.port}`,
    ca,
    client,
    core,
    registry,
    storage,
    rest,
    stop: async () => {
      rest.drain();
      await rest.close();
      stopping.abort();
      await cache.stop();
      await storage.close();
    },
  };
}
