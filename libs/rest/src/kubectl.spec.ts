/** What real clients see. kubectl's part is skipped, saying so, where there is no kubectl. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig, Watch } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;
let server: TestServer;
let folder: string;
let kubeconfig: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), "kubets-rest-"));
  kubeconfig = join(folder, "kubeconfig");
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const user = {
    "client-certificate-data": base64(server.client.certificate),
    "client-key-data": base64(server.client.key),
  };
  const cluster = {
    server: server.url,
    "certificate-authority-data": base64(server.ca.certificate),
  };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster }],
      users: [{ name: "tester", user }],
      contexts: [{ name: "test", context: { cluster: "test", user: "tester" } }],
      "current-context": "test",
    }),
  );
  await createDefaultNamespace();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** The namespace that everything below is in. */
async function createDefaultNamespace(): Promise<void> {
  await api().createNamespace({ body: { metadata: { name: "default" } } });
}

function config(): KubeConfig {
  const loaded = new KubeConfig();
  loaded.loadFromFile(kubeconfig);
  return loaded;
}

function api(): CoreV1Api {
  return config().makeApiClient(CoreV1Api);
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function kubectl(args: readonly string[], input = ""): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      "kubectl",
      [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(folder, "cache")}`, ...args],
      { encoding: "utf8" },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

describe.skipIf(!hasKubectl)("kubectl", () => {
  const manifest = [
    "apiVersion: v1",
    "kind: Pod",
    "metadata:",
    "  name: mypod",
    "spec:",
    "  containers:",
    "  - name: mycontainer",
    "    image: nginx:latest",
    "    ports:",
    "    - containerPort: 80",
  ].join("\n");

  test("creates, shows, explains and deletes a pod", async () => {
    const created = await kubectl(["create", "-f", "-"], manifest);
    expect(created.stdout).toBe("pod/mypod created\n");
    const shown = await kubectl(["get", "pod", "-o", "wide"]);
    expect(shown.stdout.split("\n")[0]?.split(/ {2,}/)).toEqual([
      "NAME",
      "READY",
      "STATUS",
      "RESTARTS",
      "AGE",
      "IP",
      "NODE",
      "NOMINATED NODE",
      "READINESS GATES",
    ]);
    expect(shown.stdout).toMatch(/mypod +0\/1 +Pending +0 +\d+s +<none>/);
    const described = await kubectl(["describe", "pod", "mypod"]);
    expect(described.stdout).toContain("QoS Class:        BestEffort");
    const explained = await kubectl(["explain", "pod.spec.containers.image"]);
    expect(explained.stdout).toContain("FIELD: image <string>");
    const again = await kubectl(["create", "-f", "-"], manifest);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('pods "mypod" already exists');
    const deleted = await kubectl(["delete", "pod", "mypod", "--wait=false"]);
    expect(deleted.stdout).toMatch(/^pod "mypod" deleted/);
  });

  test("is told of fields that do not exist", async () => {
    const wrong = manifest.replace("spec:", "spec:\n  replicas: 1").replace("mypod", "wrong");
    const refused = await kubectl(["create", "-f", "-"], wrong);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('unknown field "spec.replicas"');
  });

  test("applies, patches and labels", async () => {
    const config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: '1'\n";
    expect((await kubectl(["apply", "-f", "-"], config)).stdout).toBe(
      "configmap/applied created\n",
    );
    expect((await kubectl(["apply", "-f", "-"], config)).stdout).toBe(
      "configmap/applied unchanged\n",
    );
    const changed = config.replace("'1'", "'2'");
    expect((await kubectl(["apply", "-f", "-"], changed)).stdout).toBe(
      "configmap/applied configured\n",
    );
    const labelled = await kubectl(["label", "configmap", "applied", "k=v"]);
    expect(labelled.stdout).toBe("configmap/applied labeled\n");
    const shown = await kubectl([
      "get",
      "configmap",
      "applied",
      "-o",
      "jsonpath={.data.a}{.metadata.labels.k}",
    ]);
    expect(shown.stdout).toBe("2v");
  });

  test("posts typed objects as protobuf", async () => {
    const made = await kubectl(["create", "deployment", "web", "--image=nginx", "--replicas=2"]);
    expect(made.stdout).toBe("deployment.apps/web created\n");
    const shown = await kubectl(["get", "deployment", "web"]);
    expect(shown.stdout).toMatch(/web +0\/2 +0 +0/);
  });

  test("sees every group", async () => {
    const resources = await kubectl(["api-resources", "-o", "name"]);
    expect(resources.stdout.split("\n")).toEqual(
      expect.arrayContaining(["pods", "deployments.apps", "leases.coordination.k8s.io"]),
    );
  });
});

describe("@kubernetes/client-node", () => {
  test("creates, lists and watches", async () => {
    const core = api();
    await core.createNamespacedConfigMap({
      namespace: "default",
      body: { metadata: { name: "from-node" }, data: { a: "1" } },
    });
    const list = await core.listNamespacedConfigMap({ namespace: "default" });
    const found = list.items.find((item) => item.metadata?.name === "from-node");
    expect(found?.data).toEqual({ a: "1" });
    let started: { abort(): void } | undefined;
    const seen = await new Promise<string>((resolve, reject) => {
      const path = "/api/v1/namespaces/default/configmaps";
      const query = { fieldSelector: "metadata.name=from-node" };
      new Watch(config()).watch(path, query, resolve, reject).then((request) => {
        started = request;
      }, reject);
    });
    started?.abort();
    expect(seen).toBe("ADDED");
    await expect(
      core.readNamespacedConfigMap({ namespace: "default", name: "missing" }),
    ).rejects.toMatchObject({ code: 404 });
  });
});
