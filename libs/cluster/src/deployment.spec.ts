import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeDeploymentFiles } from "./deployment-files.ts";
import { deploymentObjects } from "./deployment-objects.ts";

const options = (folder: string) => ({
  folder,
  serverNames: ["load-balancer"],
  serviceCidr: "10.96.0.0/16",
  server: "https://127.0.0.1:6443",
  natsUrl: "nats://nats:4222",
});

describe("the files of a cluster of containers", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kubets-deployment-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("give each component its own certificate and the authority's key to nobody", async () => {
    await writeDeploymentFiles(options(folder), systemClock);
    expect(readdirSync(join(folder, "scheduler")).sort()).toEqual([
      "ca.crt",
      "scheduler.crt",
      "scheduler.key",
    ]);
    const withKey = readdirSync(folder).filter((name) =>
      readdirSync(join(folder, name)).includes("ca.key"),
    );
    expect(withKey).toEqual(["authority"]);
    const pem = readFileSync(join(folder, "monitoring", "monitoring.crt"), "utf8");
    expect(new X509Certificate(pem).subject).toContain("O=system:monitoring");
  });
  it("stay as they are when they are made again", async () => {
    const all = () =>
      readdirSync(folder).flatMap((name) =>
        readdirSync(join(folder, name)).map((file) =>
          readFileSync(join(folder, name, file), "utf8"),
        ),
      );
    await writeDeploymentFiles(options(folder), systemClock);
    const before = all();
    await writeDeploymentFiles(options(folder), systemClock);
    expect(all()).toEqual(before);
  });
});

describe("the objects of a cluster of containers", () => {
  it("are one Service, and rights that name what they are about", () => {
    expect(deploymentObjects("10.96.0.10").map(({ path }) => path)).toEqual([
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:coredns",
      "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns",
      "/api/v1/namespaces/kube-system/services/kube-dns",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles/kubets:dns-endpoints",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings/kubets:dns-endpoints",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubets:monitoring",
      "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubets:monitoring",
    ]);
  });
});
