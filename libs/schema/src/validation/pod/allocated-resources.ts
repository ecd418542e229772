/**
 * What of a pod's status speaks of resources that were given to its containers.
 *
 * Upstream: pkg/apis/core/validation/validation.go validatePodExtendedResourceClaimStatus,
 * validateContainerStatusAllocatedResourcesStatus @1.36
 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, maybeTextAt, objectAt, textAt } from "../../json-fields.ts";
import { byteLength, dns1123Label, dns1123Subdomain } from "../formats.ts";
import { type Path, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";

const HEALTHS: readonly string[] = ["Healthy", "Unhealthy", "Unknown"];
const MESSAGE_BYTES_MAX = 1_024;

export function validateExtendedClaims(
  status: JsonObject,
  spec: JsonObject,
  problems: Problems,
): void {
  const claim = objectAt(status, "extendedResourceClaimStatus");
  if (claim === undefined) return;
  const at = STATUS.child("extendedResourceClaimStatus");
  const containers = byName([...itemsAt(spec, "initContainers"), ...itemsAt(spec, "containers")]);
  const mappings = itemsAt(claim, "requestMappings");
  const mappingsAt = at.child("requestMappings");
  if (mappings.length === 0)
    problems.required(mappingsAt, "at least one request mapping is required");
  const seen = new Set<string>();
  mappings.forEach((mapping, i) => {
    const here = mappingsAt.index(i);
    validateMapping(mapping, here, containers, problems);
    const request = textAt(mapping, "requestName");
    problems.invalidEach(at.child("requestName"), request, dns1123Label(request));
    const fields = ["containerName", "resourceName", "requestName"];
    const key = JSON.stringify(fields.map((field) => textAt(mapping, field)));
    if (seen.has(key)) {
      for (const field of fields) problems.duplicate(here.child(field), textAt(mapping, field));
    }
    seen.add(key);
  });
  const name = textAt(claim, "resourceClaimName");
  if (name === "") problems.required(at.child("resourceClaimName"));
  else problems.invalidEach(at.child("resourceClaimName"), name, dns1123Subdomain(name));
}

function validateMapping(
  mapping: JsonObject,
  at: Path,
  containers: ReadonlyMap<string, JsonObject>,
  problems: Problems,
): void {
  const name = textAt(mapping, "containerName");
  const container = containers.get(name);
  if (container === undefined) {
    const detail =
      "must match the name of an entry in spec.initContainers.name or spec.containers.name";
    problems.invalid(at.child("containerName"), name, detail);
    return;
  }
  const resource = textAt(mapping, "resourceName");
  if (requests(container, resource)) return;
  const detail =
    "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";
  problems.invalid(at.child("resourceName"), resource, detail);
}

export function validateAllocated(
  status: JsonObject,
  field: string,
  containers: readonly JsonObject[],
  problems: Problems,
): void {
  let known: ReadonlyMap<string, Container> | undefined;
  itemsAt(status, field).forEach((containerStatus, i) => {
    const allocated = itemsAt(containerStatus, "allocatedResourcesStatus");
    if (allocated.length === 0) return;
    known ??= new Map(
      containers.toReversed().map((one) => [textAt(one, "name"), new Container(one)]),
    );
    const container = known.get(textAt(containerStatus, "name"));
    allocated.forEach((resource, j) => {
      const at = STATUS.child(field).index(i).child("allocatedResourcesStatus").index(j);
      validateOne(resource, at, container, problems);
    });
  });
}

function validateOne(
  resource: JsonObject,
  at: Path,
  container: Container | undefined,
  problems: Problems,
): void {
  const name = textAt(resource, "name");
  if (container !== undefined) {
    const isClaim = name.startsWith("claim:");
    const isFound = isClaim ? container.claims(name) : requests(container.spec, name);
    const detail = isClaim
      ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
      : "must match one of the container's resource requests";
    if (!isFound) problems.invalid(at.child("name"), name, detail);
  }
  const seen = new Set<string>();
  itemsAt(resource, "resources").forEach((part, k) => {
    const here = at.child("resources").index(k);
    const health = textAt(part, "health");
    if (!HEALTHS.includes(health)) problems.notSupported(here.child("health"), health, HEALTHS);
    const message = maybeTextAt(part, "message");
    if (message === "") problems.required(here.child("message"), "must be non-empty if specified");
    else if (message !== undefined && byteLength(message) > MESSAGE_BYTES_MAX)
      problems.tooLong(here.child("message"), MESSAGE_BYTES_MAX);
    const id = textAt(part, "resourceID");
    if (seen.has(id)) problems.duplicate(here.child("resourceID"), id);
    seen.add(id);
  });
}

function byName(containers: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  return new Map(containers.map((container) => [textAt(container, "name"), container]));
}

function requests(container: JsonObject, resource: string): boolean {
  const requested = objectAt(objectAt(container, "resources"), "requests");
  return requested !== undefined && Object.hasOwn(requested, resource);
}

/** The names of its claims are gathered once, however many statuses ask for them. */
class Container {
  readonly spec: JsonObject;
  #claims: ReadonlySet<string> | undefined;

  constructor(spec: JsonObject) {
    this.spec = spec;
  }

  claims(name: string): boolean {
    this.#claims ??= new Set(
      itemsAt(objectAt(this.spec, "resources"), "claims").map((claim) => {
        const request = textAt(claim, "request");
        return `claim:${textAt(claim, "name")}${request === "" ? "" : `/${request}`}`;
      }),
    );
    return this.#claims.has(name);
  }
}
