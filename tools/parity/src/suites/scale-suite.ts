/** The scale subresource of everything that has one. */
import type { Exchange, JsonMap, Suite } from "../exchange.ts";
import * as workloads from "../objects/workloads.ts";

const kinds: readonly (readonly [string, string, JsonMap])[] = [
  ["/apis/apps/v1", "deployments", workloads.deployment],
  ["/apis/apps/v1", "replicasets", workloads.replicaSet],
  ["/apis/apps/v1", "statefulsets", workloads.statefulSet],
  ["/api/v1", "replicationcontrollers", workloads.replicationController],
];

const scale = (name: string, spec: JsonMap, more: JsonMap = {}): JsonMap => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name, namespace: "{ns}" },
  spec,
  ...more,
});

function exchangesOf(root: string, resource: string, object: JsonMap): Exchange[] {
  const collection = `${root}/namespaces/{ns}/${resource}`;
  const name = String((object.metadata as JsonMap).name);
  const at = `${collection}/${name}/scale`;
  const put = (body: JsonMap): Exchange => ({ do: `PUT ${at}`, body });
  return [
    { do: `POST ${collection}`, body: object, quiet: true },
    { do: `GET ${at}` },
    { do: `GET ${collection}/missing/scale` },
    { do: `GET ${at}`, accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    put(scale(name, { replicas: 7 })),
    put(scale(name, { replicas: 0 })),
    put(scale(name, {})),
    put(scale(name, { replicas: -1 })),
    put(scale("other", { replicas: 1 })),
    put({ ...scale(name, { replicas: 1 }), apiVersion: "apps/v1" }),
    put({ ...scale(name, { replicas: 1 }), kind: "Deployment" }),
    put(scale(name, { replicas: "many" })),
    put(scale(name, { replicas: 2 }, { unknown: 1 })),
    put(scale(name, { replicas: 2 }, { status: { replicas: 9, selector: "x=y" } })),
    put({ ...scale(name, { replicas: 2 }), metadata: { name, resourceVersion: "1" } }),
    put({ ...scale(name, { replicas: 2 }), metadata: { name, uid: "other" } }),
    put({ ...scale(name, { replicas: 2 }), metadata: { name, namespace: "elsewhere" } }),
    { do: `PUT ${at}?dryRun=All`, body: scale(name, { replicas: 9 }) },
    { do: `GET ${at}` },
    { do: `PATCH ${at}`, patch: "merge", body: { spec: { replicas: 4 } } },
    { do: `PATCH ${at}`, patch: "strategic", body: { spec: { replicas: 5 } } },
    {
      do: `PATCH ${at}`,
      patch: "json",
      body: [{ op: "replace", path: "/spec/replicas", value: 6 }],
    },
    { do: `PATCH ${at}`, patch: "json", body: [{ op: "test", path: "/spec/replicas", value: 1 }] },
    { do: `PATCH ${at}`, patch: "merge", body: { spec: { replicas: -4 } } },
    { do: `PATCH ${at}?fieldManager=a`, patch: "apply", body: scale(name, { replicas: 3 }) },
    { do: `PATCH ${at}?fieldManager=b`, patch: "apply", body: scale(name, { replicas: 8 }) },
    {
      do: `PATCH ${at}?fieldManager=b&force=true`,
      patch: "apply",
      body: scale(name, { replicas: 8 }),
    },
    { do: `GET ${collection}/${name}` },
    { do: `DELETE ${at}` },
    { do: `POST ${at}`, body: scale(name, { replicas: 1 }) },
  ];
}

export const scaleSuite: Suite = {
  name: "scale",
  objects: {},
  exchanges: kinds.flatMap(([root, resource, object]) => exchangesOf(root, resource, object)),
};
