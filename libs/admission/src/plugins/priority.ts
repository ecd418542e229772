/**
 * A pod's priority comes from its class, and there is one default class at most.
 *
 * Upstream: plugin/pkg/admission/priority/admission.go @1.36
 */
import type { KubeObject } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { PriorityClass } from "@kubets/api/scheduling/v1";
import { type AdmissionReader, priorityClasses } from "../admission-reader.ts";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import { isPod } from "../object-kinds.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts";

const DEFAULT_POLICY = "PreemptLowerPriority";

export function createPriority(options: { readonly reader: AdmissionReader }): AdmissionPlugin {
  const { reader } = options;

  function defaultClass(): PriorityClass | undefined {
    let found: PriorityClass | undefined;
    for (const each of reader.peekAll(priorityClasses)) {
      // Two of them can only come from a race; the lower one does less harm.
      if (
        each.globalDefault === true &&
        (found === undefined || (found.value ?? 0) > (each.value ?? 0))
      ) {
        found = each;
      }
    }
    return found;
  }

  function admitNewPod(request: AdmissionRequest, pod: Pod): Pod | Promise<Pod> {
    const className = pod.spec?.priorityClassName ?? "";
    if (className === "") return withPriority(request, pod, defaultClass());
    const known = reader.peek(priorityClasses, "", className);
    if (known !== undefined) return withPriority(request, pod, known);
    return reader.read(priorityClasses, "", className).then((found) => {
      if (found === undefined) {
        throw forbiddenByAdmission(request, `no PriorityClass with name ${className} was found`);
      }
      return withPriority(request, pod, found);
    });
  }

  return {
    name: "Priority",
    handles: (operation, { group, resource }, subresource) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      subresource === "" &&
      ((group === "" && resource === "pods") ||
        (group === priorityClasses.group && resource === priorityClasses.resource)),
    mutate(request) {
      const { object, oldObject } = request;
      if (!isPod(object)) return undefined;
      if (request.operation === "CREATE") return admitNewPod(request, object);
      return isPod(oldObject) ? keptPriority(object, oldObject) : undefined;
    },
    validate(request) {
      const { object } = request;
      if (!isPriorityClass(object) || object.globalDefault !== true) return;
      const found = defaultClass();
      if (found === undefined || found.metadata.name === object.metadata.name) return;
      throw forbiddenByAdmission(
        request,
        `PriorityClass ${found.metadata.name} is already marked as default. Only one default can exist`,
      );
    },
  };
}

function withPriority(
  request: AdmissionRequest,
  pod: Pod,
  priorityClass: PriorityClass | undefined,
): Pod {
  const priority = priorityClass?.value ?? 0;
  const preemptionPolicy = priorityClass?.preemptionPolicy ?? DEFAULT_POLICY;
  const given = pod.spec;
  if (given?.priority !== undefined && given.priority !== priority) {
    throw forbiddenByAdmission(
      request,
      `the integer value of priority (${given.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  if (given?.preemptionPolicy !== undefined && given.preemptionPolicy !== preemptionPolicy) {
    throw forbiddenByAdmission(
      request,
      `the string value of PreemptionPolicy (${given.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  const className = given?.priorityClassName || priorityClass?.metadata.name;
  return {
    ...pod,
    spec: {
      ...(given ?? { containers: [] }),
      ...(className === undefined ? {} : { priorityClassName: className }),
      priority,
      preemptionPolicy,
    },
  };
}

/** What create has set stays, also for clients that send the pod back without it. */
function keptPriority(pod: Pod, old: Pod): Pod | undefined {
  const { spec } = pod;
  if (spec === undefined) return undefined;
  const priority = spec.priority ?? old.spec?.priority;
  const preemptionPolicy = spec.preemptionPolicy ?? old.spec?.preemptionPolicy;
  if (priority === spec.priority && preemptionPolicy === spec.preemptionPolicy) return undefined;
  return {
    ...pod,
    spec: {
      ...spec,
      ...(priority === undefined ? {} : { priority }),
      ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
    },
  };
}

function isPriorityClass(object: KubeObject | undefined): object is PriorityClass {
  return object?.kind === "PriorityClass";
}

/**
 * The classes that every cluster has from its start.
 *
 * Upstream: pkg/apis/scheduling/v1/helpers.go systemPriorityClasses @1.36
 */
export function systemPriorityClasses(): PriorityClass[] {
  const classOf = (name: string, value: number, description: string): PriorityClass => ({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    preemptionPolicy: DEFAULT_POLICY,
    description,
  });
  return [
    classOf(
      "system-node-critical",
      2_000_001_000,
      "Used for system critical pods that must not be moved from their current node.",
    ),
    classOf(
      "system-cluster-critical",
      2_000_000_000,
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
  ];
}
