import { describe, expect, it } from "vitest";
import { selectControllers } from "./select-controllers.ts";

const all = ["job-controller", "cronjob-controller", "endpoints-controller"].map((name) => ({
  name,
  build: () => [],
}));
const selected = (...wanted: readonly string[]) =>
  selectControllers(all, wanted).map(({ name }) => name.replace("-controller", ""));

describe("the controllers that run", () => {
  it.each<[string[], string[]]>([
    [["*"], ["job", "cronjob", "endpoints"]],
    [
      ["*", "-job-controller"],
      ["cronjob", "endpoints"],
    ],
    [["cronjob-controller"], ["cronjob"]],
    [
      ["endpoint", "job"],
      ["job", "endpoints"],
    ],
    [
      ["*", "-endpoint"],
      ["job", "cronjob"],
    ],
    [[], []],
  ])("%j are %j", (wanted, expected) => {
    expect(selected(...wanted)).toEqual(expected);
  });
  it.each(["no-such-controller", "-nobody", "constructor"])("%s is refused", (word) => {
    expect(() => selected("*", word)).toThrow(RangeError);
  });
});
