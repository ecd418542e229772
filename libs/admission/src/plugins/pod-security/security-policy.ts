/**
 * Which standard a namespace's labels ask for.
 *
 * Upstream: staging/src/k8s.io/pod-security-admission/api/helpers.go PolicyToEvaluate @1.36
 */
import type { StatusCause } from "@kubets/api/meta/v1";

export type SecurityLevel = "privileged" | "baseline" | "restricted";

/** "latest", or the minor of "v1.x". */
export type SecurityVersion = "latest" | number;

export interface LevelVersion {
  readonly level: SecurityLevel;
  readonly version: SecurityVersion;
}

export interface SecurityPolicy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

export interface ParsedPolicy {
  readonly policy: SecurityPolicy;
  readonly errors: readonly StatusCause[];
}

const PREFIX = "pod-security.kubernetes.io/";
const STRICTNESS: Readonly<Record<SecurityLevel, number>> = {
  privileged: 0,
  baseline: 1,
  restricted: 2,
};
const PRIVILEGED: LevelVersion = { level: "privileged", version: "latest" };
const FULLY_PRIVILEGED: ParsedPolicy = {
  policy: { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED },
  errors: [],
};

/** A policy is always given; labels that cannot be read mean the strictest one for enforcement. */
export function policyOfLabels(labels: Readonly<Record<string, string>> | undefined): ParsedPolicy {
  if (labels === undefined || !Object.keys(labels).some((key) => key.startsWith(PREFIX))) {
    return FULLY_PRIVILEGED;
  }
  const errors: StatusCause[] = [];
  const read = <T>(key: string, parse: (text: string) => T | undefined, why: string) => {
    const label = PREFIX + key;
    if (!Object.hasOwn(labels, label)) return { given: false, value: undefined };
    const text = labels[label] ?? "";
    const value = parse(text);
    if (value === undefined) {
      errors.push({
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(text)}: ${why}`,
        field: `metadata.labels[${label}]`,
      });
    }
    return { given: true, value };
  };
  const level = (mode: string) =>
    read(mode, parseLevel, "must be one of privileged, baseline, restricted");
  const version = (mode: string) =>
    read(`${mode}-version`, parseVersion, 'must be "latest" or "v1.x"');

  const enforceLevel = level("enforce");
  const enforceVersion = version("enforce");
  const auditLevel = level("audit");
  const auditVersion = version("audit");
  const warnLevel = level("warn");
  const warnVersion = version("warn");
  const enforce: LevelVersion = {
    level: enforceLevel.given ? (enforceLevel.value ?? "restricted") : "privileged",
    version: enforceVersion.value ?? "latest",
  };
  const audit: LevelVersion = {
    level: auditLevel.value ?? "privileged",
    version: auditVersion.value ?? "latest",
  };
  let warn: LevelVersion = {
    level: warnLevel.value ?? "privileged",
    version: warnVersion.value ?? "latest",
  };
  // Who enforces something is also warned about it, where no other wish is said.
  if (!warnLevel.given && enforceLevel.value !== undefined) {
    if (compareLevels(enforce.level, warn.level) > 0) {
      warn = {
        level: enforce.level,
        version: warnVersion.given ? warn.version : enforce.version,
      };
    }
  }
  return { policy: { enforce, audit, warn }, errors };
}

/** Above 0: `a` is stricter. */
export function compareLevels(a: SecurityLevel, b: SecurityLevel): number {
  return STRICTNESS[a] - STRICTNESS[b];
}

export function sameLevelVersion(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.version === b.version;
}

export function formatLevelVersion({ level, version }: LevelVersion): string {
  return `${level}:${version === "latest" ? "latest" : `v1.${version}`}`;
}

function parseLevel(text: string): SecurityLevel | undefined {
  return text === "privileged" || text === "baseline" || text === "restricted" ? text : undefined;
}

function parseVersion(text: string): SecurityVersion | undefined {
  if (text === "latest") return "latest";
  const minor = /^v1\.(\d|[1-9]\d{1,5})$/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
