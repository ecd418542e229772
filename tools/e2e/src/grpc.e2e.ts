/** Clients in other languages, made from the files in proto/ alone, against two apiservers of which one is lost. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLogger } from "@kubets/service";
import { startEmbeddedPostgres } from "@kubets/storage-postgres/embedded";
import {
  ApiserverReplica,
  type ClusterFiles,
  makeClusterFiles,
  NatsServer,
  natsProgram,
} from "@kubets/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleClient, goClient, grpcurlProgram, pythonClient } from "./example-clients.ts";
import { eventually, must, run } from "./program.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const folder = mkdtempSync(join(tmpdir(), "kubets-e2e-grpc-"));
const kubeconfig = join(folder, "admin.json");
const languages = ["Go", "Python"] as const;

let files: ClusterFiles;
let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
let nats: NatsServer | undefined;
let first: ApiserverReplica;
let second: ApiserverReplica;
const clients = new Map<string, ExampleClient>();
let grpcurl: Awaited<ReturnType<typeof grpcurlProgram>>;

const servers = () => [first.grpcAddress, second.grpcAddress].join(",");
const base64 = (pem: string) => Buffer.from(pem).toString("base64");

/** YAML is JSON, too. */
function writeKubeconfig(path: string, user: object): void {
  const cluster = {
    "certificate-authority-data": base64(files.admin.ca),
    server: "https://localhost",
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "e2e",
    contexts: [{ name: "e2e", context: { cluster: "e2e", user: "e2e" } }],
    clusters: [{ name: "e2e", cluster }],
    users: [{ name: "e2e", user }],
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
}

function commandOf(language: string, ...args: string[]): readonly [string, string[]] | undefined {
  const client = clients.get(language);
  if (client === undefined || "missing" in client) return undefined;
  const [program = "", ...words] = client.command;
  return [program, [...words, ...args]];
}

beforeAll(async () => {
  chmodSync(folder, 0o755);
  files = await makeClusterFiles();
  writeKubeconfig(kubeconfig, {
    "client-certificate-data": base64(files.admin.cert),
    "client-key-data": base64(files.admin.key),
  });
  const [server, bus, go, python, curl] = await Promise.all([
    startEmbeddedPostgres({ dataDir: join(folder, "postgres"), logger: silentLogger }),
    natsProgram === undefined ? undefined : NatsServer.start(),
    goClient(),
    pythonClient(),
    grpcurlProgram(),
  ]);
  grpcurl = curl;
  for (const each of [go, python, curl]) {
    if ("missing" in each) process.stdout.write(`grpc skips some: ${each.missing}\n`);
  }
  postgres = server;
  nats = bus;
  clients.set("Go", go).set("Python", python);
  const options = {
    files,
    databaseUrl: server.url,
    ...(bus === undefined ? {} : { natsServer: bus.address }),
  };
  first = await ApiserverReplica.create(options, "first");
  second = await ApiserverReplica.create(options, "second");
  await Promise.all([first.start(), second.start()]);
});
afterAll(async () => {
  await Promise.all([first?.kill(), second?.kill()]);
  await nats?.kill();
  await postgres?.stop();
  files?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(languages)("the example in %s", (language) => {
  it("creates, reads, patches, lists and deletes, with a client certificate", async ({ skip }) => {
    const client = clients.get(language);
    if (client !== undefined && "missing" in client) skip(client.missing);
    const command = commandOf(
      language,
      ...options(language, { kubeconfig, servers: servers() }),
      "tour",
    );
    const said = await must(...(command ?? ["", []]));
    expect(said).toMatch(/^created .*1.*\npatched .*a.*1.*b.*2.*\nlisted 1\ndeleted /);
  });

  it("does the same with a bearer token, and is told why it may not", async ({ skip }) => {
    const client = clients.get(language);
    if (client !== undefined && "missing" in client) skip(client.missing);
    const namespace = `tokens-${language.toLowerCase()}`;
    const path = join(folder, `${language}.json`);
    await write("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "example" } };
    await write(`/api/v1/namespaces/${namespace}/serviceaccounts`, account);
    const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const { status } = await write(
      `/api/v1/namespaces/${namespace}/serviceaccounts/example/token`,
      asked,
    );
    writeKubeconfig(path, { token: status.token });
    const command = commandOf(
      language,
      ...options(language, { kubeconfig: path, servers: servers(), namespace }),
      "tour",
    );
    const refused = await run(...(command ?? ["", []]));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Forbidden/);
    expect(refused.stderr).toContain(
      `cannot create resource "configmaps" in API group "" in the namespace "${namespace}"`,
    );
    const rbac = "rbac.authorization.k8s.io";
    await write(`/apis/${rbac}/v1/namespaces/${namespace}/rolebindings`, {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "example" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "edit" },
      subjects: [{ kind: "ServiceAccount", name: "example", namespace }],
    });
    await eventually(
      "the binding is known to both apiservers",
      10_000,
      () => run(...(command ?? ["", []])),
      ({ code }) => code === 0,
    );
  });
});

it("watches go on without loss or doubling while their apiserver is killed, comes back, and the other one stops", async ({
  skip,
}) => {
  const watchers = languages.flatMap((language) => {
    const command = commandOf(
      language,
      ...options(language, {
        kubeconfig,
        servers: servers(),
        selector: "watched=yes",
        until: "last",
      }),
      "watch",
    );
    return command === undefined ? [] : [{ language, ...watcher(command) }];
  });
  if (watchers.length === 0) skip("neither example could be built");
  try {
    await eventually(
      "every client watches",
      20_000,
      async () => watchers.map(({ lines }) => lines.length),
      (counts) => counts.every((count) => count > 0),
    );
    const expected: string[] = [];
    const writeSome = async (through: ApiserverReplica, prefix: string, count: number) => {
      for (let i = 0; i < count; i++) expected.push(...(await life(through, `${prefix}-${i}`)));
    };
    await writeSome(first, "before", 30);
    const writing = writeSome(second, "killed", 60);
    await first.kill();
    await writing;
    await first.start();
    await writeSome(second, "back", 10);
    const stopping = writeSome(first, "stopped", 60);
    await second.stop();
    await stopping;
    expected.push(...(await life(first, "last")).slice(0, 1));
    for (const { language, lines, ended, lost } of watchers) {
      expect([language, await ended]).toEqual([language, 0]);
      expect([language, lines.slice(1)]).toEqual([language, expected]);
      // Each client was cut off twice, or the test shows nothing.
      expect([language, lost()]).toEqual([language, expect.any(Number)]);
      expect(lost()).toBeGreaterThanOrEqual(1);
    }
  } finally {
    for (const { stop } of watchers) stop();
  }
});

it("every line for grpcurl in the examples' README does what it says", async ({ skip }) => {
  if ("missing" in grpcurl) {
    skip(grpcurl.missing);
    return;
  }
  (await first.isReady()) || (await first.start());
  for (const [name, pem] of Object.entries({
    "ca.crt": files.admin.ca,
    "client.crt": files.admin.cert,
    "client.key": files.admin.key,
  })) {
    writeFileSync(join(folder, name), pem);
  }
  const readme = readFileSync(join(root, "deploy", "examples", "README.md"), "utf8");
  const block = /<!-- grpcurl -->\n([\s\S]*?)<!-- end -->/.exec(readme)?.[1] ?? "";
  const script = block
    .split("\n")
    .filter((line) => line.startsWith("    "))
    .join("\n");
  const env = {
    PATH: `${dirname(grpcurl.program)}:${process.env.PATH}`,
    SERVER: first.grpcAddress,
  };
  const { stdout: said, stderr } = await run("bash", ["-euo", "pipefail", "-c", script], {
    env,
    cwd: folder,
  });
  expect(stderr).toMatch(/ERROR:\n {2}Code: Aborted/);
  const texts = [
    "grpc.reflection.v1.ServerReflection",
    "kubets.api.v1.Objects is a service",
    '"status": "SERVING"',
    '"kind":"Namespace"',
    "refused, as it should be",
    "EVENT_TYPE_ADDED",
  ];
  for (const text of texts) expect(said).toContain(text);
});

interface Written {
  readonly metadata: { readonly resourceVersion: string };
  readonly status: { readonly token: string };
}

async function write(
  path: string,
  body: object,
  through = first,
  method = "POST",
): Promise<Written> {
  const type = method === "PATCH" ? "application/merge-patch+json" : undefined;
  const answer = await through.endpoint.request(method, path, body, type);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

/** Creates, changes and deletes a config map; the events that this must cause. */
async function life(through: ApiserverReplica, name: string): Promise<string[]> {
  const path = "/api/v1/namespaces/default/configmaps";
  const metadata = { name, labels: { watched: "yes" } };
  const created = await write(path, { apiVersion: "v1", kind: "ConfigMap", metadata }, through);
  const changed = await write(`${path}/${name}`, { data: { a: "b" } }, through, "PATCH");
  await write(`${path}/${name}`, {}, through, "DELETE");
  // A delete answers with a Status; its version is the next one, since nothing else writes config maps here.
  return [
    `ADDED ${name} ${created.metadata.resourceVersion}`,
    `MODIFIED ${name} ${changed.metadata.resourceVersion}`,
    `DELETED ${name}`,
  ];
}

function options(language: string, flags: Readonly<Record<string, string>>): string[] {
  const dashes = language === "Go" ? "-" : "--";
  return Object.entries(flags).flatMap(([name, value]) => [`${dashes}${name}`, value]);
}

/** Runs until it ends by itself; keeps what it prints. The version of a deletion is left out: no answer names it. */
function watcher([program, args]: readonly [string, string[]]) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let rest = "";
  let errors = "";
  child.stdout.on("data", (data) => {
    const parts = (rest + String(data)).split("\n");
    rest = parts.pop() ?? "";
    lines.push(
      ...parts.map((line) => (line.startsWith("DELETED") ? line.replace(/ \d+$/, "") : line)),
    );
  });
  child.stderr.on("data", (data) => {
    errors += String(data);
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const lost = () => errors.split("\n").filter((line) => line.startsWith("lost:")).length;
  return { lines, ended, lost, stop: () => child.kill("SIGKILL") };
}
