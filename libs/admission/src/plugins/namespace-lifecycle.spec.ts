import { FakeClock } from "@kubets/service";
import { expect, test } from "vitest";
import { chainPlugins } from "../admission-chain.ts";
import { namespaces } from "../admission-reader.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { named, namespace, pod, request } from "../testing/requests.ts";
import { createNamespaceLifecycle } from "./namespace-lifecycle.ts";

function world() {
  const clock = new FakeClock();
  const reader = new MemoryReader().add(
    namespaces,
    namespace("ns"),
    namespace("going", { status: { phase: "Terminating" } }),
  );
  return { clock, reader, chain: chainPlugins([createNamespaceLifecycle({ reader, clock })]) };
}

test.each([
  ["CREATE pods", "ns"],
  ["UPDATE pods", "going"],
  ["DELETE pods", "going"],
  ["DELETE pods", "missing"],
  ["CREATE localsubjectaccessreviews.authorization.k8s.io", "missing"],
])("%s in %s is admitted", async (what, ns) => {
  const object = pod({}, { namespace: ns });
  await expect(world().chain.mutate(request(what, { object }))).resolves.toBe(object);
});

test("nothing new is made in a namespace that is going away", async () => {
  const object = pod({}, { namespace: "going" });
  await expect(world().chain.mutate(request("CREATE pods", { object }))).rejects.toMatchObject({
    status: {
      code: 403,
      reason: "Forbidden",
      message:
        'pods "p" is forbidden: unable to create new content in namespace going because it is being terminated',
      details: {
        name: "p",
        kind: "pods",
        causes: [
          {
            reason: "NamespaceTerminating",
            message: "namespace going is being terminated",
            field: "metadata.namespace",
          },
        ],
      },
    },
  });
});

test("a namespace that is not there is looked for once more before the answer is 404", async () => {
  const { chain, clock, reader } = world();
  const object = pod({}, { namespace: "late" });
  const missing = expect(chain.mutate(request("CREATE pods", { object }))).rejects.toMatchObject({
    status: { code: 404, message: 'namespaces "late" not found' },
  });
  await clock.advance(50);
  await missing;
  const late = chain.mutate(request("CREATE pods", { object }));
  await clock.advance(10);
  reader.addFresh(namespaces, namespace("late"));
  await clock.advance(40);
  await expect(late).resolves.toBe(object);
});

test("behind a deletion the namespace is looked up where it cannot be missed", async () => {
  const { chain, clock, reader } = world();
  await chain.mutate(request("DELETE namespaces", { name: "ns" }));
  reader.addFresh(namespaces, namespace("ns", { status: { phase: "Terminating" } }));
  const create = () => chain.mutate(request("CREATE pods", { object: pod() }));
  await expect(create()).rejects.toMatchObject({ code: 403 });
  await clock.advance(30_001);
  await expect(create()).resolves.toBeDefined();
});

test.each(["default", "kube-system", "kube-public"])("%s may not be deleted", async (name) => {
  await expect(world().chain.mutate(request("DELETE namespaces", { name }))).rejects.toMatchObject({
    code: 403,
    message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
  });
});

test("cluster-scoped objects need no namespace", async () => {
  const object = named("v1", "Node", "n1");
  await expect(world().chain.mutate(request("CREATE nodes", { object }))).resolves.toBe(object);
});
