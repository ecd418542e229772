export { createRegistry } from "./create-registry.ts";
export type { Randomness } from "./randomness.ts";
export type { RegistryOptions } from "./registry-options.ts";
export type {
  DeleteOptions,
  DeleteResult,
  ListPage,
  ReadOptions,
  Registry,
  RequestScope,
  ResourceStore,
  SubresourceHandler,
  TableColumn,
  TableConvertor,
  Transform,
  UpdateOptions,
  VirtualResource,
} from "./store.ts";
export { systemRandomness } from "./system-randomness.ts";
export { humanDuration } from "./tables/human-duration.ts";
