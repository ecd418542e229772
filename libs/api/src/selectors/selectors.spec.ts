import { describe, expect, it } from "vitest";
import { isStatusError } from "../status-error.ts";
import { parseFieldSelector } from "./field-selector.ts";
import { labelSelectorFrom, labelSelectorFromMap, parseLabelSelector } from "./label-selector.ts";

describe("a label selector", () => {
  it.each([
    ["app=web", { app: "web" }, true],
    ["app=web", { app: "db" }, false],
    ["app!=web", {}, true],
    ["app notin (web,db)", { app: "db" }, false],
    ["app in (web,db),tier", { app: "db", tier: "" }, true],
    ["!app", { app: "web" }, false],
    ["n>5", { n: "6" }, true],
    ["n>5", { n: "five" }, false],
    ["n<5", {}, false],
    ["toString", {}, false],
    ["constructor=x", {}, false],
  ])("%s against %j says %s", (text, labels, expected) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(expected);
  });

  it("is a 400 where it cannot be read", () => {
    try {
      parseLabelSelector("a=b=c");
    } catch (error) {
      expect(isStatusError(error, "BadRequest")).toBe(true);
      return;
    }
    expect.unreachable();
  });

  it("of an object selects nothing when missing and everything when empty", () => {
    expect(labelSelectorFrom(undefined).matches({ a: "b" })).toBe(false);
    expect(labelSelectorFrom({}).matches({ a: "b" })).toBe(true);
    expect(labelSelectorFrom({}).everything).toBe(true);
  });

  it("of an object needs all labels and all expressions", () => {
    const selector = labelSelectorFrom({
      matchLabels: { app: "web" },
      matchExpressions: [{ key: "tier", operator: "NotIn", values: ["test"] }],
    });
    expect(selector.matches({ app: "web" })).toBe(true);
    expect(selector.matches({ app: "web", tier: "test" })).toBe(false);
    expect(() =>
      labelSelectorFrom({ matchExpressions: [{ key: "a", operator: "Equals" }] }),
    ).toThrow('"Equals" is not a valid label selector operator');
  });

  it("of a map needs all of its labels", () => {
    expect(labelSelectorFromMap({ a: "1", b: "2" }).matches({ a: "1", b: "2", c: "3" })).toBe(true);
    expect(labelSelectorFromMap({ a: "1", b: "2" }).matches({ a: "1" })).toBe(false);
  });
});

describe("a field selector", () => {
  it("compares by name, and takes a missing field for empty", () => {
    const selector = parseFieldSelector("spec.nodeName=,status.phase!=Failed");
    expect(selector.matches({ "status.phase": "Running" })).toBe(true);
    expect(selector.matches({ "status.phase": "Failed" })).toBe(false);
    expect(selector.matches({ "spec.nodeName": "a" })).toBe(false);
  });

  it("tells the one value that a field must have", () => {
    const selector = parseFieldSelector("metadata.name=a,spec.nodeName!=b");
    expect(selector.exact("metadata.name")).toBe("a");
    expect(selector.exact("spec.nodeName")).toBeUndefined();
  });
});
