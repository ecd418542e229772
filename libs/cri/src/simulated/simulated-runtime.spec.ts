import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@kubets/service";
import { runtimeSuite } from "../testing/runtime-suite.ts";
import { createSimulatedRuntime } from "./simulated-runtime.ts";

runtimeSuite("The simulated runtime", async () => {
  const directory = await mkdtemp(join(tmpdir(), "kubets-simulated-"));
  const runtime = createSimulatedRuntime({ clock: systemClock, podCidr: "10.244.1.0/24" });
  await runtime.pullImage("docker.io/library/busybox:latest", undefined, undefined);
  return {
    runtime,
    logDirectory: join(directory, "logs"),
    cgroupParent: "",
    image: "docker.io/library/busybox:latest",
    missingImage: "registry.invalid/nothing:1",
    async stop() {
      await runtime.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});
