export type { Bus, RevisionHint } from "./bus.ts";
