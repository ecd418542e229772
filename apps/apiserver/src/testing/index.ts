/** For tests that start the program in their own way. */
export { buildApiserver } from "../build-apiserver.ts";
export { flags } from "../flags.ts";
export { openStorage } from "../open-storage.ts";
export { readSettings } from "../settings.ts";
export { startTestApiserver, type TestApiserver } from "./start-apiserver.ts";
