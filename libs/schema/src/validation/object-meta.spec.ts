import { describe, expect, test } from "vitest";
import { created, object, updated } from "../testing/causes.ts";

const configMap = (metadata: Record<string, string | number | boolean | object>) =>
  object("v1", "ConfigMap", { metadata: { namespace: "ns", ...metadata } as never });

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe("names", () => {
  test("must be there", () => {
    expect(created(configMap({}))).toEqual([
      "metadata.name: Required value: name or generateName is required",
    ]);
  });

  test("have the form of their kind", () => {
    expect(created(configMap({ name: "A_b" }))).toEqual([
      `metadata.name: Invalid value: "A_b": ${SUBDOMAIN}`,
    ]);
    expect(created(object("v1", "Namespace", { metadata: { name: "a.b" } }))).toEqual([
      'metadata.name: Invalid value: "a.b": must not contain dots',
    ]);
    const role = object("rbac.authorization.k8s.io/v1", "Role", {
      metadata: { name: "a/b", namespace: "ns" },
    });
    expect(created(role)).toEqual(["metadata.name: Invalid value: \"a/b\": may not contain '/'"]);
  });

  test("are no longer than 253 characters", () => {
    expect(created(configMap({ name: "a".repeat(254) }))).toEqual([
      `metadata.name: Invalid value: "${"a".repeat(254)}": must be no more than 253 characters`,
    ]);
  });

  test("may be generated from what looks like the start of one", () => {
    expect(created(configMap({ name: "a-1", generateName: "a-" }))).toEqual([]);
    expect(created(configMap({ name: "a-1", generateName: "A-" }))).toEqual([
      `metadata.generateName: Invalid value: "A-": ${SUBDOMAIN}`,
    ]);
  });
});

test("a namespace must be given where there are any, and none where there are not", () => {
  expect(created(object("v1", "ConfigMap", { metadata: { name: "a" } }))).toEqual([
    "metadata.namespace: Required value",
  ]);
  expect(created(object("v1", "Node", { metadata: { name: "a", namespace: "b" } }))).toEqual([
    "metadata.namespace: Forbidden: not allowed on this type",
  ]);
});

describe("labels and annotations", () => {
  test("have qualified names as keys, and labels short values", () => {
    expect(created(configMap({ name: "a", labels: { "a b": "c d", "x/y/z": "" } }))).toEqual([
      `metadata.labels: Invalid value: "a b": ${NAME_PART}`,
      `metadata.labels: Invalid value: "c d": ${LABEL_VALUE}`,
      "metadata.labels: Invalid value: \"x/y/z\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ]);
    expect(created(configMap({ name: "a", labels: { a: "b".repeat(64) } }))).toEqual([
      `metadata.labels: Invalid value: "${"b".repeat(64)}": must be no more than 63 bytes`,
    ]);
  });

  test("annotations hold up to 256 KiB in all", () => {
    const half = "x".repeat(131_071);
    expect(created(configMap({ name: "a", annotations: { a: half, b: half } }))).toEqual([]);
    expect(created(configMap({ name: "a", annotations: { a: half, b: `${half}x` } }))).toEqual([
      "metadata.annotations: Too long: may not be more than 262144 bytes",
    ]);
  });
});

test("owners have a whole reference, and only one controls", () => {
  const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u", controller: true };
  expect(
    created(configMap({ name: "a", ownerReferences: [{ ...owner, uid: "", kind: "" }] })),
  ).toEqual([
    'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]);
  const two = [owner, { ...owner, name: "q", uid: "v" }];
  expect(created(configMap({ name: "a", ownerReferences: two }))).toHaveLength(1);
  expect(created(configMap({ name: "a", ownerReferences: two }))[0]).toContain(
    "Only one reference can have Controller set to true.",
  );
});

test("finalizers are qualified names", () => {
  expect(created(configMap({ name: "a", finalizers: ["example.com/x", "foo"] }))).toEqual([
    'metadata.finalizers[1]: Invalid value: "foo": name is neither a standard finalizer name nor is it fully qualified',
  ]);
});

/** Upstream looks at metadata for every kind alike, and most kinds look again: each finding stands there twice. */
const twice = (...found: readonly string[]) => [...found, ...found];

describe("an update", () => {
  test("keeps what identifies the object", () => {
    const old = configMap({ name: "a", uid: "1" });
    const next = configMap({ name: "b", uid: "2", namespace: "other" });
    const found = twice(
      'metadata.name: Invalid value: "b": field is immutable',
      'metadata.namespace: Invalid value: "other": field is immutable',
      'metadata.uid: Invalid value: "2": field is immutable',
    );
    expect(updated(next, old)).toEqual(found);
  });

  test("says which version it is of", () => {
    const old = configMap({ name: "a" });
    expect(updated(configMap({ name: "a", resourceVersion: "" }), old)).toEqual(
      twice('metadata.resourceVersion: Invalid value: "": must be specified for an update'),
    );
  });

  test("adds no finalizer to what is being deleted", () => {
    const deletion = {
      name: "a",
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 0,
    };
    const old = configMap({ ...deletion, finalizers: ["a/b", "c/d"] });
    expect(updated(configMap({ ...deletion, finalizers: ["a/b"] }), old)).toEqual([]);
    expect(updated(configMap({ ...deletion, finalizers: ["a/b", "e/f"] }), old)).toEqual(
      twice(
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"e/f"}',
      ),
    );
  });
});
