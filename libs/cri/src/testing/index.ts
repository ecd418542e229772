export { type RuntimeUnderTest, runtimeSuite } from "./runtime-suite.ts";
export {
  busyboxArchive,
  canRunContainerd,
  startTestContainerd,
  type TestContainerd,
} from "./test-containerd.ts";
