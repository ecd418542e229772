import type { KubeObject } from "@kubets/api";

/** What handlers without an object of their own answer. */
export function successStatus(code: number): KubeObject {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code } as KubeObject;
}
