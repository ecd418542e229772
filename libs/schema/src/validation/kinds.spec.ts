import type { JsonObject } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { created, object, updated } from "../testing/causes.ts";

const TEMPLATE = {
  metadata: { labels: { a: "b" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};
const SELECTOR = { matchLabels: { a: "b" } };

describe("config maps and secrets", () => {
  test("have keys that are file names, in one of the two maps", () => {
    const configMap = object("v1", "ConfigMap", {
      data: { "..": "1", "a b": "" },
      binaryData: { "..": "" },
    });
    expect(created(configMap)).toEqual([
      "data[..]: Invalid value: \"..\": must not be '..'",
      'data[..]: Invalid value: "..": duplicate of key present in binaryData',
      "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      "binaryData[..]: Invalid value: \"..\": must not be '..'",
    ]);
  });

  test("hold up to a mebibyte", () => {
    const mebibyte = "x".repeat(1_048_576);
    expect(created(object("v1", "ConfigMap", { data: { a: mebibyte } }))).toEqual([]);
    expect(created(object("v1", "ConfigMap", { data: { a: mebibyte, b: "y" } }))).toEqual(
      ["[]: Too long: may not be more than 1048576 bytes"].map((line) => line.replace("[]", "")),
    );
  });

  test("stay as they are once they are immutable", () => {
    const old = object("v1", "ConfigMap", { data: { a: "b" }, immutable: true });
    expect(updated(object("v1", "ConfigMap", { data: { a: "c" } }), old)).toEqual([
      "immutable: Forbidden: field is immutable when `immutable` is set",
      "data: Forbidden: field is immutable when `immutable` is set",
    ]);
    expect(updated(old, old)).toEqual([]);
  });

  test("a secret has what its type asks for, and keeps its type", () => {
    expect(created(object("v1", "Secret", { type: "kubernetes.io/tls" }))).toEqual([
      "data[tls.crt]: Required value",
      "data[tls.key]: Required value",
    ]);
    const old = object("v1", "Secret", { type: "a" });
    expect(updated(object("v1", "Secret", { type: "b" }), old)).toEqual([
      'type: Invalid value: "b": field is immutable',
    ]);
  });
});

describe("services", () => {
  const service = (spec: JsonObject) => object("v1", "Service", { spec });

  test("have ports, named when there are several", () => {
    expect(created(service({ selector: { a: "b" } }))).toEqual(["spec.ports: Required value"]);
    expect(created(service({ ports: [{ port: 80 }, { port: 81 }] }))).toEqual([
      "spec.ports[0].name: Required value",
      "spec.ports[1].name: Required value",
    ]);
    expect(created(service({ ports: [{ port: 0, protocol: "X" }] }))).toContain(
      "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    );
  });

  test("have a type that there is", () => {
    expect(created(service({ type: "Foo", ports: [{ port: 1 }] }))).toEqual([
      'spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ]);
  });

  test("keep their address", () => {
    const spec = { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ports: [{ port: 80 }] };
    const other = { clusterIP: "10.0.0.2", clusterIPs: ["10.0.0.2"], ports: [{ port: 80 }] };
    expect(updated(service(other), service(spec))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
    ]);
  });
});

describe("nodes", () => {
  const node = (fields: JsonObject) => object("v1", "Node", { metadata: { name: "n" }, ...fields });

  test("have taints with a key and an effect, each once", () => {
    const taint = { key: "a", effect: "NoSchedule" };
    expect(created(node({ spec: { taints: [taint, taint, { key: "", effect: "X" }] } }))).toEqual([
      'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
      'metadata.taints[2].key: Invalid value: "": name part must be non-empty',
      "metadata.taints[2].key: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'metadata.taints[2].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ]);
  });

  test("keep their provider and their pod ranges", () => {
    const old = node({ spec: { podCIDR: "10.0.0.0/24", providerID: "a" } });
    const next = node({ spec: { podCIDR: "10.0.1.0/24", providerID: "b" } });
    expect(updated(next, old)).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ]);
  });
});

test("a lease lasts some time", () => {
  const lease = object("coordination.k8s.io/v1", "Lease", {
    spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
  });
  expect(created(lease)).toEqual([
    "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
    "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
  ]);
});

test("what an event of the newer API says stays, and is shown as Go has it", () => {
  const event = (related: JsonObject) =>
    object("events.k8s.io/v1", "Event", {
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "c",
      reportingInstance: "i",
      action: "a",
      reason: "r",
      regarding: { kind: "Pod", namespace: "default" },
      related,
    });
  expect(updated(event({ kind: "Node", name: "n" }), event({ kind: "Node", name: "o" }))).toEqual([
    'related: Invalid value: {"Kind":"Node","Namespace":"","Name":"n","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
  ]);
});

describe("rights", () => {
  const role = (kind: string, rule: JsonObject) =>
    object("rbac.authorization.k8s.io/v1", kind, {
      metadata: { name: "n", ...(kind === "Role" ? { namespace: "ns" } : {}) },
      rules: [rule],
    });

  test("for paths are of the whole cluster and do not mix with resources", () => {
    const rule = { verbs: ["get"], nonResourceURLs: ["/a"], resources: ["pods"] };
    const mixed =
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs';
    expect(created(role("Role", rule))).toEqual([
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs',
      mixed,
    ]);
    expect(created(role("ClusterRole", rule))).toEqual([mixed]);
    expect(created(role("ClusterRole", {}))).toEqual([
      "rules[0].verbs: Required value: verbs must contain at least one value",
      "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
      "rules[0].resources: Required value: resource rules must supply at least one resource",
    ]);
  });

  test("are bound to a role that stays, for subjects that there are", () => {
    const binding = (name: string, subjects: JsonObject[]) =>
      object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", {
        metadata: { name: "n" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
        subjects,
      });
    const subjects = [{ kind: "ServiceAccount", name: "Bad", apiGroup: "x" }, { kind: "Robot" }];
    expect(updated(binding("a", subjects), binding("b", []))).toEqual([
      expect.stringContaining('subjects[0].name: Invalid value: "Bad": a lowercase RFC 1123'),
      'subjects[0].apiGroup: Unsupported value: "x": supported values: ""',
      "subjects[0].namespace: Required value",
      "subjects[1].name: Required value",
      'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"a"}: cannot change roleRef',
    ]);
  });
});

test("an event is in the namespace of its object", () => {
  const event = object("v1", "Event", { involvedObject: { kind: "Pod", namespace: "other" } });
  expect(created(event)).toEqual([
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ]);
});

describe("workloads", () => {
  test("select the pods that they make", () => {
    const spec = { selector: { matchLabels: { a: "c" } }, template: TEMPLATE };
    for (const kind of ["Deployment", "ReplicaSet", "DaemonSet"]) {
      expect(created(object("apps/v1", kind, { spec }))).toEqual([
        'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
      ]);
    }
  });

  test("keep their selector", () => {
    const next = object("apps/v1", "Deployment", {
      spec: {
        selector: { matchLabels: { a: "b", c: "d" } },
        template: { ...TEMPLATE, metadata: { labels: { a: "b", c: "d" } } },
      },
    });
    const old = object("apps/v1", "Deployment", {
      spec: { selector: SELECTOR, template: TEMPLATE },
    });
    expect(updated(next, old)).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"a":"b","c":"d"}}: field is immutable',
    ]);
  });

  test("run for ever, but for jobs, which end", () => {
    const template = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: "Never" } };
    const spec = { selector: SELECTOR, template };
    expect(created(object("apps/v1", "Deployment", { spec }))).toEqual([
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ]);
    const job = object("batch/v1", "Job", {
      spec: { selector: SELECTOR, manualSelector: true, template: TEMPLATE },
    });
    expect(created(job)).toEqual([
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ]);
  });

  test("a stateful set changes only in some fields", () => {
    const spec = { selector: SELECTOR, template: TEMPLATE, serviceName: "a" };
    const old = object("apps/v1", "StatefulSet", { spec });
    expect(
      updated(object("apps/v1", "StatefulSet", { spec: { ...spec, replicas: 3 } }), old),
    ).toEqual([]);
    expect(
      updated(object("apps/v1", "StatefulSet", { spec: { ...spec, serviceName: "b" } }), old),
    ).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });

  test("a job keeps its template once it has started", () => {
    const template = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: "Never" } };
    const job = (spec: JsonObject) =>
      object("batch/v1", "Job", {
        spec: { selector: SELECTOR, manualSelector: true, template, ...spec },
      });
    const changed = { ...template, spec: { ...template.spec, nodeSelector: { a: "b" } } };
    const [cause, ...more] = updated(job({ template: changed }), job({}));
    expect(more).toEqual([]);
    expect(cause).toMatch(/^spec.template: Invalid value: .*: field is immutable$/);
    expect(updated(job({ suspend: true, template: changed }), job({ suspend: true }))).toEqual([]);
    expect(updated(job({ completions: 2 }), job({}))).toEqual([
      "spec.completions: Invalid value: 2: field is immutable",
    ]);
  });
});

describe("kinds of the table", () => {
  test("a cron job has a schedule that can be read", () => {
    const jobTemplate = {
      spec: { template: { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: "Never" } } },
    };
    const cron = (spec: JsonObject) =>
      created(object("batch/v1", "CronJob", { spec: { jobTemplate, ...spec } }));
    expect(cron({ schedule: "*/5 0-6 1,15 jan-mar mon" })).toEqual([]);
    expect(cron({ schedule: "@every 1h30m", timeZone: "Europe/Berlin" })).toEqual([]);
    expect(cron({ schedule: "" })).toEqual(["spec.schedule: Required value"]);
    expect(cron({ schedule: "60 * * * *" })).toEqual([
      'spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60',
    ]);
    expect(cron({ schedule: "* * *", timeZone: "Nowhere/Town" })).toEqual([
      'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
      'spec.timeZone: Invalid value: "Nowhere/Town": unknown time zone Nowhere/Town',
    ]);
  });

  test("an ingress has one backend for a path, and keeps what was wrong with it", () => {
    const ingress = (spec: JsonObject) => object("networking.k8s.io/v1", "Ingress", { spec });
    const service = { name: "s", port: { number: 70_000 } };
    const wrong = ingress({
      ingressClassName: "",
      defaultBackend: { service, resource: {} },
      rules: [{ host: "*.a", http: { paths: [{ pathType: "", backend: { service } }] } }],
      tls: [{ secretName: "Bad" }],
    });
    const before = [
      'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends',
      'spec.rules[0].http.paths[0].pathType: Unsupported value: "": supported values: "Exact", "ImplementationSpecific", "Prefix"',
      "spec.rules[0].http.paths[0].backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive",
    ];
    expect(created(wrong)).toEqual([
      ...before,
      expect.stringContaining('spec.tls[0].secretName: Invalid value: "Bad"'),
      expect.stringContaining('spec.ingressClassName: Invalid value: ""'),
    ]);
    // Upstream lets rules of wildcard hosts and names of secrets be as wrong as they were.
    expect(updated(wrong, wrong)).toEqual([
      before[0],
      expect.stringContaining('spec.ingressClassName: Invalid value: ""'),
    ]);
  });

  test("an ingress routes whole paths to a backend", () => {
    const path = { path: "a//", pathType: "Prefix", backend: { service: { name: "s", port: {} } } };
    const rules = [{ host: "1.2.3.4", http: { paths: [path] } }];
    expect(created(object("networking.k8s.io/v1", "Ingress", { spec: { rules } }))).toEqual([
      'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
      'spec.rules[0].http.paths[0].path: Invalid value: "a//": must be an absolute path',
      "spec.rules[0].http.paths[0].path: Invalid value: \"a//\": must not contain '//'",
      "spec.rules[0].http.paths[0].backend: Required value: port name or number is required",
    ]);
  });

  test("a network policy names peers", () => {
    const from = [{}, { ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/9"] }, podSelector: {} }];
    const spec = { podSelector: {}, ingress: [{ from }] };
    expect(created(object("networking.k8s.io/v1", "NetworkPolicy", { spec }))).toEqual([
      "spec.ingress[0].from[0]: Required value: must specify a peer",
      'spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "11.0.0.0/9": must be a strict subset of `cidr`',
      "spec.ingress[0].from[1]: Forbidden: may not specify both ipBlock and another peer",
    ]);
  });

  test("an endpoint slice has addresses of its family", () => {
    const slice = object("discovery.k8s.io/v1", "EndpointSlice", {
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1", "::1", "127.0.0.1"] }],
      ports: [{ name: "a" }, { name: "a" }],
    });
    expect(created(slice)).toEqual([
      'ports[1].name: Duplicate value: "a"',
      'endpoints[0].addresses: Invalid value: "::1": must be an IPv4 address',
      'endpoints[0].addresses[1]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[0].addresses[2]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ]);
  });

  test("a quota counts what there is", () => {
    const spec = { hard: { foo: "1", pods: "1500m" }, scopes: ["BestEffort", "NotBestEffort"] };
    expect(created(object("v1", "ResourceQuota", { spec }))).toContain(
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
    );
    expect(created(object("v1", "ResourceQuota", { spec }))).toContain(
      'spec.hard[pods]: Invalid value: "1500m": must be an integer',
    );
  });

  test("limits are in order", () => {
    const limits = [{ type: "Container", min: { cpu: "2" }, max: { cpu: "1" } }];
    expect(created(object("v1", "LimitRange", { spec: { limits } }))).toContain(
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    );
  });

  describe("an autoscaler", () => {
    const autoscaler = (spec: JsonObject) =>
      object("autoscaling/v2", "HorizontalPodAutoscaler", {
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
          maxReplicas: 3,
          ...spec,
        },
      });

    test("has a target and a range", () => {
      const spec = {
        scaleTargetRef: { kind: "Deployment", name: "" },
        minReplicas: 3,
        maxReplicas: 2,
      };
      expect(created(autoscaler(spec))).toEqual([
        "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`",
        "spec.scaleTargetRef.name: Required value",
        'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
      ]);
    });

    test("watches one thing for each metric, and says of which kind", () => {
      const resource = { name: "cpu", target: { type: "Utilization", averageUtilization: 0 } };
      expect(created(autoscaler({ metrics: [{ type: "Resource", resource, pods: {} }] }))).toEqual([
        "spec.metrics[0].pods.metric.name: Required value: must specify a metric name",
        "spec.metrics[0].pods.target.type: Required value: must specify a metric target type",
        'spec.metrics[0].pods.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
        "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue",
        "spec.metrics[0].pods: Forbidden: must populate the given metric source only",
      ]);
      expect(created(autoscaler({ metrics: [{ type: "Resource", resource }] }))).toEqual([
        "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
      ]);
    });

    test("that may be without a replica already may stay so, and its target as it is", () => {
      const target = { scaleTargetRef: { kind: "Deployment", name: "d" } };
      const old = autoscaler({ ...target, minReplicas: 0 });
      const changed = autoscaler({ ...target, minReplicas: 0, maxReplicas: 9 });
      expect(updated(changed, old)).toEqual([
        "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
      ]);
    });
  });

  test("system priority classes are the system's", () => {
    const priorityClass = (name: string, value: number) =>
      created(object("scheduling.k8s.io/v1", "PriorityClass", { metadata: { name }, value }));
    expect(priorityClass("system-node-critical", 2_000_001_000)).toEqual([]);
    expect(priorityClass("high", 1_000_000_001)).toEqual([
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ]);
    expect(priorityClass("system-mine", 1)).toHaveLength(1);
  });

  test("a definition is named after its resource and has one storage version", () => {
    const definition = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", {
      metadata: { name: "foos.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "foos", singular: "foo", kind: "Foo", listKind: "FooList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object" } },
          },
        ],
      },
    });
    expect(created(definition)).toEqual([]);
    expect(created({ ...definition, metadata: { name: "bars.example.com" } })).toEqual([
      'metadata.name: Invalid value: "bars.example.com": must be spec.names.plural+"."+spec.group',
    ]);
  });
});
