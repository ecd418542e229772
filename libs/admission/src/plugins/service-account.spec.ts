import type { Pod } from "@kubets/api/core/v1";
import { FakeClock } from "@kubets/service";
import { expect, test } from "vitest";
import { chainPlugins } from "../admission-chain.ts";
import { serviceAccounts } from "../admission-reader.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { pod, request, serviceAccount } from "../testing/requests.ts";
import { createServiceAccountPlugin } from "./service-account.ts";

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

function world() {
  const clock = new FakeClock();
  const reader = new MemoryReader().add(
    serviceAccounts,
    serviceAccount("default", { imagePullSecrets: [{ name: "pull" }] }),
    serviceAccount("no-token", { automountServiceAccountToken: false }),
    serviceAccount("strict", {
      metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
      secrets: [{ name: "listed" }],
      imagePullSecrets: [{ name: "listed-pull" }],
    }),
  );
  const chain = chainPlugins([
    createServiceAccountPlugin({ reader, clock, nameSuffix: () => "xxxxx" }),
  ]);
  const admit = async (given: Pod) => {
    const admitted = await chain.mutate(request("CREATE pods", { object: given }));
    await chain.validate(request("CREATE pods", { object: admitted }));
    return (admitted as Pod).spec;
  };
  return { clock, reader, chain, admit };
}

test("a pod without pull secrets gets those of its account", async () => {
  const { admit } = world();
  expect((await admit(pod()))?.imagePullSecrets).toEqual([{ name: "pull" }]);
  const own = await admit(pod({ imagePullSecrets: [{ name: "own" }] }));
  expect(own?.imagePullSecrets).toEqual([{ name: "own" }]);
});

test.each([
  ["the pod says no", { automountServiceAccountToken: false }, false],
  ["the account says no", { serviceAccountName: "no-token" }, false],
  [
    "the pod says yes and the account no",
    { serviceAccountName: "no-token", automountServiceAccountToken: true },
    true,
  ],
] as const)("when %s the token is mounted: %o → %s", async (_, spec, isMounted) => {
  const admitted = await world().admit(pod(spec));
  expect((admitted?.volumes ?? []).length > 0).toBe(isMounted);
  expect((admitted?.containers[0]?.volumeMounts ?? []).length > 0).toBe(isMounted);
});

test("init containers get the token too, and a container that mounts something there keeps it", async () => {
  const own = { name: "mine", mountPath: MOUNT_PATH };
  const admitted = await world().admit(
    pod({
      initContainers: [{ name: "i", image: "x" }],
      containers: [{ name: "c", image: "x", volumeMounts: [own] }],
      volumes: [{ name: "mine", emptyDir: {} }],
    }),
  );
  expect(admitted?.containers[0]?.volumeMounts).toEqual([own]);
  expect(admitted?.initContainers?.[0]?.volumeMounts).toEqual([
    { name: "kube-api-access-xxxxx", readOnly: true, mountPath: MOUNT_PATH },
  ]);
  expect(admitted?.volumes?.map(({ name }) => name)).toEqual(["mine", "kube-api-access-xxxxx"]);
});

test("a volume of that name is used again, and none is added when nobody needs it", async () => {
  const given = { name: "kube-api-access-other", emptyDir: {} };
  const reused = await world().admit(pod({ volumes: [given] }));
  expect(reused?.volumes).toEqual([given]);
  expect(reused?.containers[0]?.volumeMounts?.[0]?.name).toBe("kube-api-access-other");
  const own = { name: "mine", mountPath: MOUNT_PATH };
  const unneeded = await world().admit(
    pod({ containers: [{ name: "c", image: "x", volumeMounts: [own] }] }),
  );
  expect(unneeded?.volumes).toBeUndefined();
});

test("an account that is not there is refused with upstream's text", async () => {
  await expect(world().admit(pod({ serviceAccountName: "gone" }))).rejects.toMatchObject({
    code: 403,
    message:
      'pods "p" is forbidden: error looking up service account ns/gone: serviceaccount "gone" not found',
  });
});

test("a pod that is faster than its namespace's default account waits for it", async () => {
  const { admit, clock, reader } = world();
  const given = pod({}, { namespace: "new" });
  const late = admit(given);
  await clock.advance(350);
  const account = serviceAccount("default", { metadata: { namespace: "new" } });
  reader.add(serviceAccounts, account);
  await clock.advance(100);
  expect((await late)?.serviceAccountName).toBe("default");
  reader.remove(serviceAccounts, account);
  const never = expect(admit(given)).rejects.toMatchObject({ code: 403 });
  await clock.advance(900);
  await never;
});

test("a pod's name may not be made yet when it is refused", async () => {
  const given: Pod = pod({ serviceAccountName: "gone" });
  const { name: _, ...metadata } = given.metadata;
  const generated = { ...given, metadata: { ...metadata, generateName: "web-" } };
  await expect(world().admit(generated)).rejects.toMatchObject({
    message: expect.stringMatching(/^pods "web-" is forbidden: /),
  });
});

const mirror = { annotations: { "kubernetes.io/config.mirror": "hash" } };

test("a mirror pod is left as it is", async () => {
  const given = pod({}, mirror);
  expect(await world().admit(given)).toBe(given.spec);
});

test.each([
  [{ serviceAccountName: "default" }, "a mirror pod may not reference service accounts"],
  [
    { volumes: [{ name: "v", secret: { secretName: "s" } }] },
    "a mirror pod may not reference secrets",
  ],
  [
    {
      volumes: [
        { name: "v", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
      ],
    },
    "a mirror pod may not use ServiceAccountToken volume projections",
  ],
])("the mirror pod %j is refused", async (spec, text) => {
  await expect(world().admit(pod(spec, mirror))).rejects.toMatchObject({
    message: `pods "p" is forbidden: ${text}`,
  });
});

const env = (name: string) => [{ name: "E", valueFrom: { secretKeyRef: { name, key: "k" } } }];

test.each([
  [
    { volumes: [{ name: "v", secret: { secretName: "s" } }] },
    'volume with secret.secretName="s" is not allowed because service account strict does not reference that secret',
  ],
  [
    { containers: [{ name: "c", env: env("s") }] },
    'container c with envVar E referencing secret.secretName="s" is not allowed because service account strict does not reference that secret',
  ],
  [
    { initContainers: [{ name: "i", envFrom: [{ secretRef: { name: "s" } }] }] },
    'init container i with envFrom referencing secret.secretName="s" is not allowed because service account strict does not reference that secret',
  ],
  [
    { imagePullSecrets: [{ name: "s" }] },
    'imagePullSecrets[0].name="s" is not allowed because service account strict does not reference that imagePullSecret',
  ],
])("an account that lists its secrets refuses others: %j", async (spec, text) => {
  await expect(world().admit(pod({ serviceAccountName: "strict", ...spec }))).rejects.toMatchObject(
    { message: `pods "p" is forbidden: ${text}` },
  );
});

test("the secrets that an account lists are allowed", async () => {
  await expect(
    world().admit(
      pod({
        serviceAccountName: "strict",
        volumes: [{ name: "v", secret: { secretName: "listed" } }],
        containers: [{ name: "c", env: env("listed") }],
        imagePullSecrets: [{ name: "listed-pull" }],
      }),
    ),
  ).resolves.toBeDefined();
});

test("an ephemeral container is no way around the list", async () => {
  const { chain } = world();
  const object = pod({
    serviceAccountName: "strict",
    ephemeralContainers: [{ name: "e", env: env("s") }],
  });
  await expect(
    chain.validate(request("UPDATE pods/ephemeralcontainers", { object, oldObject: pod() })),
  ).rejects.toMatchObject({
    message:
      'pods "p" is forbidden: ephemeral container e with envVar E referencing secret.secretName="s" is not allowed because service account strict does not reference that secret',
  });
});
