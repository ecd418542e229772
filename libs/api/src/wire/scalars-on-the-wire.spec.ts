import { describe, expect, it } from "vitest";
import type { JsonValue } from "../object.ts";
import { canonicalQuantity, quantityValue } from "../quantity.ts";
import { formatMicroTime, formatTime } from "../time.ts";
import { decodeProtobuf, encodeProtobuf, encodeProtobufMessage } from "./protobuf.ts";

type Json = { readonly [key: string]: JsonValue };

/** One field of an object, after protobuf. */
function sent(kind: string, apiVersion: string, spec: Json): Json {
  const wire = encodeProtobuf({ apiVersion, kind, metadata: { name: "a" }, spec } as never);
  return Reflect.get(decodeProtobuf(wire).object, "spec") as Json;
}
const lease = (spec: Json) => sent("Lease", "coordination.k8s.io/v1", spec);

describe("a micro time", () => {
  it.each([
    ["2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"],
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"],
    ["2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100000Z"],
    ["2026-01-02T03:04:05.1234569Z", "2026-01-02T03:04:05.123456Z"],
    ["2026-01-02T03:04:05.5+02:00", "2026-01-02T01:04:05.500000Z"],
    ["1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
  ])("is cut to microseconds in UTC: %s", (text, shown) => {
    expect(lease({ renewTime: text })).toEqual({ renewTime: shown });
  });

  it("is written from milliseconds with six digits, before 1970 too", () => {
    expect(formatMicroTime(1.25)).toBe("1970-01-01T00:00:00.001250Z");
    expect(formatMicroTime(-1)).toBe("1969-12-31T23:59:59.999000Z");
    expect(formatTime(-1)).toBe("1969-12-31T23:59:59Z");
    expect(formatTime(1_999)).toBe("1970-01-01T00:00:01Z");
  });
});

describe("a number or a text", () => {
  const port = (targetPort: JsonValue) =>
    sent("Service", "v1", { ports: [{ port: 80, targetPort }] }).ports;

  it.each([0, 80, -1, 2_147_483_647, -2_147_483_648, "http", "", "80", "25%", "0"])(
    "stays what it was: %j",
    (targetPort) => {
      expect(port(targetPort)).toEqual([{ port: 80, targetPort }]);
    },
  );
});

describe("a quantity on the wire", () => {
  // Upstream: staging/src/k8s.io/apimachinery/pkg/api/resource/quantity_test.go TestQuantityParse @1.36
  it.each([
    ["9Ei", "9223372036854775807"],
    ["9223372036854775807Ki", "9223372036854775807"],
    ["100035Ei", "9223372036854775807"],
    ["7Ei", "7Ei"],
    ["12E", "12E"],
    ["9223372036854775808", "9223372036854775808"],
    ["99999999999999999999", "99999999999999999999"],
    ["1e30", "1e30"],
    ["9007199254740993", "9007199254740993"],
    ["-0.1n", "-1n"],
  ])("is exact however large, and binary ones end at 2^63 - 1: %s", (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
    const resources = { requests: { storage: canonical } };
    expect(sent("PersistentVolumeClaim", "v1", { resources }).resources).toEqual(resources);
  });

  it("is counted in whole units without a float between", () => {
    expect(quantityValue("9007199254740993")).toBe(9_007_199_254_740_993n);
  });
});

describe("fields that this version does not know", () => {
  it("are skipped wherever they stand, of every wire type", () => {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
    // Field 99 as varint, 64 bit, bytes and 32 bit, around the object's own fields and in the envelope.
    const unknown = Buffer.from([
      ...[0x98, 0x06, 0x2a],
      ...[0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0x9a, 0x06, 0x02, 0x68, 0x69],
      ...[0x9d, 0x06, 1, 2, 3, 4],
    ]);
    const field = (tag: number, bytes: Buffer) =>
      Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
    const type = Buffer.concat([
      field(0x0a, Buffer.from("v1")),
      field(0x12, Buffer.from("ConfigMap")),
    ]);
    const raw = Buffer.concat([unknown, encodeProtobufMessage(object), unknown]);
    const envelope = [field(0x0a, type), field(0x12, raw), unknown];
    const longer = Buffer.concat([Buffer.from("k8s\0"), ...envelope]);
    const wire = encodeProtobuf(object);
    expect(decodeProtobuf(longer).object).toEqual(decodeProtobuf(wire).object);
  });
});
