/**
 * Objects as large as a request may be, made to be slow: no work grows with the square of a list. What is linear takes
 * some tens of milliseconds here, what is not takes many seconds.
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { expect, test } from "vitest";
import {
  applyDefaults,
  cloneJson,
  dropDisabledFields,
  validateCreate,
  validateUpdate,
  warnOfWrite,
} from "./index.ts";
import { pod } from "./testing/causes.ts";

const COUNT = 20_000;
/** Of processor time, which a busy machine does not change. */
const LIMIT_MS = 5_000;
const times = (make: (i: number) => JsonValue): JsonValue[] =>
  Array.from({ length: COUNT }, (_, i) => make(i));
const container = (fields: JsonObject): JsonObject => ({ name: "c", image: "i", ...fields });
const withContainer = (fields: JsonObject, spec: JsonObject = {}): JsonObject =>
  pod({ containers: [container(fields)], ...spec });

test.each<[string, JsonObject]>([
  [
    "owners that all control",
    pod(
      {},
      {
        ownerReferences: times((i) => ({
          apiVersion: "v1",
          kind: "K",
          name: `n${i}`,
          uid: "u",
          controller: true,
        })),
      },
    ),
  ],
  [
    "ports that are one",
    withContainer({ ports: times(() => ({ containerPort: 1, hostPort: 1, protocol: "TCP" })) }),
  ],
  [
    "ports of one container port",
    withContainer({ ports: times((i) => ({ containerPort: 1, hostPort: i, protocol: "TCP" })) }),
  ],
  [
    "files of one path",
    pod({
      volumes: [{ name: "v", secret: { items: times(() => ({ key: "k", path: "p" })) } }],
    }),
  ],
  [
    "files in one folder each",
    pod({
      volumes: [{ name: "v", secret: { items: times((i) => ({ key: "k", path: `${i}/a` })) } }],
    }),
  ],
  ["tolerations", pod({ tolerations: times((i) => ({ key: `k${i}`, operator: "Exists" })) })],
  [
    "sidecars with resources of their own",
    pod({
      resources: { limits: { cpu: "1" } },
      initContainers: times((i) =>
        container({
          name: `c${i}`,
          restartPolicy: "Always",
          resources: { requests: { [`a.b/${i}`]: "1" }, limits: { [`a.b/${i}`]: "1" } },
        }),
      ),
    }),
  ],
  [
    "variables from as many files",
    withContainer(
      {
        env: times((i) => ({
          name: `E${i}`,
          valueFrom: { fileKeyRef: { key: "k", path: "p", volumeName: `v${i}` } },
        })),
      },
      { volumes: times((i) => ({ name: `v${i}`, emptyDir: {} })) },
    ),
  ],
  [
    "claims that a container names",
    withContainer(
      { resources: { claims: times((i) => ({ name: `c${i}` })) } },
      { resourceClaims: times((i) => ({ name: `c${i}`, resourceClaimName: "x" })) },
    ),
  ],
  [
    "topology constraints",
    pod({ topologySpreadConstraints: times((i) => ({ maxSkew: 1, topologyKey: `t${i}` })) }),
  ],
])("%s are looked at in time that grows with their number only", (_what, object) => {
  const copy = cloneJson(object) as never;
  const old = cloneJson(object) as never;
  const texts: string[] = [];
  const began = process.cpuUsage();
  applyDefaults(copy);
  dropDisabledFields(copy, old);
  const causes = [...validateCreate(copy), ...validateUpdate(copy, old, "")];
  warnOfWrite(copy, undefined, "", (text) => texts.push(text));
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1_000).toBeLessThan(LIMIT_MS);
  // What is told of it stays short as well.
  const length = [...causes.map(({ message = "" }) => message), ...texts].join("").length;
  expect(length).toBeLessThan(16 * 1024 * 1024);
});
