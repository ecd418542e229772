import { join } from "node:path";
import { describe, it } from "vitest";
import { runtimeSuite } from "../testing/runtime-suite.ts";
import {
  busyboxArchive,
  canRunContainerd,
  startTestContainerd,
} from "../testing/test-containerd.ts";

const missing = await canRunContainerd();
if (missing !== "") {
  describe("containerd over CRI", () => {
    it.skip(`is not tested on this machine: ${missing} is missing`, () => {});
  });
} else {
  runtimeSuite("containerd over CRI", async () => {
    const containerd = await startTestContainerd();
    await containerd.load(await busyboxArchive("docker.io/library/busybox:latest"));
    return {
      runtime: containerd.runtime,
      logDirectory: join(containerd.directory, "logs"),
      cgroupParent: containerd.cgroupRoot,
      image: "docker.io/library/busybox:latest",
      // Nothing listens on port 1, so this fails at once and without a network.
      missingImage: "127.0.0.1:1/nothing:1",
      stop: () => containerd.stop(),
    };
  });
}
