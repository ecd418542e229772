import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JSON_DEPTH_MAX, parseJson, parseJsonText, stringifyJson } from "./json.ts";

describe("parseJson", () => {
  it("reads every JSON value without large integers as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("keeps integers of any size, and stringifyJson writes them back", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(-(2n ** 80n), 2n ** 80n)), fc.string(), (numbers, text) => {
        const json = `{"a":[${numbers.join(",")}],"b":${JSON.stringify(text)},"c":{"d":${numbers[0] ?? 0},"e":null,"":true}}`;
        expect(stringifyJson(parseJsonText(json))).toBe(json);
      }),
    );
  });

  it("leaves digits in strings and fractions alone", () => {
    expect(parseJsonText('["12345678901234567890",1234567890123456.5,1e20]')).toEqual([
      "12345678901234567890",
      1234567890123456.5,
      1e20,
    ]);
    expect(parseJsonText("[1000000000000000,0.0000010000000000000002]")).toEqual([
      1e15, 0.0000010000000000000002,
    ]);
    expect(parseJsonText('{"a":9007199254740993,"b":":9007199254740993"}')).toEqual({
      a: 9_007_199_254_740_993n,
      b: ":9007199254740993",
    });
  });

  it("takes __proto__ for a key like any other", () => {
    const value = parseJsonText('{"__proto__":{"x":1},"a":[12345678901234567890]}') as object;
    expect(Object.keys(value)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("refuses a text that nests beyond the bound, and takes one at the bound", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(() => parseJsonText(nested(JSON_DEPTH_MAX + 1))).toThrow("exceeded max depth");
    expect(stringifyJson(parseJsonText(nested(1_000)))).toBe(nested(1_000));
    expect(parseJsonText(nested(JSON_DEPTH_MAX))).toHaveLength(1);
    const deep = nested(JSON_DEPTH_MAX).replace("[]", "[12345678901234567890]");
    expect(stringifyJson(parseJsonText(deep))).toBe(deep);
  });

  it("refuses to write a value that contains itself", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => stringifyJson(circle)).toThrow(TypeError);
  });

  it("does not count brackets in strings", () => {
    const text = JSON.stringify(["[".repeat(30_000), `\\"${"{".repeat(30_000)}`]);
    expect(parseJsonText(text)).toHaveLength(2);
  });

  it("gives every broken text an error and never hangs", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 3 }), (text, at, junk) => {
        const position = at % (text.length + 1);
        const broken = text.slice(0, position) + junk + text.slice(position + 1);
        let valid = true;
        try {
          JSON.parse(broken);
        } catch {
          valid = false;
        }
        if (valid) parseJsonText(broken);
        else expect(() => parseJsonText(broken)).toThrow(/invalid character|unexpected end/);
      }),
      { numRuns: 2_000 },
    );
  });
});
