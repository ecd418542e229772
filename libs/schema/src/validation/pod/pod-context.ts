/** What the rules for the parts of a pod need to know of the whole. */
import type { JsonObject } from "@kubets/api";
import type { Problems } from "../problems.ts";

export interface PodContext {
  readonly problems: Problems;
  /** A Pod itself, not a template in another kind. */
  readonly isPod: boolean;
  /** "" for templates. */
  readonly podName: string;
  readonly restartPolicy: string;
  readonly hostUsers: boolean;
  /** Undefined where it is missing, which is reported once. */
  readonly gracePeriodSeconds: number | undefined;
  readonly volumes: ReadonlyMap<string, JsonObject>;
  readonly claimNames: ReadonlySet<string>;
}
