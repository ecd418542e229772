import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "@kubets/api/core/v1";
import { configMaps, pods, secrets } from "@kubets/client";
import {
  busyboxArchive,
  canRunContainerd,
  startTestContainerd,
  type TestContainerd,
} from "@kubets/cri/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMachine } from "./node/machine.ts";
import { type KubeletHarness, startKubelet } from "./testing/kubelet-harness.ts";
import { makeContainer, makePod } from "./testing/pods.ts";

const missing = await canRunContainerd();

describe.skipIf(missing !== "")(
  `pods on containerd${missing === "" ? "" : ` (not here: ${missing} is missing)`}`,
  () => {
    let containerd: TestContainerd;
    let harness: KubeletHarness;
    const bridge = `kbt${process.pid % 100_000}`;
    const podCidr = `10.213.${process.pid % 250}.0/24`;

    beforeAll(async () => {
      containerd = await startTestContainerd();
      await containerd.load(await busyboxArchive("docker.io/library/busybox:latest"));
      harness = await startKubelet(containerd.runtime, containerd.directory, {
        realProcesses: true,
        machine: await readMachine("/tmp"),
        cgroups: { version: containerd.facts.cgroupVersion, root: containerd.cgroupRoot },
        cniBridge: { name: bridge, bridge, confDir: containerd.cniConfDir, masquerade: false },
        podCidr,
      });
    });
    afterAll(async () => {
      await harness?.stop();
      await containerd?.stop();
      execFileSync("sh", ["-c", `ip link del ${bridge} 2>/dev/null || true`]);
    });

    const named = (name: string, spec: Parameters<typeof makePod>[0] = {}): Pod => ({
      ...makePod({ terminationGracePeriodSeconds: 1, ...spec }),
      metadata: { name, namespace: "default", labels: { app: name } },
    });
    const app = (script: string, more: Parameters<typeof makeContainer>[1] = {}) =>
      makeContainer("app", { command: ["sh", "-c", script], ...more });
    const isRunning = (pod: Pod) => pod.status?.phase === "Running";
    const logOf = (pod: Pod, container = "app", restart = 0) =>
      readFile(
        join(
          containerd.directory,
          "logs",
          `default_${pod.metadata.name}_${pod.metadata.uid}`,
          container,
          `${restart}.log`,
        ),
        "utf8",
      ).catch(() => "");
    const cgroupsOf = async (uid: string) => {
      const paths = execFileSync("find", ["/sys/fs/cgroup", "-type", "d", "-name", `pod${uid}`], {
        encoding: "utf8",
      });
      return paths.split("\n").filter(Boolean);
    };

    it("run with their volumes, environment, identity, hosts file and limits", async () => {
      harness.api.seed(configMaps, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", namespace: "default" },
        data: { a: "one" },
      });
      harness.api.seed(secrets, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "key", namespace: "default" },
        data: { pw: Buffer.from("hunter2").toString("base64") },
      });
      const script = [
        "echo user $(id -u):$(id -g) groups $(id -G)",
        "echo env $A $IP $KUBERNETES_SERVICE_HOST",
        "echo files $(cat /settings/a /key/pw /sub/a /cache/x /down/labels)",
        "echo token $(cat /token/token)",
        "echo hosts $(grep $HOSTNAME /etc/hosts)",
        "echo memory $(grep ' /mem ' /proc/mounts | cut -d' ' -f3)",
        "touch /cache/mine && echo writes yes",
        "touch /settings/mine 2>/dev/null || echo settings readonly",
        "exec sleep 1000",
      ].join("; ");
      await harness.run(
        named("rich", {
          securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000 },
          initContainers: [
            makeContainer("init", {
              resources: { limits: { cpu: "500m", memory: "64Mi" } },
              command: ["sh", "-c", "echo from-init > /cache/x"],
              volumeMounts: [{ name: "cache", mountPath: "/cache" }],
            }),
          ],
          containers: [
            app(script, {
              env: [
                { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } },
                { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
              ],
              resources: {
                requests: { cpu: "100m", memory: "32Mi" },
                limits: { cpu: "500m", memory: "64Mi" },
              },
              volumeMounts: [
                { name: "cache", mountPath: "/cache" },
                { name: "settings", mountPath: "/settings" },
                { name: "settings", mountPath: "/sub/a", subPath: "a" },
                { name: "key", mountPath: "/key" },
                { name: "down", mountPath: "/down" },
                { name: "token", mountPath: "/token" },
                { name: "mem", mountPath: "/mem" },
              ],
            }),
          ],
          volumes: [
            { name: "cache", emptyDir: {} },
            { name: "mem", emptyDir: { medium: "Memory", sizeLimit: "4Mi" } },
            { name: "settings", configMap: { name: "settings" } },
            { name: "key", secret: { secretName: "key", defaultMode: 0o400 } },
            {
              name: "down",
              downwardAPI: {
                items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }],
              },
            },
            { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
          ],
        }),
      );
      const pod = await harness.untilPod("rich", isRunning);
      const ip = pod.status?.podIP ?? "";
      await expect.poll(() => logOf(pod)).toContain("settings readonly");
      const log = (await logOf(pod)).replace(/^\S+ stdout F /gm, "");
      expect(log).toContain("user 1000:1000 groups 1000 2000");
      expect(log).toContain(`env one ${ip} 10.96.0.1`);
      expect(log).toMatch(/^files onehunter2onefrom-init app="rich"$/m);
      expect(log).toMatch(/^token token-\d+-of-default$/m);
      expect(log).toContain(`hosts ${ip} rich`);
      expect(log).toContain("memory tmpfs");
      expect(log).toContain("writes yes");
      expect(pod.status?.qosClass).toBe("Burstable");
      const [group = ""] = (await cgroupsOf(pod.metadata.uid ?? "")).filter(
        (path) => path.includes("/memory/") || containerd.facts.cgroupVersion === 2,
      );
      const limit = containerd.facts.cgroupVersion === 1 ? "memory.limit_in_bytes" : "memory.max";
      expect((await readFile(join(group, limit), "utf8")).trim()).toBe(String(64 * 1024 * 1024));

      // Nothing of a secret lies on a disk.
      const mounts = await readFile("/proc/self/mountinfo", "utf8");
      expect(mounts).toContain(`${containerd.directory}/kubelet/memory`);
      expect(
        await readdir(join(containerd.directory, "kubelet/memory", pod.metadata.uid ?? "")),
      ).toEqual(expect.arrayContaining(["key", "token"]));
    });

    it("get new contents of a ConfigMap while they run", async () => {
      const configMap = (value: string) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "live", namespace: "default" },
        data: { value },
      });
      harness.api.seed(configMaps, configMap("old"));
      await harness.run(
        named("live", {
          containers: [
            app(
              "cat /live/value; until grep -q new /live/value; do sleep 0.1; done; echo; echo saw new; exec sleep 1000",
              { volumeMounts: [{ name: "live", mountPath: "/live" }] },
            ),
          ],
          volumes: [{ name: "live", configMap: { name: "live" } }],
        }),
      );
      const pod = await harness.untilPod("live", isRunning);
      harness.api.seed(configMaps, configMap("new"));
      await expect.poll(() => logOf(pod)).toContain("saw new");
    });

    it("are ready when an HTTP probe succeeds", async () => {
      const container = app("sleep 0.3; echo ok > /tmp/ready; exec httpd -f -p 8080 -h /tmp", {
        readinessProbe: { httpGet: { path: "/ready", port: "web" }, periodSeconds: 1 },
        ports: [{ name: "web", containerPort: 8080 }],
      });
      await harness.run(named("web", { containers: [container] }));
      await harness.untilPod("web", (pod) => pod.status?.containerStatuses?.[0]?.ready === true);
      const failed = harness.events("web").find((event) => event.startsWith("Unhealthy"));
      if (failed !== undefined) {
        expect(failed).toMatch(
          /^Unhealthy: Readiness probe failed: Get "http:\/\/10\.213\.\d+\.\d+:8080\/ready": dial tcp 10\.213\.\d+\.\d+:8080: connect: connection refused$/,
        );
      }
    });

    it("tell what a container that ended had to say, and how often it was started", async () => {
      const container = app("echo last words > /dev/termination-log; exit 3", {
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
      });
      await harness.run(named("crashing", { containers: [container] }));
      const pod = await harness.untilPod(
        "crashing",
        (each) =>
          each.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
      );
      expect(pod.status?.containerStatuses?.[0]).toMatchObject({
        restartCount: 1,
        lastState: { terminated: { exitCode: 3, message: "last words\n" } },
      });
    });

    it("are OOMKilled beyond their memory limit", async () => {
      const container = app("head -c 100000000 /dev/zero | tail", {
        resources: { limits: { memory: "16Mi" }, requests: { memory: "16Mi" } },
      });
      await harness.run(named("greedy", { restartPolicy: "Never", containers: [container] }));
      const pod = await harness.untilPod(
        "greedy",
        (each) => each.status?.phase === "Failed" || each.status?.phase === "Succeeded",
      );
      expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.reason).toBe("OOMKilled");
    });

    it("say what the runtime refused", async () => {
      await harness.run(
        named("broken", { containers: [makeContainer("app", { command: ["/no/such/program"] })] }),
      );
      const pod = await harness.untilPod(
        "broken",
        (each) =>
          each.status?.containerStatuses?.[0]?.state?.waiting?.reason === "RunContainerError",
      );
      expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain(
        'exec: "/no/such/program": stat /no/such/program: no such file or directory',
      );
    });

    it("end in order: hooks, signal, sidecars last, and leave nothing behind", async () => {
      const trap = (word: string) =>
        `trap 'echo ${word} >> /shared/order; exit 0' TERM; while :; do sleep 0.05; done`;
      const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
      await harness.run(
        named("orderly", {
          terminationGracePeriodSeconds: 10,
          initContainers: [
            makeContainer("side", {
              restartPolicy: "Always",
              command: ["sh", "-c", `${trap("sidecar")}`],
              volumeMounts,
            }),
          ],
          containers: [
            app(trap("app"), {
              volumeMounts,
              lifecycle: {
                preStop: { exec: { command: ["sh", "-c", "echo hook >> /shared/order"] } },
              },
            }),
          ],
          volumes: [
            {
              name: "shared",
              hostPath: { path: join(containerd.directory, "shared"), type: "DirectoryOrCreate" },
            },
          ],
        }),
      );
      const pod = await harness.untilPod(
        "orderly",
        (each) => isRunning(each) && each.status?.initContainerStatuses?.[0]?.ready === true,
      );
      const uid = pod.metadata.uid ?? "";
      expect((await cgroupsOf(uid)).length).toBeGreaterThan(0);
      await harness.api.delete(pods, "default", "orderly", { gracePeriodSeconds: 10 });
      await harness.untilGone("orderly");
      expect(await readFile(join(containerd.directory, "shared", "order"), "utf8")).toBe(
        "hook\napp\nsidecar\n",
      );
      expect(await cgroupsOf(uid)).toEqual([]);
      const labels = { "io.kubernetes.pod.uid": uid };
      expect(await containerd.runtime.listContainers({ labels })).toEqual([]);
      expect(await containerd.runtime.listSandboxes({ labels })).toEqual([]);
      expect(await readFile("/proc/self/mountinfo", "utf8")).not.toContain(uid);
      expect(await readdir(join(containerd.directory, "kubelet/pods"))).not.toContain(uid);
    });

    it("run on while the kubelet and containerd start anew", async () => {
      await harness.run(named("steady", { containers: [app("exec sleep 1000")] }));
      const before = await harness.untilPod("steady", isRunning);
      await harness.restart();
      await containerd.restart();
      // A pod that comes now shows that both work again.
      await harness.run(named("after", { containers: [app("exec sleep 1000")] }));
      await harness.untilPod("after", isRunning);
      const after = await harness.untilPod("steady", isRunning);
      expect(after.status?.containerStatuses?.[0]).toMatchObject({
        restartCount: 0,
        containerID: before.status?.containerStatuses?.[0]?.containerID,
      });
    });
  },
);
