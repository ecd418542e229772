/** Images that stand in for those of a public registry, made of Debian packages: same programs, same way to start them. */

import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { must } from "../program.ts";
import { CACHE, type Engine } from "./engine.ts";

export const STAND_INS = {
  KUBETS_BASE_IMAGE: "kubets-test/base",
  KUBETS_POSTGRES_IMAGE: "kubets-test/postgres",
  KUBETS_NATS_IMAGE: "kubets-test/nats",
  KUBETS_HAPROXY_IMAGE: "kubets-test/haproxy",
} as const;

const MIRROR = "http://deb.debian.org/debian";

const DOCKERFILE = `FROM kubets-test/base AS packages
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
      postgresql-15 nats-server haproxy busybox-static && rm -rf /var/lib/apt/lists/* && \\
    ln -s /usr/bin/busybox /usr/local/bin/wget && ln -s /usr/lib/postgresql/15/bin/* /usr/local/bin/ || true

FROM packages AS postgres
COPY postgres.sh /postgres.sh
ENTRYPOINT ["sh", "/postgres.sh"]

FROM packages AS nats
USER nats
ENTRYPOINT ["nats-server"]

FROM packages AS haproxy
USER haproxy
STOPSIGNAL SIGUSR1
ENTRYPOINT ["haproxy"]
CMD ["-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
`;

/** What the official image's entry point does with the variables that the compose file sets. */
const POSTGRES_SCRIPT = `set -eu
data=/var/lib/postgresql/data
mkdir -p $data && chown -R postgres:postgres $data && chmod 700 $data
as() { exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
if [ ! -f $data/PG_VERSION ]; then
  (as initdb -D $data -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8)
  echo "host all all all scram-sha-256" >> $data/pg_hba.conf
  echo "CREATE DATABASE \\"$POSTGRES_DB\\"" | (as postgres --single -D $data postgres)
fi
as postgres -D $data -c listen_addresses='*' -c unix_socket_directories=/tmp
`;

/** Builds what is not in the engine yet; the base is kept as a file beside it. */
export async function buildStandIns(engine: Engine): Promise<void> {
  const have = (await engine.docker("images", "--format", "{{.Repository}}")).split("\n");
  if (!have.includes(STAND_INS.KUBETS_BASE_IMAGE)) await importBase(engine);
  const missing = ["postgres", "nats", "haproxy"].filter(
    (name) => !have.includes(`kubets-test/${name}`),
  );
  if (missing.length === 0) return;
  const context = mkdtempSync(join(tmpdir(), "kubets-stand-ins-"));
  writeFileSync(join(context, "Dockerfile"), DOCKERFILE);
  writeFileSync(join(context, "postgres.sh"), POSTGRES_SCRIPT);
  for (const target of missing) {
    await engine.docker(
      "build",
      "-q",
      "--network=host",
      `--target=${target}`,
      "-t",
      `kubets-test/${target}`,
      context,
    );
  }
  rmSync(context, { recursive: true });
}

/** A small Debian with Node and a user "node", as the official Node image has it. */
async function importBase(engine: Engine): Promise<void> {
  const archive = join(CACHE, "base.tar");
  if (!existsSync(archive)) {
    const root = join(CACHE, "base");
    rmSync(root, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    await must(
      "debootstrap",
      ["--variant=minbase", "--include=ca-certificates,libatomic1", "bookworm", root, MIRROR],
      { timeoutMs: 600_000 },
    );
    copyFileSync(process.execPath, join(root, "usr/local/bin/node"));
    await must("useradd", ["--root", root, "--uid", "1000", "--create-home", "node"]);
    // A machine behind a proxy that signs again has that proxy's authority here.
    const bundle = "/etc/ssl/certs/ca-certificates.crt";
    if (existsSync(bundle)) copyFileSync(bundle, join(root, bundle));
    await must("sh", [
      "-c",
      `rm -rf ${root}/var/cache/apt/archives/*.deb ${root}/var/lib/apt/lists/*`,
    ]);
    await must("tar", ["-C", root, "-cf", archive, "."], { timeoutMs: 300_000 });
    rmSync(root, { recursive: true, force: true });
  }
  await engine.docker(
    "import",
    "-c",
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "-c",
    'CMD ["node"]',
    archive,
    STAND_INS.KUBETS_BASE_IMAGE,
  );
}

const COMPOSE_FILES = ["Dockerfile", "service.sh", "health.mjs"];
const APPS = ["apiserver", "scheduler", "controller-manager", "kubelet", "proxy", "dns", "kubets"];

/** Builds the cluster's own images from the bundles that are there; a tag by content saves the second build. */
export async function buildServices(
  engine: Engine,
  root: string,
): Promise<{ readonly KUBETS_SERVICE_IMAGE: string; readonly KUBETS_NODE_IMAGE: string }> {
  const files = [
    ...COMPOSE_FILES.map((name) => join("deploy", "compose", name)),
    ...APPS.map((app) => join("apps", app, "dist", "main.js")),
  ].filter((file) => existsSync(join(root, file)));
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  const tag = hash.digest("hex").slice(0, 12);
  const images = {
    KUBETS_SERVICE_IMAGE: `kubets-test/service:${tag}`,
    KUBETS_NODE_IMAGE: `kubets-test/node:${tag}`,
  };
  const have = await engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}");
  const context = mkdtempSync(join(tmpdir(), "kubets-services-"));
  for (const file of files) {
    mkdirSync(join(context, dirname(file)), { recursive: true });
    copyFileSync(join(root, file), join(context, file));
  }
  for (const [target, image] of [
    ["service", images.KUBETS_SERVICE_IMAGE],
    ["node", images.KUBETS_NODE_IMAGE],
  ] as const) {
    if (have.split("\n").includes(image)) continue;
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
