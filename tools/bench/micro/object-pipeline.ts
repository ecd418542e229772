/**
 * What a create costs before it reaches the store: decode, default, drop, validate, warn, managed fields.
 *
 *     node tools/bench/micro/object-pipeline.ts
 */
import { type JsonObject, type KubeObject, parseJson, schemas, type TypeSchema } from "@kubets/api";
import { applyServerSide, recordUpdate } from "@kubets/patch";
import {
  applyDefaults,
  cloneJson,
  decodeStrict,
  dropDisabledFields,
  validateCreate,
  validateUpdate,
  warnOfWrite,
} from "@kubets/schema";
import { bench, group, run } from "mitata";

const configMap: JsonObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "config-1", namespace: "default", labels: { app: "web" } },
  data: { a: "1", b: "2", c: "x".repeat(200) },
};
const pod: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web-1",
    namespace: "default",
    labels: { app: "web", tier: "front" },
    annotations: { note: "bench" },
  },
  spec: {
    containers: [
      {
        name: "web",
        image: "nginx:latest",
        ports: [{ containerPort: 80, protocol: "TCP" }],
        env: [
          { name: "A", value: "b" },
          { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        resources: {
          requests: { cpu: "100m", memory: "128Mi" },
          limits: { cpu: "200m", memory: "256Mi" },
        },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
        livenessProbe: { httpGet: { path: "/", port: 80 } },
      },
    ],
    volumes: [{ name: "data", emptyDir: {} }],
    tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
    nodeSelector: { disk: "ssd" },
    terminationGracePeriodSeconds: 30,
  },
};

function typeOf(kind: string): TypeSchema {
  const type = schemas.kind("", "v1", kind);
  if (type === undefined) throw new TypeError(`no kind ${kind}`);
  return type;
}

function typed(type: TypeSchema, object: JsonObject): KubeObject {
  const draft: unknown = decodeStrict(type, cloneJson(object)).object;
  applyDefaults(draft as KubeObject);
  return draft as KubeObject;
}

for (const [kind, sample] of Object.entries({ ConfigMap: configMap, Pod: pod })) {
  const type = typeOf(kind);
  const bytes = Buffer.from(JSON.stringify(sample));
  const object = typed(type, sample);
  object.metadata.uid = "u";
  object.metadata.resourceVersion = "1";
  const write = { manager: "bench", apiVersion: "v1", subresource: "", nowMs: 0, type };
  object.metadata.managedFields = recordUpdate({ ...write, updated: object });
  const changed = typed(type, object as unknown as JsonObject);
  changed.metadata.labels = { app: "web", changed: "yes" };

  group(kind, () => {
    bench("parse", () => parseJson(bytes));
    // Decoding takes its input over, so each round needs its own; subtract the line above.
    bench("parse, decode", () => decodeStrict(type, parseJson(bytes)));
    bench("parse, decode, default", () => {
      const draft = decodeStrict(type, parseJson(bytes)).object;
      applyDefaults(draft);
      return draft;
    });
    bench("drop of a create", () => dropDisabledFields(object, undefined));
    bench("drop of an update", () => dropDisabledFields(changed, object));
    bench("validate a create", () => validateCreate(object));
    bench("validate an update", () => validateUpdate(changed, object, ""));
    bench("warn of a create", () => warnOfWrite(object, undefined, "", () => {}));
    bench("managed fields of a create", () => {
      const { managedFields: _, ...metadata } = object.metadata;
      return recordUpdate({ ...write, updated: { ...object, metadata } });
    });
    bench("managed fields of an update", () =>
      recordUpdate({ ...write, live: object, updated: changed }),
    );
    bench("apply", () => applyServerSide({ ...write, applied: sample, force: false }));
  });
}

await run();
