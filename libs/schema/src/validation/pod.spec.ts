import type { JsonObject } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { created, pod, updated } from "../testing/causes.ts";

const container = (fields: JsonObject) =>
  pod({ containers: [{ name: "c", image: "i", ...fields }] });
const DNS_LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

test("a minimal pod is valid", () => {
  expect(created(pod())).toEqual([]);
});

describe("containers", () => {
  test("there is at least one", () => {
    expect(created(pod({ containers: [] }))).toEqual(["spec.containers: Required value"]);
  });

  test("have a name of their own and an image", () => {
    const spec = {
      containers: [
        { name: "c", image: "i" },
        { name: "c", image: "i" },
        { name: "", image: "" },
      ],
    };
    expect(created(pod(spec))).toEqual([
      'spec.containers[1].name: Duplicate value: "c"',
      "spec.containers[2].name: Required value",
      "spec.containers[2].image: Required value",
    ]);
    expect(created(container({ name: "C_x" }))).toEqual([
      `spec.containers[0].name: Invalid value: "C_x": ${DNS_LABEL}`,
    ]);
  });

  test("have ports within range, named once", () => {
    const ports = [
      { containerPort: 0 },
      { containerPort: 70_000, name: "x--y" },
      { containerPort: 1, name: "web", protocol: "FOO" },
      { containerPort: 2, name: "web" },
    ];
    expect(created(container({ ports }))).toEqual([
      "spec.containers[0].ports[0].containerPort: Required value",
      'spec.containers[0].ports[1].name: Invalid value: "x--y": must not contain consecutive hyphens',
      "spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      'spec.containers[0].ports[2].protocol: Unsupported value: "FOO": supported values: "SCTP", "TCP", "UDP"',
      'spec.containers[0].ports[3].name: Duplicate value: "web"',
    ]);
  });

  test("take environment from one place each", () => {
    const env = [
      { name: "" },
      { name: "A", value: "b", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "B", valueFrom: {} },
      { name: "C", valueFrom: { fieldRef: { fieldPath: "spec.foo" } } },
    ];
    expect(created(container({ env }))).toEqual([
      "spec.containers[0].env[0].name: Required value",
      'spec.containers[0].env[1].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].env[2].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      'spec.containers[0].env[3].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo',
    ]);
  });

  test("request no more than their limit, of resources that exist", () => {
    const resources = { limits: { cpu: "1", memory: "-1", foo: "1" }, requests: { cpu: "2" } };
    expect(created(container({ resources }))).toEqual([
      'spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
      'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ]);
  });

  test("mount volumes that there are, each place once", () => {
    const spec = {
      containers: [
        {
          name: "c",
          image: "i",
          volumeMounts: [
            { name: "v", mountPath: "/a" },
            { name: "w", mountPath: "/b" },
            { name: "v", mountPath: "/a" },
            { name: "v", mountPath: "" },
          ],
        },
      ],
      volumes: [{ name: "v", emptyDir: {} }],
    };
    expect(created(pod(spec))).toEqual([
      'spec.containers[0].volumeMounts[1].name: Not found: "w"',
      'spec.containers[0].volumeMounts[2].mountPath: Invalid value: "/a": must be unique',
      "spec.containers[0].volumeMounts[3].mountPath: Required value",
    ]);
  });

  test("are probed in one way", () => {
    const livenessProbe = { httpGet: { port: 80 }, tcpSocket: { port: 80 }, periodSeconds: -1 };
    expect(created(container({ livenessProbe, readinessProbe: {} }))).toEqual([
      "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
      "spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.containers[0].readinessProbe: Required value: must specify a handler type",
    ]);
  });

  test("do not deny escalation when they are privileged", () => {
    const securityContext = { privileged: true, allowPrivilegeEscalation: false, runAsUser: -1 };
    expect(created(container({ securityContext }))).toEqual([
      "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
      'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false,"runAsUser":-1}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ]);
  });
});

describe("volumes", () => {
  test("have one source and a name of their own", () => {
    const volumes = [
      { name: "v", hostPath: { path: "/" }, emptyDir: {} },
      { name: "v", secret: {} },
      { name: "w", emptyDir: {} },
      { name: "w", emptyDir: {} },
      { name: "V", configMap: { name: "x", items: [{ key: "", path: "../a" }] } },
    ];
    expect(created(pod({ volumes }))).toEqual([
      "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
      "spec.volumes[1].secret.secretName: Required value",
      'spec.volumes[3].name: Duplicate value: "w"',
      "spec.volumes[4].configMap.items[0].key: Required value",
      "spec.volumes[4].configMap.items[0].path: Invalid value: \"../a\": must not contain '..'",
      `spec.volumes[4].name: Invalid value: "V": ${DNS_LABEL}`,
    ]);
  });
});

describe("scheduling", () => {
  test("tolerations that exist have no value", () => {
    const tolerations = [
      { key: "a", operator: "Exists", value: "b" },
      { operator: "Equal", value: "b" },
      { key: "a", effect: "Bad" },
    ];
    expect(created(pod({ tolerations }))).toEqual([
      "spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'",
      'spec.tolerations[1].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      'spec.tolerations[2].effect: Unsupported value: "Bad": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ]);
  });

  test("required node affinity has terms", () => {
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
    };
    expect(created(pod({ affinity }))).toEqual([
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
    ]);
  });
});

test("policies are those that there are", () => {
  expect(created(pod({ restartPolicy: "Sometimes", dnsPolicy: "Mine" }))).toEqual([
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    'spec.dnsPolicy: Unsupported value: "Mine": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
  ]);
});

describe("an update of a pod", () => {
  const MAY_NOT =
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

  test("may change images, add tolerations and shorten the deadline", () => {
    const old = pod({ activeDeadlineSeconds: 10, tolerations: [{ key: "a", operator: "Exists" }] });
    const next = pod({
      containers: [{ name: "c", image: "other", imagePullPolicy: "Always" }],
      activeDeadlineSeconds: 5,
      tolerations: [
        { key: "a", operator: "Exists" },
        { key: "b", operator: "Exists" },
      ],
    });
    expect(updated(next, old)).toEqual([]);
  });

  test("may change nothing else", () => {
    const old = pod({ nodeName: "a" });
    for (const spec of [
      { nodeName: "b" },
      { nodeName: "a", containers: [{ name: "c", image: "i", command: ["x"] }] },
      { nodeName: "a", nodeSelector: { a: "b" } },
      { nodeName: "a", restartPolicy: "Never" },
    ]) {
      const [cause, ...more] = updated(pod(spec), old);
      expect(more).toEqual([]);
      expect(cause).toContain(`spec: Forbidden: ${MAY_NOT}`);
    }
  });

  test("is told of changes of numbers beyond 2^53", () => {
    const withUser = (runAsUser: bigint) =>
      pod({ securityContext: { runAsUser } as unknown as JsonObject });
    const [cause] = updated(withUser(2n ** 62n), withUser(2n ** 61n)).slice(-1);
    expect(cause).toContain("+ securityContext.runAsUser: 4611686018427387904");
  });

  test("adds and removes no containers", () => {
    const two = pod({
      containers: [
        { name: "c", image: "i" },
        { name: "d", image: "i" },
      ],
    });
    expect(updated(two, pod())).toEqual([
      "spec.containers: Forbidden: pod updates may not add or remove containers",
    ]);
  });

  test("keeps its tolerations", () => {
    const old = pod({ tolerations: [{ key: "a", operator: "Exists" }] });
    const [cause] = updated(pod({ tolerations: [] }), old);
    expect(cause).toContain("existing toleration can not be modified except its tolerationSeconds");
  });
});

describe("a new pod", () => {
  test("has one source for each volume, the first in upstream's order", () => {
    const volumes = [
      { name: "a", quobyte: {}, flexVolume: {} },
      { name: "b", gcePersistentDisk: {}, cephfs: {} },
      { name: "c", azureDisk: { kind: "Managed", diskName: "d", diskURI: "https://x" } },
    ];
    expect(created(pod({ volumes }))).toEqual([
      "spec.volumes[0].quobyte.registry: Required value: must be a host:port pair or multiple pairs separated by commas",
      "spec.volumes[0].quobyte.volume: Required value",
      "spec.volumes[0].flexVolume: Forbidden: may not specify more than 1 volume type",
      "spec.volumes[1].persistentDisk.pdName: Required value",
      "spec.volumes[1].cephFS: Forbidden: may not specify more than 1 volume type",
      'spec.volumes[2].azureDisk.diskURI: Unsupported value: "https://x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
    ]);
  });

  test("sets no kernel parameters of namespaces that are the host's", () => {
    const sysctls = ["kernel.shm_rmid_forced", "net/ipv4/tcp_syncookies", "kernel.semantics"];
    const securityContext = { sysctls: sysctls.map((name) => ({ name, value: "1" })) };
    expect(created(pod({ securityContext, hostIPC: true, hostNetwork: true }))).toEqual([
      "spec.securityContext.sysctls[0].name: Invalid value: \"kernel.shm_rmid_forced\": may not be specified when 'hostIPC' is true",
      "spec.securityContext.sysctls[1].name: Invalid value: \"net/ipv4/tcp_syncookies\": may not be specified when 'hostNetwork' is true",
    ]);
  });

  test("reads variables from files of an emptyDir that it has", () => {
    const env = (volumeName: string) => ({
      name: "V",
      valueFrom: { fileKeyRef: { key: "K", path: "p", volumeName } },
    });
    const spec = {
      containers: [{ name: "c", image: "i", env: [env("files"), env("host"), env("none")] }],
      volumes: [
        { name: "files", emptyDir: {} },
        { name: "host", hostPath: { path: "/p" } },
      ],
    };
    const at = "spec.containers[0].env";
    expect(created(pod(spec))).toEqual([
      `${at}[1].valueFrom.fileKeyRef.volumeName: Invalid value: "host": referenced volume must be of type emptyDir`,
      `${at}[2].valueFrom.fileKeyRef.volumeName: Not found: "none"`,
    ]);
  });

  test("is told of the first of two equal topology constraints", () => {
    const constraint = { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" };
    const topologySpreadConstraints = [constraint, { ...constraint, topologyKey: "z" }, constraint];
    expect(created(pod({ topologySpreadConstraints }))).toEqual([
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
    ]);
  });
});
