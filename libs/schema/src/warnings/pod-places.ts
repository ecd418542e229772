import type { Path } from "../validation/path.ts";

/** Where the parts of a pod stand in the object: a pod itself, or a template in it. */
export interface PodPlaces {
  readonly spec: Path;
  readonly annotations: Path;
  readonly isTemplate: boolean;
}
