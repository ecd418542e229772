/**
 * Pods stay on a node that is not ready or not reachable for a while, unless they say otherwise.
 *
 * Upstream: plugin/pkg/admission/defaulttolerationseconds/admission.go @1.36
 */
import type { Pod, Toleration } from "@kubets/api/core/v1";
import { isPod } from "../object-kinds.ts";
import type { AdmissionPlugin } from "../plugin.ts";

export interface DefaultTolerationSecondsOptions {
  /** Upstream flag: --default-not-ready-toleration-seconds. Default 300. */
  readonly notReadySeconds?: number;
  /** Upstream flag: --default-unreachable-toleration-seconds. Default 300. */
  readonly unreachableSeconds?: number;
}

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const DEFAULT_SECONDS = 300;

export function createDefaultTolerationSeconds(
  options: DefaultTolerationSecondsOptions = {},
): AdmissionPlugin {
  const notReady = toleration(NOT_READY, options.notReadySeconds ?? DEFAULT_SECONDS);
  const unreachable = toleration(UNREACHABLE, options.unreachableSeconds ?? DEFAULT_SECONDS);
  return {
    name: "DefaultTolerationSeconds",
    handles: (operation, { group, resource }, subresource) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      group === "" &&
      resource === "pods" &&
      subresource === "",
    mutate({ object }) {
      if (!isPod(object) || object.spec === undefined) return undefined;
      const given = object.spec.tolerations ?? [];
      const missing = [notReady, unreachable].filter(({ key }) => !tolerates(given, key ?? ""));
      if (missing.length === 0) return undefined;
      const added = missing.map((each) => ({ ...each }));
      const pod: Pod = { ...object, spec: { ...object.spec, tolerations: [...given, ...added] } };
      return pod;
    },
  };
}

function toleration(key: string, tolerationSeconds: number): Toleration {
  return { key, operator: "Exists", effect: "NoExecute", tolerationSeconds };
}

function tolerates(tolerations: readonly Toleration[], taintKey: string): boolean {
  return tolerations.some(
    ({ key = "", effect = "" }) =>
      (key === taintKey || key === "") && (effect === "NoExecute" || effect === ""),
  );
}
