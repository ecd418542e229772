/** What every verb of one served resource works with; made once for each group, version and resource. */
import type { ResourceInfo, TypeSchema } from "@kubets/api";
import type { Clock } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { ResourceCache, WatchCache } from "@kubets/watch-cache";
import type { Conversion } from "../conversion/conversion.ts";
import type { Randomness } from "../randomness.ts";
import type { FieldLabels } from "../reads/field-labels.ts";
import type { Strategy } from "../strategy/strategy.ts";
import type { ObjectLanes } from "./object-lanes.ts";

export interface StoreContext {
  readonly storage: Storage;
  readonly watchCache: WatchCache;
  readonly cache: ResourceCache;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** The version that is served. */
  readonly info: ResourceInfo;
  readonly apiVersion: string;
  /** Absent for kinds without a built-in schema. */
  readonly type: TypeSchema | undefined;
  /** Where its objects are stored: events of both groups are one. */
  readonly stored: { readonly group: string; readonly resource: string };
  /** Absent where the served version is the stored one. */
  readonly conversion: Conversion | undefined;
  readonly strategy: Strategy;
  /** Of all served resources together: an object is one, in whatever version it is written. */
  readonly lanes: ObjectLanes;
  readonly fieldLabels: FieldLabels;
}
