/** What every runtime adapter has to do. Run against the simulated runtime, and against containerd where it can be started. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerStatus,
  isRuntimeError,
  type SandboxConfig,
} from "../runtime.ts";

export interface RuntimeUnderTest {
  readonly runtime: ContainerRuntime;
  readonly logDirectory: string;
  readonly cgroupParent: string;
  /** An image with a shell and the usual small programs; it is there. */
  readonly image: string;
  /** An image that no registry has. */
  readonly missingImage: string;
  stop(): Promise<void>;
}

export function runtimeSuite(name: string, start: () => Promise<RuntimeUnderTest>): void {
  describe(name, () => {
    let under: RuntimeUnderTest;
    let runtime: ContainerRuntime;
    beforeAll(async () => {
      under = await start();
      runtime = under.runtime;
    });
    afterAll(async () => {
      await under?.stop();
    });

    const makeSandbox = async () => {
      const config = sandboxConfig(under);
      return { config, id: await runtime.runSandbox(config, "") };
    };
    const makeContainer = async (
      command: readonly string[],
      more: Partial<ContainerConfig> = {},
    ) => {
      const sandbox = await makeSandbox();
      const image = await runtime.imageStatus(under.image);
      const config = { ...containerConfig(image?.id ?? under.image, command), ...more };
      const id = await runtime.createContainer(sandbox.id, config, sandbox.config);
      return { id, sandbox, config };
    };
    const ended = async (id: string): Promise<ContainerStatus> => {
      for (;;) {
        const status = await runtime.containerStatus(id);
        if (status.state === "exited") return status;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    it("says what it is and that it is ready", async () => {
      expect((await runtime.version()).runtimeApiVersion).toBe("v1");
      const { conditions } = await runtime.status();
      expect(conditions.find(({ type }) => type === "RuntimeReady")?.isTrue).toBe(true);
    });

    it("keeps a sandbox ready until it is stopped and listed until it is removed", async () => {
      const { id, config } = await makeSandbox();
      const labels = { uid: config.metadata.uid };
      expect((await runtime.sandboxStatus(id)).ready).toBe(true);
      expect(await runtime.listSandboxes({ labels })).toMatchObject([
        { id, ready: true, metadata: config.metadata, annotations: config.annotations },
      ]);
      await runtime.stopSandbox(id);
      expect((await runtime.sandboxStatus(id)).ready).toBe(false);
      await runtime.removeSandbox(id);
      expect(await runtime.listSandboxes({ labels })).toEqual([]);
    });

    it("takes the stopping and removing of what is not there for done", async () => {
      await runtime.stopContainer("absent", 0);
      await runtime.removeContainer("absent");
      await runtime.stopSandbox("absent");
      await runtime.removeSandbox("absent");
    });

    it("says notFound when asked about what is not there", async () => {
      const questions = [
        () => runtime.containerStatus("absent"),
        () => runtime.sandboxStatus("absent"),
      ];
      for (const ask of questions) {
        const error = await ask().catch((thrown: unknown) => thrown);
        expect(isRuntimeError(error, "notFound")).toBe(true);
      }
    });

    it("runs a command to its end, with its output in the log and its exit code in the status", async () => {
      const { id, sandbox, config } = await makeContainer([
        "sh",
        "-c",
        "echo out; echo err >&2; exit 3",
      ]);
      expect((await runtime.containerStatus(id)).state).toBe("created");
      await runtime.startContainer(id);
      const status = await ended(id);
      expect(status).toMatchObject({ exitCode: 3, reason: "Error", labels: config.labels });
      expect(status.startedAtMs).toBeGreaterThan(0);
      expect(status.finishedAtMs).toBeGreaterThan(0);
      const log = await readFile(join(sandbox.config.logDirectory, config.logPath), "utf8");
      expect(log).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z stdout F out$/m);
      expect(log).toMatch(/stderr F err$/m);
      await runtime.removeSandbox(sandbox.id);
    });

    it("calls an exit with zero Completed", async () => {
      const { id, sandbox } = await makeContainer(["true"]);
      await runtime.startContainer(id);
      expect(await ended(id)).toMatchObject({ exitCode: 0, reason: "Completed" });
      await runtime.removeSandbox(sandbox.id);
    });

    it("runs commands in a running container and gives their output and exit code", async () => {
      const { id, sandbox } = await makeContainer(["sleep", "1000"], {
        env: [{ name: "GREETING", value: "hello" }],
      });
      await runtime.startContainer(id);
      const result = await runtime.execSync(
        id,
        ["sh", "-c", "echo $GREETING && echo bad >&2 && exit 4"],
        10,
      );
      expect(result.stdout.toString()).toBe("hello\n");
      expect(result.stderr.toString()).toBe("bad\n");
      expect(result.exitCode).toBe(4);
      const late = await runtime
        .execSync(id, ["sleep", "30"], 1)
        .catch((thrown: unknown) => thrown);
      expect(isRuntimeError(late, "deadlineExceeded")).toBe(true);
      const unknown = await runtime
        .execSync(id, ["no-such-program"], 5)
        .catch((thrown: unknown) => thrown);
      expect(unknown).toMatchObject({
        message: expect.stringContaining("executable file not found"),
      });
      await runtime.removeSandbox(sandbox.id);
    });

    it("stops a container and kills what does not listen", async () => {
      const { id, sandbox } = await makeContainer(["sleep", "1000"]);
      await runtime.startContainer(id);
      await runtime.stopContainer(id, 0);
      const status = await runtime.containerStatus(id);
      expect(status.state).toBe("exited");
      expect(status.exitCode).toBeGreaterThan(128);
      await runtime.removeSandbox(sandbox.id);
    });

    it("ends the containers of a sandbox that is removed", async () => {
      const { id, sandbox } = await makeContainer(["sleep", "1000"]);
      await runtime.startContainer(id);
      await runtime.stopSandbox(sandbox.id);
      await runtime.removeSandbox(sandbox.id);
      expect(
        await runtime.listContainers({ labels: { uid: sandbox.config.metadata.uid } }),
      ).toEqual([]);
    });

    it("tells of the end of a container", async () => {
      const { id, sandbox } = await makeContainer(["true"]);
      const done = new AbortController();
      const seen = (async () => {
        for await (const event of runtime.events(done.signal)) {
          if (event.type === "exited" && event.id === id) return true;
        }
        return false;
      })();
      await settle();
      await runtime.startContainer(id);
      expect(await seen).toBe(true);
      done.abort();
      await runtime.removeSandbox(sandbox.id);
    });

    it("lists only containers with the labels that are asked for", async () => {
      const one = await makeContainer(["sleep", "1000"]);
      const other = await makeContainer(["sleep", "1000"]);
      const found = await runtime.listContainers({
        labels: { uid: one.sandbox.config.metadata.uid },
      });
      expect(found.map(({ id }) => id)).toEqual([]);
      const byName = await runtime.listContainers({ labels: one.config.labels });
      expect(byName.map(({ id, sandboxId }) => [id, sandboxId])).toEqual([
        [one.id, one.sandbox.id],
      ]);
      await runtime.removeSandbox(one.sandbox.id);
      await runtime.removeSandbox(other.sandbox.id);
    });

    it("has no status for an image that is not there, and says why it cannot be pulled", async () => {
      expect(await runtime.imageStatus(under.missingImage)).toBeUndefined();
      const error = await runtime
        .pullImage(under.missingImage, undefined, undefined)
        .catch((thrown: unknown) => thrown);
      expect(isRuntimeError(error)).toBe(true);
      expect(error).toMatchObject({
        message: expect.stringContaining(`failed to pull and unpack image "${under.missingImage}"`),
      });
    });

    it("lists the images that are there with their sizes", async () => {
      const image = await runtime.imageStatus(under.image);
      const listed = (await runtime.listImages()).find(({ id }) => id === image?.id);
      expect(
        listed?.repoTags.some((tag) => tag.endsWith(under.image.split("/").at(-1) ?? "")),
      ).toBe(true);
      expect(listed?.sizeBytes).toBeGreaterThan(0);
    });
  });
}

function sandboxConfig(under: RuntimeUnderTest): SandboxConfig {
  const uid = randomUUID();
  return {
    metadata: { name: "pod", namespace: "default", uid, attempt: 0 },
    hostname: "",
    logDirectory: join(under.logDirectory, uid),
    portMappings: [],
    labels: { uid },
    annotations: { note: "kept" },
    cgroupParent: `${under.cgroupParent}/pod${uid}`,
    sysctls: {},
    security: {
      namespaces: { network: "node", pid: "container", ipc: "pod" },
      supplementalGroups: [],
      privileged: false,
      seccomp: { type: "RuntimeDefault" },
    },
  };
}

function containerConfig(image: string, command: readonly string[]): ContainerConfig {
  return {
    name: "main",
    attempt: 0,
    image,
    userSpecifiedImage: image,
    command,
    args: [],
    workingDir: "",
    env: [],
    mounts: [],
    devices: [],
    labels: { container: randomUUID() },
    annotations: {},
    logPath: "main/0.log",
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {
      cpuPeriod: 0,
      cpuQuota: 0,
      cpuShares: 0,
      memoryLimitBytes: 0,
      oomScoreAdj: 0,
      cpusetCpus: "",
      cpusetMems: "",
      unified: {},
    },
    security: {
      namespaces: { network: "node", pid: "container", ipc: "pod" },
      privileged: false,
      addCapabilities: [],
      dropCapabilities: [],
      readonlyRootfs: false,
      supplementalGroups: [],
      noNewPrivileges: false,
      maskedPaths: [],
      readonlyPaths: [],
      seccomp: { type: "RuntimeDefault" },
    },
  };
}

/** Lets a subscription reach the other side. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
