import { access } from "./access.ts";
import { core } from "./core.ts";
import { meta } from "./meta.ts";
import { pods } from "./pods.ts";
import { workloads } from "./workloads.ts";

/** By full message name, then by JSON field name; the empty name is the type itself. */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What `kubectl explain` prints, in our own words; they become the comments of the protos. */
export const descriptions: Descriptions = { ...meta, ...pods, ...core, ...workloads, ...access };
