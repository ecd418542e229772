/** A registry on this machine that stands in for docker.io, filled with images made here. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { background, eventually, must } from "./program.ts";

export interface Registry {
  readonly port: number;
  /** `name` as in a pod without registry and folder: "nginx:latest". */
  push(name: string, archive: Buffer): Promise<void>;
  stop(): void;
}

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), "kubets-registry-"));
  const port = await freePort();
  const config = join(folder, "config.yml");
  writeFileSync(
    config,
    `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${join(folder, "data")}\nhttp:\n  addr: 0.0.0.0:${port}\nlog:\n  level: error\n`,
  );
  const server: ChildProcess = background("docker-registry", ["serve", config]);
  await eventually(
    "registry answers",
    20_000,
    () =>
      fetch(`http://127.0.0.1:${port}/v2/`).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
  );
  return {
    port,
    async push(name, archive) {
      const file = join(folder, "image.tar");
      writeFileSync(file, archive);
      await must("skopeo", [
        "copy",
        "--insecure-policy",
        "--dest-tls-verify=false",
        `oci-archive:${file}`,
        `docker://127.0.0.1:${port}/library/${name}`,
      ]);
    },
    stop() {
      server.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "0.0.0.0", () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === "object" && address !== null ? address.port : 0),
      );
    });
  });
}
