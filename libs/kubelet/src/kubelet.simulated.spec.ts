import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pod, Volume } from "@kubets/api/core/v1";
import { configMaps, leases, nodes, pods, secrets } from "@kubets/client";
import { type ContainerRuntime, createSimulatedRuntime } from "@kubets/cri";
import { systemClock } from "@kubets/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KubeletHarness, NODE, startKubelet } from "./testing/kubelet-harness.ts";
import { makeContainer, makePod } from "./testing/pods.ts";

let directory: string;
let runtime: ContainerRuntime;
let harness: KubeletHarness;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kubelet-"));
  runtime = createSimulatedRuntime({ clock: systemClock });
  harness = await startKubelet(runtime, directory);
});
afterAll(async () => {
  await harness?.stop();
  await runtime?.close();
  await rm(directory, { recursive: true, force: true });
});

const named = (name: string, spec: Parameters<typeof makePod>[0] = {}, annotations = {}): Pod => ({
  ...makePod(spec),
  metadata: { name, namespace: "default", annotations },
});
const isRunning = (pod: Pod) => pod.status?.phase === "Running";
const firstState = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state;

describe("a node", () => {
  it("registers itself, is ready and renews its lease", async () => {
    const node = harness.api.peek(nodes, "", NODE);
    expect(node?.metadata.labels).toMatchObject({
      "kubernetes.io/hostname": NODE,
      "kubernetes.io/os": "linux",
    });
    expect(node?.status).toMatchObject({
      capacity: { cpu: "4", memory: "8Gi", pods: "110" },
      addresses: [
        { type: "InternalIP", address: "192.0.2.10" },
        { type: "Hostname", address: NODE },
      ],
      nodeInfo: { containerRuntimeVersion: "simulated://1.0.0" },
    });
    const lease = await harness.until(leases, "kube-node-lease", NODE, () => true);
    expect(lease.spec).toMatchObject({ holderIdentity: NODE, leaseDurationSeconds: 40 });
  });
});

describe("a pod", () => {
  it("comes to run, with upstream's events, and goes without a trace", async () => {
    await harness.run(named("plain"));
    const pod = await harness.untilPod("plain", isRunning);
    expect(pod.status).toMatchObject({
      hostIP: "192.0.2.10",
      podIP: expect.stringMatching(/^10\.244\.7\./),
    });
    const uid = pod.metadata.uid ?? "";
    await harness.api.delete(pods, "default", "plain", { gracePeriodSeconds: 1 });
    await harness.untilGone("plain");
    expect(harness.events("plain")).toEqual([
      'Pulling: Pulling image "busybox"',
      expect.stringMatching(
        /^Pulled: Successfully pulled image "busybox" in \S+ \(\S+ including waiting\)\. Image size: 10000000 bytes\.$/,
      ),
      "Created: Container created",
      "Started: Container started",
      "Killing: Stopping container app",
    ]);
    expect(await runtime.listSandboxes({ labels: { "io.kubernetes.pod.uid": uid } })).toEqual([]);
    expect(await harness.kubelet.context.volumes.podUids()).not.toContain(uid);
  });

  it("runs with a projected volume of nothing, whose sources are written as null", async () => {
    const volumes: Volume[] = JSON.parse('[{"name":"all","projected":{"sources":null}}]');
    const volumeMounts = [{ name: "all", mountPath: "/all" }];
    const containers = [makeContainer("app", { volumeMounts })];
    await harness.run(named("empty-handed", { volumes, containers }));
    expect(isRunning(await harness.untilPod("empty-handed", isRunning))).toBe(true);
  });

  it("goes through its init containers, its environment and its volumes", async () => {
    harness.api.seed(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "default" },
      data: { color: "red" },
    });
    harness.api.seed(secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "key", namespace: "default" },
      data: { pw: Buffer.from("hunter2").toString("base64") },
    });
    const app = makeContainer("app", {
      command: [
        "sh",
        "-c",
        "echo $COLOR $PW $HOST; cat /etc/settings/color /token/token; sleep 1000",
      ],
      env: [
        { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
        { name: "PW", valueFrom: { secretKeyRef: { name: "key", key: "pw" } } },
        { name: "HOST", value: "$(KUBERNETES_SERVICE_HOST)" },
      ],
      volumeMounts: [
        { name: "settings", mountPath: "/etc/settings" },
        { name: "token", mountPath: "/token" },
      ],
    });
    await harness.run(
      named("rich", {
        initContainers: [makeContainer("init", { command: ["sh", "-c", "echo made"] })],
        containers: [app],
        volumes: [
          { name: "settings", configMap: { name: "settings" } },
          { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
        ],
      }),
    );
    const pod = await harness.untilPod("rich", isRunning);
    expect(pod.status?.initContainerStatuses?.[0]).toMatchObject({
      ready: true,
      state: { terminated: { exitCode: 0 } },
    });
    const log = join(directory, "logs", `default_rich_${pod.metadata.uid}`, "app", "0.log");
    await expect
      .poll(() => readFile(log, "utf8").catch(() => ""))
      .toMatch(/F red hunter2 10\.96\.0\.1\n.*red.*token-\d+-of-default/s);
  });

  it("waits for a ConfigMap that comes later, and starts when it does", async () => {
    await harness.run(
      named("patient", {
        containers: [makeContainer("app", { envFrom: [{ configMapRef: { name: "late" } }] })],
      }),
    );
    const waiting = await harness.untilPod(
      "patient",
      (pod) => firstState(pod)?.waiting?.reason === "CreateContainerConfigError",
    );
    expect(firstState(waiting)?.waiting?.message).toBe('configmap "late" not found');
    harness.api.seed(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "late", namespace: "default" },
      data: {},
    });
    await harness.untilPod("patient", isRunning);
  });

  it("says which volume cannot be made", async () => {
    await harness.run(
      named("mountless", {
        containers: [makeContainer("app", { volumeMounts: [{ name: "v", mountPath: "/v" }] })],
        volumes: [{ name: "v", secret: { secretName: "absent" } }],
      }),
    );
    await expect
      .poll(() => harness.events("mountless"))
      .toContain(
        'FailedMount: MountVolume.SetUp failed for volume "v" : secret "absent" not found',
      );
    expect(firstState(await harness.untilPod("mountless", () => true))?.waiting?.reason).toBe(
      "ContainerCreating",
    );
  });

  it("backs off when its container ends again and again", async () => {
    await harness.run(
      named("crashing", {
        containers: [makeContainer("app", { command: ["sh", "-c", "exit 3"] })],
      }),
    );
    const pod = await harness.untilPod(
      "crashing",
      (each) => firstState(each)?.waiting?.reason === "CrashLoopBackOff",
    );
    const [status] = pod.status?.containerStatuses ?? [];
    expect(status).toMatchObject({
      restartCount: 1,
      ready: false,
      lastState: { terminated: { exitCode: 3, reason: "Error" } },
    });
    expect(status?.state?.waiting?.message).toBe(
      `back-off 10s restarting failed container=app pod=crashing_default(${pod.metadata.uid})`,
    );
    await expect
      .poll(() => harness.events("crashing"))
      .toContain(
        `BackOff: Back-off restarting failed container app in pod crashing_default(${pod.metadata.uid})`,
      );
  });

  it("backs off from an image that nobody has, after saying why", async () => {
    await harness.run(
      named("imageless", {
        containers: [makeContainer("app", { image: "registry.invalid/app:1" })],
      }),
    );
    const failed = await harness.untilPod(
      "imageless",
      (pod) => firstState(pod)?.waiting?.reason === "ErrImagePull",
    );
    expect(firstState(failed)?.waiting?.message).toContain(
      "rpc error: code = NotFound desc = failed to pull and unpack image",
    );
    const pod = await harness.untilPod(
      "imageless",
      (each) => firstState(each)?.waiting?.reason === "ImagePullBackOff",
    );
    expect(firstState(pod)?.waiting?.message).toMatch(
      /^Back-off pulling image "registry\.invalid\/app:1": ErrImagePull: rpc error/,
    );
  });

  it("is over when its containers are, and stays until it is deleted", async () => {
    await harness.run(
      named("job", {
        restartPolicy: "Never",
        containers: [makeContainer("app", { command: ["sh", "-c", "echo done"] })],
      }),
    );
    const pod = await harness.untilPod("job", (each) => each.status?.phase === "Succeeded");
    expect(firstState(pod)?.terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
    expect(pod.status?.podIP).toMatch(/^10\.244\.7\./);
    await harness.api.delete(pods, "default", "job", { gracePeriodSeconds: 30 });
    await harness.untilGone("job");
  });

  it("becomes ready when its probe succeeds and is restarted when it is not alive", async () => {
    const probe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 1 };
    await harness.run(
      named("probed", { containers: [makeContainer("app", { readinessProbe: probe })] }),
    );
    await harness.untilPod("probed", (pod) => pod.status?.containerStatuses?.[0]?.ready === true);
    await harness.run(
      named(
        "dying",
        {
          terminationGracePeriodSeconds: 0,
          containers: [makeContainer("app", { livenessProbe: probe })],
        },
        { "simulation.kubets.dev/probe.app": "liveness=failure" },
      ),
    );
    await harness.untilPod(
      "dying",
      (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
    expect(harness.events("dying")).toEqual(
      expect.arrayContaining([
        "Unhealthy: Liveness probe failed: the pod's annotation says so",
        "Killing: Container app failed liveness probe, will be restarted",
      ]),
    );
  });

  it("is refused when the node has no room for it", async () => {
    const resources = { requests: { cpu: "64" } };
    await harness.run(named("huge", { containers: [makeContainer("app", { resources })] }));
    const pod = await harness.untilPod("huge", (each) => each.status?.phase === "Failed");
    expect(pod.status).toMatchObject({
      reason: "OutOfcpu",
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 64000, used: 0, capacity: 4000",
    });
  });

  it("ends when its deadline is over", async () => {
    await harness.run(named("late", { activeDeadlineSeconds: 1 }));
    const pod = await harness.untilPod("late", (each) => each.status?.phase === "Failed");
    expect(pod.status?.reason).toBe("DeadlineExceeded");
  });

  it("gives its name to the next one only when it is gone", async () => {
    await harness.run(named("twin"));
    const first = await harness.untilPod("twin", isRunning);
    await harness.api.delete(pods, "default", "twin", { gracePeriodSeconds: 0 });
    await harness.run(named("twin"));
    const second = await harness.untilPod("twin", isRunning);
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
  });
});

describe("a kubelet that starts anew", () => {
  it("goes on with the containers that run, and ends those the API does not know", async () => {
    const readinessProbe = { tcpSocket: { port: 80 }, periodSeconds: 1 };
    await harness.run(named("steady", { containers: [makeContainer("app", { readinessProbe })] }));
    const isReady = (pod: Pod) => pod.status?.containerStatuses?.[0]?.ready === true;
    const pod = await harness.untilPod("steady", isReady);
    const before = pod.status?.containerStatuses?.[0]?.containerID;
    await harness.run(named("vanished"));
    const vanished = await harness.untilPod("vanished", isRunning);
    await harness.kubelet.workers.stop();
    await harness.api.delete(pods, "default", "vanished", { gracePeriodSeconds: 0 });
    const { resourceVersion } = await harness.api.list(pods);
    await harness.restart();
    const labels = { "io.kubernetes.pod.uid": vanished.metadata.uid ?? "" };
    await expect.poll(() => runtime.listSandboxes({ labels })).toEqual([]);
    // One more pod shows that the new kubelet has been at work on all of them.
    await harness.run(named("marker"));
    await harness.untilPod("marker", isRunning);
    const after = await harness.untilPod("steady", isRunning);
    expect(after.status?.containerStatuses?.[0]).toMatchObject({
      containerID: before,
      restartCount: 0,
    });
    for await (const batch of harness.api.watch(pods, { resourceVersion })) {
      const versions = batch.flatMap((event) => ("object" in event ? [event.object] : []));
      // It was ready all the time: nobody behind a Service must notice.
      const steady = versions.filter(({ metadata }) => metadata.name === "steady");
      expect(steady.every(isReady)).toBe(true);
      if (versions.some((each) => each.metadata.name === "marker" && isRunning(each))) break;
    }
  });
});
