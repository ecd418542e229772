/**
 * Names of compute resources and what may be said about their quantities.
 *
 * Upstream: pkg/apis/core/helper/helpers.go; pkg/apis/core/validation/validation.go
 * ValidateResourceQuantityValue, validateContainerResourceName @1.36
 */
import { compareQuantities, type JsonValue, parseQuantity, QuantityError } from "@kubets/api";
import { qualifiedName } from "./formats.ts";
import type { Path } from "./path.ts";
import { NOT_NEGATIVE, type Problems } from "./problems.ts";

const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);
const OBJECT_COUNTS = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
];
const STANDARD: ReadonlySet<string> = new Set([
  ...CONTAINER_RESOURCES,
  ...["cpu", "memory", "ephemeral-storage"].flatMap((name) => [
    `requests.${name}`,
    `limits.${name}`,
  ]),
  ...OBJECT_COUNTS,
  "storage",
  "requests.storage",
]);
const QUOTA: ReadonlySet<string> = new Set([...STANDARD].filter((name) => name !== "storage"));
const INTEGER: ReadonlySet<string> = new Set(OBJECT_COUNTS);
const NANOS_PER_UNIT = 1_000_000_000n;

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** Kubernetes' own: without a prefix, or with one of its domain. */
export function isNativeResource(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith("requests.")) return false;
  return qualifiedName(`requests.${name}`).length === 0;
}

export function mayOvercommit(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name);
}

function isIntegerResource(name: string): boolean {
  return INTEGER.has(name) || isExtendedResource(name);
}

function isStandardResource(name: string): boolean {
  return STANDARD.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-");
}

/** False when the name is wrong; the problem is reported. */
export function validateResourceName(name: string, at: Path, problems: Problems): boolean {
  const messages = qualifiedName(name);
  problems.invalidEach(at, name, messages);
  if (messages.length > 0) return false;
  if (!name.includes("/") && !isStandardResource(name)) {
    problems.invalid(at, name, "must be a standard resource type or fully qualified");
    return false;
  }
  return true;
}

export function validateContainerResourceName(name: string, at: Path, problems: Problems): void {
  if (CONTAINER_RESOURCES.has(name)) return;
  validateResourceName(name, at, problems);
  if (!name.includes("/")) {
    if (!isHugePages(name))
      problems.invalid(at, name, "must be a standard resource for containers");
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    problems.invalid(at, name, "doesn't follow extended resource name standard");
  }
}

export function validateQuotaResourceName(name: string, at: Path, problems: Problems): void {
  validateResourceName(name, at, problems);
  const isQuota = QUOTA.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-");
  if (!name.includes("/") && !isQuota)
    problems.invalid(at, name, "must be a standard resource for quota");
}

/** Not negative, and whole where the resource is counted. */
export function validateResourceQuantity(
  name: string,
  value: JsonValue | undefined,
  at: Path,
  problems: Problems,
): void {
  const nanos = nanosOf(value);
  if (nanos === undefined) return;
  if (nanos < 0n) problems.invalid(at, value, NOT_NEGATIVE);
  if (nanos % NANOS_PER_UNIT !== 0n && isIntegerResource(name))
    problems.invalid(at, value, "must be an integer");
}

/** Undefined for what is no quantity, which decoding has refused already. */
export function nanosOf(value: JsonValue | undefined): bigint | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  try {
    return parseQuantity(value).nanos;
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

/** As compareQuantities; 0 where either is no quantity. */
export function compareAmounts(a: JsonValue | undefined, b: JsonValue | undefined): number {
  if (a === b || nanosOf(a) === undefined || nanosOf(b) === undefined) return 0;
  return compareQuantities(a as string | number, b as string | number);
}

/** Huge pages come whole, in the size that the name gives. */
export function validateHugePages(
  name: string,
  value: JsonValue | undefined,
  at: Path,
  problems: Problems,
): void {
  const size = nanosOf(name.slice("hugepages-".length));
  const amount = nanosOf(value);
  if (size === undefined || amount === undefined) return;
  if (size <= 0n || amount % size !== 0n || amount % NANOS_PER_UNIT !== 0n) {
    problems.invalid(at, value, `${String(value)} is not positive integer multiple of ${name}`);
  }
}
