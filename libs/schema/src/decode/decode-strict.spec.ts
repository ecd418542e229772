import { type JsonObject, parseJson, schemas, type TypeSchema } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { decodeStrict } from "../index.ts";
import { refusal, typeOf } from "../testing/typed.ts";

const pod = typeOf({ apiVersion: "v1", kind: "Pod" });
const configMap = typeOf({ apiVersion: "v1", kind: "ConfigMap" });
const secret = typeOf({ apiVersion: "v1", kind: "Secret" });
const deployment = typeOf({ apiVersion: "apps/v1", kind: "Deployment" });

function decode(type: TypeSchema, json: string): JsonObject {
  return decodeStrict(type, parseJson(Buffer.from(json))).object;
}

function problemsOf(type: TypeSchema, json: string): readonly string[] {
  return decodeStrict(type, parseJson(Buffer.from(json))).problems;
}

describe("a value of the wrong type is refused with the text of Go's decoder", () => {
  const PREFIX = 'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal';
  test.each([
    [
      '{"spec":{"containers":"x"}}',
      "string into Go struct field PodSpec.spec.containers of type []v1.Container",
    ],
    [
      '{"spec":{"containers":{}}}',
      "object into Go struct field PodSpec.spec.containers of type []v1.Container",
    ],
    [
      '{"spec":{"containers":[{"name":1}]}}',
      "number into Go struct field Container.spec.containers.name of type string",
    ],
    [
      '{"spec":{"containers":[{"imagePullPolicy":true}]}}',
      "bool into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy",
    ],
    [
      '{"spec":{"containers":[{"ports":[{"containerPort":1.5}]}]}}',
      "number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
    ],
    [
      '{"spec":{"containers":[{"ports":[{"containerPort":4294967296}]}]}}',
      "number 4294967296 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
    ],
    [
      '{"metadata":{"labels":{"a":1}}}',
      "number into Go struct field ObjectMeta.metadata.labels of type string",
    ],
    [
      '{"metadata":{"labels":[]}}',
      "array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
    ],
    ["[]", "array into Go value of type v1.Pod"],
  ])("%s", (json, text) => {
    expect(refusal(pod, parseJson(Buffer.from(json)))).toBe(`${PREFIX} ${text}`);
  });

  test("quantities and times have their own words", () => {
    const cpu = '{"spec":{"containers":[{"resources":{"limits":{"cpu":"abc"}}}]}}';
    expect(refusal(pod, parseJson(Buffer.from(cpu)))).toBe(
      "Pod in version \"v1\" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
    const time = '{"metadata":{"creationTimestamp":"xyz"}}';
    expect(refusal(pod, parseJson(Buffer.from(time)))).toBe(
      'Pod in version "v1" cannot be handled as a Pod: parsing time "xyz" as "2006-01-02T15:04:05Z07:00": cannot parse "xyz" as "2006"',
    );
  });

  test("bytes must be base64", () => {
    expect(refusal(secret, { data: { a: "!!!!" } })).toContain(
      "illegal base64 data at input byte 0",
    );
  });

  test("a field of another letter case is another field", () => {
    expect(problemsOf(pod, '{"Spec":{"containers":5}}')).toEqual(['unknown field "Spec"']);
  });
});

describe("null is as good as absent", () => {
  test("a null field is dropped, and a required list stays null", () => {
    const json =
      '{"spec":{"template":{"spec":{"containers":null,"nodeName":null}}},"metadata":null}';
    const object = decode(deployment, json);
    expect(object).toEqual({
      metadata: {},
      spec: {
        selector: null,
        strategy: {},
        template: { metadata: {}, spec: { containers: null } },
      },
      status: {},
    });
  });

  test("a null map value is an empty text", () => {
    expect(decode(configMap, '{"data":{"a":null}}').data).toEqual({ a: "" });
  });
});

describe("unknown fields", () => {
  test("are dropped and told by path", () => {
    const json =
      '{"foo":1,"spec":{"foo":{"x":1},"containers":[{"name":"c","bar":2},{"name":"d","baz":[]}]}}';
    const { object, problems } = decodeStrict(pod, parseJson(Buffer.from(json)));
    expect(problems).toEqual([
      'unknown field "foo"',
      'unknown field "spec.foo"',
      'unknown field "spec.containers[0].bar"',
      'unknown field "spec.containers[1].baz"',
    ]);
    expect(JSON.stringify(object)).not.toMatch(/foo|bar|baz/);
  });

  test("named like members of prototypes are unknown too", () => {
    const json = '{"__proto__":{"x":1},"spec":{"constructor":1,"toString":2}}';
    const { object, problems } = decodeStrict(pod, parseJson(Buffer.from(json)));
    expect(problems).toContain('unknown field "__proto__"');
    expect(problems).toContain('unknown field "spec.constructor"');
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect(Object.hasOwn(object, "__proto__")).toBe(false);
  });
});

describe("keys of maps are data, whatever they are called", () => {
  test.each(["labels", "annotations"])("in metadata.%s", (field) => {
    const json = `{"metadata":{"${field}":{"__proto__":"a","constructor":"b","prototype":"c"}}}`;
    const object = decode(configMap, json);
    expect(JSON.stringify(object)).toContain('{"__proto__":"a","constructor":"b","prototype":"c"}');
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test("in data", () => {
    const object = decode(configMap, '{"data":{"__proto__":"polluted","constructor":"x"}}');
    expect(Object.keys(object.data as JsonObject)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(object.data)).toBe(Object.prototype);
  });
});

describe("the outcome is what Go would write", () => {
  test("zeros that Go leaves out are left out, and those that it writes are written", () => {
    const object = decode(
      pod,
      '{"spec":{"hostNetwork":false,"nodeName":"","containers":[{"name":"c"}]}}',
    );
    expect(object).toEqual({
      metadata: {},
      spec: { containers: [{ name: "c", resources: {} }] },
      status: {},
    });
  });

  test("a pointer to a zero is kept", () => {
    const object = decode(
      pod,
      '{"spec":{"automountServiceAccountToken":false,"priority":0,"containers":[]}}',
    );
    expect(object.spec).toMatchObject({ automountServiceAccountToken: false, priority: 0 });
  });

  test("a list that is not left out is null when it is empty, as protobuf cannot tell it from none", () => {
    expect(decode(pod, '{"spec":{"containers":[]}}').spec).toEqual({ containers: null });
    const definition = typeOf({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
    });
    // Stored as JSON, which can.
    expect(decode(definition, '{"spec":{"versions":[]}}').spec).toMatchObject({ versions: [] });
  });

  test("quantities are canonical", () => {
    const json =
      '{"spec":{"containers":[{"resources":{"limits":{"cpu":"1000m","memory":1024,"x/y":"0.5"}}}]}}';
    expect(JSON.stringify(decode(pod, json))).toContain('{"cpu":"1","memory":"1024","x/y":"500m"}');
  });

  test("nothing is copied", () => {
    const value = { metadata: { name: "a" }, data: { a: "b" } };
    expect(decodeStrict(configMap, value).object).toBe(value);
  });
});

test("values of any form are refused beyond a depth, not followed", () => {
  let json = "1";
  for (let i = 0; i < 2_000; i++) json = `{"a":${json}}`;
  const crd = schemas.kind("apps", "v1", "ControllerRevision");
  if (crd === undefined) throw new TypeError("ControllerRevision is a kind");
  expect(refusal(crd, parseJson(Buffer.from(`{"data":${json}}`)))).toContain("exceeded max depth");
});
