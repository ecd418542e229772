import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@kubets/service";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changeKubeconfig, kubeconfigFile, withEntry, withoutEntry } from "./kubeconfig.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubets-kubeconfig-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (name: string) => ({
  name,
  server: "https://10.200.0.1:6443",
  certificateAuthorityPem: "CA",
  clientCertificatePem: "CERT",
  clientKeyPem: "KEY",
});
const other = {
  apiVersion: "v1",
  kind: "Config",
  preferences: { colors: true },
  clusters: [{ name: "work", cluster: { server: "https://work" } }],
  users: [{ name: "work", user: { token: "t" } }],
  contexts: [{ name: "work", context: { cluster: "work", user: "work" } }],
  "current-context": "work",
};

describe("merging into a kubeconfig", () => {
  it("adds one cluster, user and context and chooses it, leaving the rest alone", () => {
    const merged = withEntry(other, entry("kubets-a"));
    expect(merged).toMatchObject({ preferences: { colors: true }, "current-context": "kubets-a" });
    expect(merged.clusters?.map(({ name }) => name)).toEqual(["work", "kubets-a"]);
    expect(merged.clusters?.[1]).toMatchObject({
      cluster: { "certificate-authority-data": Buffer.from("CA").toString("base64") },
    });
  });
  it("replaces its own entry and removes exactly it again", () => {
    const twice = withEntry(withEntry(other, entry("kubets-a")), entry("kubets-a"));
    expect(twice.users).toHaveLength(2);
    expect(withoutEntry(twice, "kubets-a")).toEqual({ ...other, "current-context": "" });
  });
  it("keeps another current context when it removes its entry", () => {
    const merged = { ...withEntry(other, entry("kubets-a")), "current-context": "work" };
    expect(withoutEntry(merged, "kubets-a")["current-context"]).toBe("work");
  });
});

describe("the file", () => {
  it("is the one named, then the first of $KUBECONFIG, then the default", () => {
    expect(kubeconfigFile("x", { KUBECONFIG: "/a:/b" })).toBe("x");
    expect(kubeconfigFile(undefined, { KUBECONFIG: ":/a:/b" })).toBe("/a");
    expect(kubeconfigFile(undefined, { HOME: "/home/u" })).toBe("/home/u/.kube/config");
  });
  it("is readable by its owner only and survives changes made at once", async () => {
    const file = join(folder, "deep", "config");
    const names = ["kubets-a", "kubets-b", "kubets-c", "kubets-d"];
    await Promise.all(
      names.map((name) =>
        changeKubeconfig(file, (document) => withEntry(document, entry(name)), systemClock),
      ),
    );
    const document = load(readFileSync(file, "utf8")) as { contexts: { name: string }[] };
    expect(document.contexts.map(({ name }) => name).sort()).toEqual(names);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
  it("takes over a lock that a dead program left", async () => {
    const file = join(folder, "config");
    writeFileSync(`${file}.lock`, "");
    utimesSync(`${file}.lock`, 1, 1);
    await changeKubeconfig(file, (document) => withEntry(document, entry("kubets-a")), systemClock);
    expect(readFileSync(file, "utf8")).toContain("kubets-a");
  });
  it("is left alone when it is no kubeconfig", async () => {
    const file = join(folder, "config");
    writeFileSync(file, "- a list\n");
    await expect(changeKubeconfig(file, (document) => document, systemClock)).rejects.toThrow(
      /not a kubeconfig/,
    );
    expect(readFileSync(file, "utf8")).toBe("- a list\n");
  });
});
