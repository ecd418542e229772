/** The cluster's own images, built with the Dockerfile that users build with, from the bundles that are there. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Engine } from "./engine.ts";
import { STAND_INS } from "./stand-ins.ts";

const COMPOSE_FILES = ["Dockerfile", "service.sh", "health.sh", "health.cjs"];
const APPS = ["apiserver", "scheduler", "controller-manager", "kubelet", "proxy", "dns", "kubets"];
const PROGRAMS = ["main.js", "node-main.js"];

export interface ServiceImages {
  readonly KUBETS_SERVICE_IMAGE: string;
  readonly KUBETS_NODE_IMAGE: string;
}

/** A tag by content saves the second build. */
export async function buildServices(engine: Engine, root: string): Promise<ServiceImages> {
  const files = [
    ...COMPOSE_FILES.map((name) => join("deploy", "compose", name)),
    ...APPS.flatMap((app) => PROGRAMS.map((name) => join("apps", app, "dist", name))),
  ].filter((file) => existsSync(join(root, file)));
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  const tag = hash.digest("hex").slice(0, 12);
  const images = {
    KUBETS_SERVICE_IMAGE: `kubets-test/service:${tag}`,
    KUBETS_NODE_IMAGE: `kubets-test/node:${tag}`,
  };
  const listed = await engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}");
  const have = listed.split("\n");
  const context = mkdtempSync(join(tmpdir(), "kubets-services-"));
  for (const file of files) {
    mkdirSync(join(context, dirname(file)), { recursive: true });
    copyFileSync(join(root, file), join(context, file));
  }
  for (const [target, image] of [
    ["service", images.KUBETS_SERVICE_IMAGE],
    ["node", images.KUBETS_NODE_IMAGE],
  ] as const) {
    if (have.includes(image)) continue;
    await engine.docker(
      "build",
      "-q",
      "--network=host",
      "--build-arg=BUNDLES=prebuilt",
      `--build-arg=BASE_IMAGE=${STAND_INS.KUBETS_BASE_IMAGE}`,
      `--target=${target}`,
      "-f",
      join(context, "deploy", "compose", "Dockerfile"),
      "-t",
      image,
      context,
    );
  }
  rmSync(context, { recursive: true });
  return images;
}

/** Removes what earlier runs built and this one does not need; not while something is being built. */
export async function removeOldServices(engine: Engine, images: ServiceImages): Promise<void> {
  const wanted: readonly string[] = Object.values(images);
  const listed = await engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}");
  const built = listed.split("\n").filter((name) => /^kubets-test\/(service|node):/.test(name));
  const old = built.filter((name) => !wanted.includes(name));
  for (const image of old) await engine.docker("rmi", "--force", image);
  // What the stages of builds leave, where nobody else builds.
  if (engine.isOwn) await engine.docker("image", "prune", "--force");
}
