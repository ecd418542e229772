export { type Clock, sleep, systemClock } from "./clock.ts";
export { FakeClock } from "./fake-clock.ts";
export { type Logger, silentLogger } from "./logger.ts";
export type { Runnable } from "./runnable.ts";
