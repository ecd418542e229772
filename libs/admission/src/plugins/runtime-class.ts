/**
 * A pod's runtime class adds its overhead, node selector and tolerations.
 *
 * Upstream: plugin/pkg/admission/runtimeclass/admission.go @1.36
 */
import { isDeepStrictEqual } from "node:util";
import type { Pod, Toleration } from "@kubets/api/core/v1";
import type { RuntimeClass } from "@kubets/api/node/v1";
import { type AdmissionReader, runtimeClasses } from "../admission-reader.ts";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import { isPod } from "../object-kinds.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts";

const OTHER_OVERHEAD = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

export function createRuntimeClass(options: { readonly reader: AdmissionReader }): AdmissionPlugin {
  const { reader } = options;

  /** Calls `use` with the pod's class; a pod that names none has none. */
  function withClass<T>(
    request: AdmissionRequest,
    pod: Pod,
    use: (runtimeClass: RuntimeClass | undefined) => T,
  ): T | Promise<T> {
    const name = pod.spec?.runtimeClassName;
    if (name === undefined) return use(undefined);
    const known = reader.peek(runtimeClasses, "", name);
    if (known !== undefined) return use(known);
    return reader.read(runtimeClasses, "", name).then((found) => {
      if (found === undefined) {
        throw forbiddenByAdmission(
          request,
          `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`,
        );
      }
      return use(found);
    });
  }

  return {
    name: "RuntimeClass",
    handles: (operation, { group, resource }, subresource) =>
      operation === "CREATE" && group === "" && resource === "pods" && subresource === "",
    mutate(request) {
      const { object: pod } = request;
      if (!isPod(pod) || pod.spec?.runtimeClassName === undefined) return undefined;
      return withClass(request, pod, (runtimeClass) =>
        runtimeClass === undefined ? undefined : withRuntimeClass(request, pod, runtimeClass),
      );
    },
    validate(request) {
      const { object: pod } = request;
      if (!isPod(pod)) return;
      return withClass(request, pod, (runtimeClass) => checkOverhead(request, pod, runtimeClass));
    },
  };
}

function withRuntimeClass(
  request: AdmissionRequest,
  pod: Pod,
  { overhead, scheduling }: RuntimeClass,
): Pod {
  const spec = { ...(pod.spec ?? { containers: [] }) };
  if (overhead !== undefined) {
    if (spec.overhead !== undefined && !isDeepStrictEqual(spec.overhead, overhead.podFixed)) {
      throw forbiddenByAdmission(request, OTHER_OVERHEAD);
    }
    spec.overhead = { ...overhead.podFixed };
  }
  if (scheduling !== undefined) {
    const selector = { ...spec.nodeSelector };
    for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
      const own = Object.hasOwn(selector, key) ? selector[key] : undefined;
      if (own !== undefined && own !== value) {
        throw forbiddenByAdmission(
          request,
          `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
        );
      }
      selector[key] = value;
    }
    if (Object.keys(selector).length > 0) spec.nodeSelector = selector;
    const tolerations = merged(spec.tolerations ?? [], scheduling.tolerations ?? []);
    if (tolerations.length > 0) spec.tolerations = tolerations;
  }
  return { ...pod, spec };
}

/** Upstream: pkg/util/tolerations/tolerations.go MergeTolerations: what another one covers is left out @1.36 */
function merged(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  return all
    .filter((toleration, index) => {
      const rest = all.slice(index + 1);
      if (rest.some((other) => covers(other, toleration) && !covers(toleration, other)))
        return false;
      return !all.slice(0, index).some((other) => covers(other, toleration));
    })
    .map((toleration) => ({ ...toleration }));
}

function covers(wide: Toleration, narrow: Toleration): boolean {
  if (isDeepStrictEqual(wide, narrow)) return true;
  const wideKey = wide.key ?? "";
  const wideEffect = wide.effect ?? "";
  if (wideKey !== "" && wideKey !== (narrow.key ?? "")) return false;
  if (wideEffect !== "" && wideEffect !== (narrow.effect ?? "")) return false;
  if (wide.effect === "NoExecute" || wideEffect === "") {
    if (wide.tolerationSeconds !== undefined) {
      if (narrow.tolerationSeconds === undefined) return false;
      if (narrow.tolerationSeconds > wide.tolerationSeconds) return false;
    }
  }
  if ((wide.operator || "Equal") === "Exists") return true;
  return (narrow.operator || "Equal") === "Equal" && (wide.value ?? "") === (narrow.value ?? "");
}

function checkOverhead(
  request: AdmissionRequest,
  pod: Pod,
  runtimeClass: RuntimeClass | undefined,
): void {
  const given = pod.spec?.overhead;
  const wanted = runtimeClass?.overhead;
  if (wanted !== undefined) {
    if (isDeepStrictEqual(given, wanted.podFixed)) return;
    throw forbiddenByAdmission(request, OTHER_OVERHEAD);
  }
  if (given === undefined) return;
  throw forbiddenByAdmission(
    request,
    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
  );
}
