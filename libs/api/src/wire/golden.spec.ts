import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseJson, stringifyJson } from "../json.ts";
import { parseYaml } from "../yaml.ts";
import {
  decodeProtobuf,
  decodeProtobufWatchEvent,
  encodeProtobuf,
  encodeProtobufWatchFrame,
  hasProtobuf,
} from "./protobuf.ts";

const own = resolve(import.meta.dirname, "../../testdata");
const shared = resolve(import.meta.dirname, "../../../../../shared/kubernetes-1.36/api-testdata");

/** Kinds of a version that has gone: no type of ours, nor of the fact tables. */
const UNKNOWN_KINDS = new Set([
  "apiextensions.k8s.io.v1beta1.ConversionReview",
  "apiextensions.k8s.io.v1beta1.CustomResourceDefinition",
]);
/** Never stands in an envelope on the wire; it has a test of its own. */
const WATCH_EVENT = "core.v1.WatchEvent";

function goldens(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".pb"))
    .map((name) => join(folder, name.slice(0, -".pb".length)));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function roundTrip(path: string): void {
  const json = readFileSync(`${path}.json`);
  const wire = readFileSync(`${path}.pb`);
  const object = parseJson(json);
  expect(parseYaml(readFileSync(`${path}.yaml`, "utf8"))).toEqual(object);
  expect(decodeProtobuf(wire).object).toEqual(object);
  expect(encodeProtobuf(object as never).equals(wire)).toBe(true);
  expect(parseJson(Buffer.from(stringifyJson(object)))).toEqual(object);
}

describe("upstream's round-trip files", () => {
  const copies = goldens(own);
  it.each(copies)("are one object in json, yaml and pb, and the same bytes again: %s", roundTrip);

  const folders = existsSync(shared)
    ? readdirSync(shared).map((folder) => join(shared, folder))
    : [];
  const all = folders
    .flatMap(goldens)
    .filter((path) => !UNKNOWN_KINDS.has(nameOf(path)) && nameOf(path) !== WATCH_EVENT);

  it.skipIf(all.length === 0)(
    `all ${all.length} objects of the fact tables hold, 100 % of those with a type: json, yaml and pb (skipped where they are not at hand)`,
    () => {
      for (const path of all) {
        try {
          roundTrip(path);
        } catch (error) {
          throw new Error(nameOf(path), { cause: error });
        }
      }
      expect(all.length).toBeGreaterThanOrEqual(186);
    },
  );

  const watch = folders.flatMap(goldens).find((path) => nameOf(path) === WATCH_EVENT);
  it.skipIf(watch === undefined)("a watch event keeps its object as raw bytes", () => {
    const wire = readFileSync(`${watch}.pb`);
    const raw = Buffer.from(
      JSON.stringify(
        (JSON.parse(readFileSync(`${watch}.json`, "utf8")) as { object: object }).object,
      ),
    );
    const frame = encodeProtobufWatchFrame("typeValue", raw);
    expect(wire.includes(frame.subarray(4))).toBe(true);
  });
});

describe("kinds without a protobuf form", () => {
  it("are said to have none", () => {
    expect(hasProtobuf("v1", "Pod")).toBe(true);
    expect(hasProtobuf("meta.k8s.io/v1", "Table")).toBe(false);
    expect(hasProtobuf("example.com/v1", "Widget")).toBe(false);
  });
});

describe("watch frames", () => {
  it("carry their length in four bytes, then type and the enveloped object", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { key: "x".repeat(300) },
    };
    const frame = encodeProtobufWatchFrame("ADDED", encodeProtobuf(object));
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    const event = decodeProtobufWatchEvent(frame.subarray(4));
    expect(event.type).toBe("ADDED");
    expect(event.object).toMatchObject(object);
  });
});
