import { describe, expect, it } from "vitest";
import { diagnose, type Examined } from "./doctor.ts";

const good: Examined = {
  platform: "linux",
  isRoot: true,
  nodeMajor: 26,
  machine: {
    facts: {
      isRoot: true,
      canLowerOomScore: true,
      cgroupVersion: 2,
      containerd: { path: "/usr/bin/containerd", version: "1.7.1", major: 1 },
      cniBinDirs: ["/opt/cni/bin"],
      missing: [],
    },
    natsServer: "/usr/sbin/nats-server",
    kubectl: "/usr/bin/kubectl",
    missingForContainers: [],
  },
  conntrack: true,
  kernelModules: { overlay: true, bridgeFilter: true },
  freeMemoryBytes: 8 * 2 ** 30,
  freeDiskBytes: 50 * 2 ** 30,
  stateFolder: "/var/lib/kubets",
  openFilesMax: 1_048_576,
  bundlesMissing: [],
  clusters: 0,
};
const find = (examined: Examined, check: string) =>
  diagnose(examined).find((finding) => finding.check === check);
const lacking = (...missing: string[]): Examined => ({
  ...good,
  machine: { ...good.machine, missingForContainers: missing },
});

describe("doctor", () => {
  it("finds nothing wrong with a machine that has everything", () => {
    expect(diagnose(good).every(({ result }) => result === "ok")).toBe(true);
  });
  it("says where nothing can be written", () => {
    const stateProblem = "the file system is read-only";
    expect(find({ ...good, stateProblem }, "state folder")).toMatchObject({
      result: "problem",
      detail: "/var/lib/kubets: the file system is read-only",
    });
  });
  it("names the packages to install, each once", () => {
    expect(find(lacking("containerd", "ctr", "nft"), "real containers")).toMatchObject({
      result: "limit",
      remedy: "apt-get install containerd nftables",
    });
  });
  it("tells a user to become root, and a Mac that it is none of that", () => {
    expect(find({ ...lacking("root"), isRoot: false }, "real containers")?.remedy).toBe(
      "run it as root",
    );
    expect(
      find({ ...lacking("Linux", "containerd"), platform: "darwin" }, "real containers")?.remedy,
    ).toMatch(/on Linux/);
  });
  it("asks for kernel features only where real containers are possible", () => {
    const noOverlay = { ...good, kernelModules: { overlay: false, bridgeFilter: true } };
    expect(find(noOverlay, "overlayfs")).toMatchObject({ result: "problem" });
    const simulated = { ...lacking("runc"), kernelModules: noOverlay.kernelModules };
    expect(find(simulated, "overlayfs")).toBeUndefined();
  });
  it.each([
    ["free memory", { freeMemoryBytes: 1 }],
    ["free disk at /var/lib/kubets", { freeDiskBytes: 0 }],
    ["Node.js", { nodeMajor: 20 }],
    ["services", { bundlesMissing: ["apiserver"] }],
    ["clusters", { clusters: 16 }],
  ])("calls it a problem, with a remedy: %s", (check, change) => {
    const finding = find({ ...good, ...change }, check);
    expect(finding?.result).toBe("problem");
    expect(finding?.remedy).not.toBe(undefined);
  });
});
