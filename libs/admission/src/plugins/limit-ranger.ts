/**
 * A namespace's limit ranges give containers their default requests and limits, and bound what pods and claims ask for.
 *
 * Upstream: plugin/pkg/admission/limitranger/admission.go @1.36
 */
import {
  compareQuantities,
  podLimits,
  podRequests,
  quantityFromMilli,
  quantityMilli,
  type ResourceAmounts,
} from "@kubets/api";
import type {
  Container,
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
} from "@kubets/api/core/v1";
import { joinErrors } from "@kubets/authn";
import { type AdmissionReader, limitRanges } from "../admission-reader.ts";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import { isClaim, isPod } from "../object-kinds.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

type Amounts = Readonly<Record<string, string>>;

export function createLimitRanger(options: { readonly reader: AdmissionReader }): AdmissionPlugin {
  const { reader } = options;
  return {
    name: "LimitRanger",
    handles: (operation, { group, resource }, subresource) => {
      if (group !== "") return false;
      if (resource === "pods") {
        // A pod's containers do not change behind its create, but for a resize.
        return (
          (operation === "CREATE" && subresource === "") ||
          (operation === "UPDATE" && subresource === "resize")
        );
      }
      return (
        resource === "persistentvolumeclaims" &&
        subresource === "" &&
        (operation === "CREATE" || operation === "UPDATE")
      );
    },
    mutate({ object, namespace }) {
      if (!isPod(object)) return undefined;
      let pod: Pod = object;
      for (const range of reader.peekAll(limitRanges, namespace)) pod = withDefaults(pod, range);
      return pod === object ? undefined : pod;
    },
    validate(request) {
      const { object, oldObject, namespace } = request;
      if (object === undefined || oldObject?.metadata.deletionTimestamp !== undefined) return;
      for (const range of reader.peekAll(limitRanges, namespace)) {
        const errors = isPod(object)
          ? podErrors(object, range)
          : isClaim(object)
            ? claimErrors(object, range)
            : [];
        if (errors.length > 0) throw forbiddenByAdmission(request, joinErrors(errors));
      }
    },
  };
}

function withDefaults(pod: Pod, range: LimitRange): Pod {
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== "Container") continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  const { spec } = pod;
  if (spec === undefined) return pod;
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return pod;
  const notes: string[] = [];
  const filled = (sort: string) => (container: Container) =>
    withContainerDefaults({ container, sort, requests, limits, notes });
  const containers = spec.containers.map(filled("container"));
  const initContainers = spec.initContainers?.map(filled("init container"));
  if (notes.length === 0) return pod;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: {
        ...pod.metadata.annotations,
        [ANNOTATION]: `LimitRanger plugin set: ${notes.join("; ")}`,
      },
    },
    spec: { ...spec, containers, ...(initContainers === undefined ? {} : { initContainers }) },
  };
}

function withContainerDefaults(of: {
  readonly container: Container;
  readonly sort: string;
  readonly requests: Amounts;
  readonly limits: Amounts;
  readonly notes: string[];
}): Container {
  const { container, sort, notes } = of;
  const { resources = {} } = container;
  const requests = missing(of.requests, resources.requests ?? {});
  const limits = missing(of.limits, resources.limits ?? {});
  if (requests.length === 0 && limits.length === 0) return container;
  const note = (added: [string, string][], what: string) => {
    if (added.length === 0) return;
    const names = added.map(([name]) => name).sort();
    notes.push(`${names.join(", ")} ${what} for ${sort} ${container.name}`);
  };
  note(requests, "request");
  note(limits, "limit");
  return {
    ...container,
    resources: {
      ...resources,
      ...(requests.length === 0
        ? {}
        : { requests: { ...resources.requests, ...Object.fromEntries(requests) } }),
      ...(limits.length === 0
        ? {}
        : { limits: { ...resources.limits, ...Object.fromEntries(limits) } }),
    },
  };
}

function missing(defaults: Amounts, given: Amounts): [string, string][] {
  return Object.entries(defaults).filter(([name]) => !Object.hasOwn(given, name));
}

function podErrors(pod: Pod, range: LimitRange): string[] {
  const errors: string[] = [];
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  for (const item of range.spec?.limits ?? []) {
    if (item.type === "Container") {
      for (const { resources = {} } of containers) {
        errors.push(...itemErrors(item, resources.requests ?? {}, resources.limits ?? {}));
      }
    }
    if (item.type === "Pod") {
      const requests = quantities(podRequests(pod, { excludeOverhead: true }));
      const limits = quantities(podLimits(pod, { excludeOverhead: true }));
      errors.push(...itemErrors(item, requests, limits));
    }
  }
  return errors;
}

function quantities(amounts: ResourceAmounts): Amounts {
  return Object.fromEntries(
    [...amounts].map(([name, milli]) => [
      name,
      quantityFromMilli(milli, name === "memory" ? "BinarySI" : "DecimalSI"),
    ]),
  );
}

function itemErrors(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  const errors: (string | undefined)[] = [];
  const check = (bounds: Amounts | undefined, rule: (of: Bound) => string | undefined) => {
    for (const [name, bound] of Object.entries(bounds ?? {})) {
      errors.push(
        rule({
          name,
          bound,
          type: item.type,
          request: own(requests, name),
          limit: own(limits, name),
        }),
      );
    }
  };
  check(item.min, tooLittle);
  check(item.max, tooMuch);
  check(item.maxLimitRequestRatio, tooFarApart);
  return errors.filter((error) => error !== undefined);
}

interface Bound {
  readonly name: string;
  readonly bound: string;
  readonly type: string;
  readonly request: string | undefined;
  readonly limit: string | undefined;
}

function tooLittle({ name, bound, type, request, limit }: Bound): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${bound}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, bound) < 0) return `${rule}, but request is ${request}`;
  if (limit !== undefined && compareQuantities(limit, bound) < 0) {
    return `${rule}, but limit is ${limit}`;
  }
  return undefined;
}

function tooMuch({ name, bound, type, request, limit }: Bound): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${bound}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, bound) > 0) return `${rule}, but limit is ${limit}`;
  if (request !== undefined && compareQuantities(request, bound) > 0) {
    return `${rule}, but request is ${request}`;
  }
  return undefined;
}

function tooFarApart({ name, bound, type, request, limit }: Bound): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${bound}`;
  const requestMilli = request === undefined ? 0n : quantityMilli(request);
  const limitMilli = limit === undefined ? 0n : quantityMilli(limit);
  if (requestMilli === 0n) return `${rule}, but no request is specified or request is 0`;
  if (limitMilli === 0n) return `${rule}, but no limit is specified or limit is 0`;
  // limit / request > bound, without leaving whole numbers.
  if (limitMilli * 1_000n <= requestMilli * quantityMilli(bound)) return undefined;
  const ratio = Number(limitMilli) / Number(requestMilli);
  return `${rule}, but provided ratio is ${ratio.toFixed(6)}`;
}

function claimErrors(claim: PersistentVolumeClaim, range: LimitRange): string[] {
  const requests = claim.spec?.resources?.requests ?? {};
  const errors: (string | undefined)[] = [];
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== "PersistentVolumeClaim") continue;
    for (const [name, bound] of Object.entries(item.min ?? {})) {
      const request = own(requests, name);
      errors.push(tooLittle({ name, bound, type: item.type, request, limit: undefined }));
    }
    for (const [name, bound] of Object.entries(item.max ?? {})) {
      const request = own(requests, name);
      const rule = `maximum ${name} usage per ${item.type} is ${bound}`;
      if (request === undefined) errors.push(`${rule}.  No request is specified`);
      else if (compareQuantities(request, bound) > 0) {
        errors.push(`${rule}, but request is ${request}`);
      }
    }
  }
  return errors.filter((error) => error !== undefined);
}

function own(amounts: Amounts, name: string): string | undefined {
  return Object.hasOwn(amounts, name) ? amounts[name] : undefined;
}
