import { randomInt, randomUUID } from "node:crypto";
import type { Randomness } from "./randomness.ts";

export const systemRandomness: Randomness = {
  uuid: () => randomUUID(),
  below: (bound) => randomInt(bound),
};
