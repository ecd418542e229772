export type { Bus, RevisionHint } from "./bus.ts";
export { decodeHint, encodeHint } from "./hint-codec.ts";
export { createMemoryBus } from "./memory-bus.ts";
