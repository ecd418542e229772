import type { KubeObject } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { FakeClock } from "@kubets/service";
import { expect, test } from "vitest";
import { chainPlugins } from "./admission-chain.ts";
import { namespaces, serviceAccounts } from "./admission-reader.ts";
import { createAdmissionChain, enabledPlugins } from "./create-admission-chain.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { MemoryReader } from "./testing/memory-reader.ts";
import { namespace, pod, request, serviceAccount } from "./testing/requests.ts";

const allowAll = { name: "all", authorize: () => ({ verdict: "allow", reason: "" }) as const };

test("the defaults run in upstream's order and flags change them", () => {
  const names = enabledPlugins([], []);
  expect(names.slice(0, 1)).toEqual(["NamespaceLifecycle"]);
  expect(names).not.toContain("NodeRestriction");
  const changed = enabledPlugins(["NodeRestriction"], ["Priority"]);
  expect(changed).not.toContain("Priority");
  expect(changed.indexOf("NodeRestriction")).toBe(changed.indexOf("ServiceAccount") + 1);
});

test.each([
  [["Nope"], [], 'enable-admission-plugins plugin "Nope" is unknown'],
  [[], ["Nope"], 'disable-admission-plugins plugin "Nope" is unknown'],
  [
    ["Priority"],
    ["Priority"],
    "[Priority] in enable-admission-plugins and disable-admission-plugins overlapped",
  ],
  [
    ["ImagePolicyWebhook"],
    [],
    "enable-admission-plugins: this server does not have ImagePolicyWebhook",
  ],
])("enabling %j and disabling %j is refused", (enable, disable, text) => {
  expect(() => enabledPlugins(enable, disable)).toThrow(text);
});

test("a pod goes through the default chain and comes out as upstream stores it", async () => {
  const chain = createAdmissionChain({
    reader: new MemoryReader()
      .add(namespaces, namespace("ns"))
      .add(serviceAccounts, serviceAccount("default")),
    authorizer: allowAll,
    quotaWriter: { writeStatus: async (quota) => quota },
    clock: new FakeClock(),
    nameSuffix: () => "abcde",
  });
  const given = pod();
  const before = JSON.stringify(given);
  const asked = request("CREATE pods", { object: given });
  const admitted = await chain.mutate(asked);
  expect((admitted as Pod).spec).toEqual({
    serviceAccountName: "default",
    serviceAccount: "default",
    priority: 0,
    preemptionPolicy: "PreemptLowerPriority",
    tolerations: [
      {
        key: "node.kubernetes.io/not-ready",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      },
      {
        key: "node.kubernetes.io/unreachable",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      },
    ],
    containers: [
      {
        name: "c",
        image: "nginx",
        volumeMounts: [
          {
            name: "kube-api-access-abcde",
            readOnly: true,
            mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
          },
        ],
      },
    ],
    volumes: [
      {
        name: "kube-api-access-abcde",
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3_607, path: "token" } },
            { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
            {
              downwardAPI: {
                items: [
                  {
                    path: "namespace",
                    fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
                  },
                ],
              },
            },
          ],
        },
      },
    ],
  });
  await chain.validate({ ...asked, object: admitted });
  expect(JSON.stringify(given)).toBe(before);
});

test("each plugin sees what the ones before it made, and the request's own methods still work", async () => {
  const label = (name: string): AdmissionPlugin => ({
    name,
    handles: (operation) => operation === "CREATE",
    mutate: async ({ object, user, warn }) => {
      expect(user.name).toBe("ann");
      void warn;
      if (object === undefined) return undefined;
      const labels = {
        ...object.metadata.labels,
        [name]: String(Object.keys(object.metadata.labels ?? {}).length),
      };
      return { ...object, metadata: { ...object.metadata, labels } };
    },
  });
  const seen: (KubeObject | undefined)[] = [];
  const chain = chainPlugins([
    label("a"),
    { name: "keep", handles: () => true, mutate: (asked) => void asked.warn("careful") },
    label("b"),
    { name: "see", handles: () => true, validate: ({ object }) => void seen.push(object) },
  ]);
  const warnings: string[] = [];
  const asked = request("CREATE pods", { object: pod(), warnings });
  const admitted = await chain.mutate(asked);
  expect(admitted?.metadata.labels).toEqual({ a: "0", b: "1" });
  expect(warnings).toEqual(["careful"]);
  await chain.validate({ ...asked, object: admitted });
  expect(seen).toEqual([admitted]);
});

test("plugins that do not concern a request are not asked", async () => {
  const chain = chainPlugins([
    {
      name: "never",
      handles: (_, { resource }) => resource === "secrets",
      mutate: () => {
        throw new Error("asked");
      },
      validate: () => {
        throw new Error("asked");
      },
    },
  ]);
  const object = pod();
  expect(await chain.mutate(request("CREATE pods", { object }))).toBe(object);
  await expect(chain.validate(request("CREATE pods", { object }))).resolves.toBeUndefined();
  await expect(chain.mutate(request("CREATE secrets", { object }))).rejects.toThrow("asked");
});
