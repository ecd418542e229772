import { describe, expect, it } from "vitest";
import { chooseComponents } from "./restart.ts";

const known = ["supervisor", "postgres", "apiserver 1", "apiserver 2", "kubelet a-node-1", "dns"];

describe("what `restart` restarts", () => {
  it.each([
    [["apiserver"], ["apiserver 1", "apiserver 2"]],
    [["apiserver 2"], ["apiserver 2"]],
    [["kubelet", "a-node-1"], ["kubelet a-node-1"]],
    [
      ["dns", "kubelet/a-node-1"],
      ["kubelet a-node-1", "dns"],
    ],
    [
      ["apiserver", "2", "dns"],
      ["apiserver 2", "dns"],
    ],
    [
      ["dns", "kubelet"],
      ["kubelet a-node-1", "dns"],
    ],
    [["supervisor"], ["supervisor"]],
    [[], known],
  ])("for %j is %j", (wanted, chosen) => {
    expect(chooseComponents(known, wanted)).toEqual(chosen);
  });
  it.each([
    [["etcd"], /no component etcd; there is: supervisor, postgres, apiserver 1/],
    [["api"], /no component api;/],
  ])("refuses %j with what there is", (wanted, message) => {
    expect(() => chooseComponents(known, wanted)).toThrow(message);
  });
});
