export { type Clock, sleep, systemClock } from "./clock.ts";
export { createLogger, type LoggerOptions } from "./create-logger.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { endGently } from "./end-gently.ts";
export { type ErrorRecord, errorLine, errorRecord } from "./error-chain.ts";
export { FakeClock } from "./fake-clock.ts";
export {
  type Flag,
  FlagError,
  type FlagKind,
  type FlagProgram,
  type FlagTable,
  type FlagValues,
  type ParsedFlags,
  parseFlags,
} from "./flags.ts";
export {
  type HealthAnswer,
  type HealthCheck,
  HealthChecks,
  type HealthChecksOptions,
  type HealthEndpoint,
  type HealthGate,
} from "./health-checks.ts";
export { type Logger, silentLogger } from "./logger.ts";
export {
  type CounterMetric,
  exponentialBuckets,
  type GaugeMetric,
  type GaugeOptions,
  type HistogramMetric,
  type HistogramOptions,
  type Labels,
  type MetricOptions,
  Metrics,
} from "./metrics.ts";
export {
  type AuthorityRequest,
  type CertificateAuthority,
  type CertificateRequest,
  createCertificateAuthority,
  type IssuedCertificate,
  issueCertificate,
} from "./pki/certificate-authority.ts";
export { type CertificateIdentity, readCertificateIdentity } from "./pki/certificate-identity.ts";
export {
  type CertificateSigningRequestContents,
  readCertificateSigningRequest,
} from "./pki/certificate-signing-request.ts";
export {
  type CertificateVerifier,
  type CertificateVerifierOptions,
  createCertificateVerifier,
  splitPem,
  type Verification,
} from "./pki/certificate-verifier.ts";
export { readPem, writePem } from "./pki/key-files.ts";
export { createServiceAccountKey, type ServiceAccountKey } from "./pki/service-account-key.ts";
export { type ServingCertificateOptions, servingCertificate } from "./pki/serving-certificate.ts";
export { registerProcessMetrics } from "./process-metrics.ts";
export {
  EXIT_FAILED,
  EXIT_OK,
  EXIT_USAGE,
  type HostProcess,
  runService,
  type ServiceContext,
  type ServiceDefinition,
} from "./run-service.ts";
export type { Runnable } from "./runnable.ts";
export { RunnableGroup, type RunnableGroupOptions, StartError } from "./runnable-group.ts";
export {
  type AccessCheck,
  type AccessRefusal,
  type ServerCertificate,
  ServiceServer,
  type ServiceServerOptions,
} from "./service-server.ts";
export { secureServingFlags, servingCertificateFlags } from "./serving-flags.ts";
export { TLS_OPTIONS } from "./tls-options.ts";
export { kubernetesVersion } from "./version.ts";
