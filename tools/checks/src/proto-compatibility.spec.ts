/** The control of the check: each kind of change that breaks a client is seen, and nothing else is. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "kubets-protos-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const objects = "kubets/api/v1/objects.proto";
const core = "k8s/io/api/core/v1/types.proto";
const node = "k8s/io/api/node/v1alpha1/types.proto";

interface Change {
  readonly what: string;
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
  /** What buf calls the break, and the name it must point at. */
  readonly rule: string;
  readonly names: string;
}

const breaking: readonly Change[] = [
  {
    what: "a renumbered field",
    file: objects,
    from: "string subresource = 6;",
    to: "string subresource = 7;",
    rule: "FIELD_NO_DELETE",
    names: "ResourceRef",
  },
  {
    what: "a retyped field",
    file: objects,
    from: "int64 epoch = 3;",
    to: "string epoch = 3;",
    rule: "FIELD_SAME_TYPE",
    names: "epoch",
  },
  {
    what: "a removed field",
    file: objects,
    from: "  string field_validation = 3;\n",
    to: "",
    rule: "FIELD_NO_DELETE",
    names: "WriteOptions",
  },
  {
    what: "a renamed field",
    file: core,
    from: /\bnodeName = 10\b/,
    to: "hostName = 10",
    rule: "FIELD_SAME_NAME",
    names: "nodeName",
  },
  {
    what: "a field that became repeated",
    file: objects,
    from: "string patch_type = 2;",
    to: "repeated string patch_type = 2;",
    rule: "FIELD_SAME_CARDINALITY",
    names: "patch_type",
  },
  {
    what: "a renumbered enum value",
    file: objects,
    from: "EVENT_TYPE_BOOKMARK = 4;",
    to: "EVENT_TYPE_BOOKMARK = 6;",
    rule: "ENUM_VALUE_NO_DELETE",
    names: "EventType",
  },
  {
    what: "a renamed method",
    file: objects,
    from: "rpc DeleteCollection(",
    to: "rpc DeleteAll(",
    rule: "RPC_NO_DELETE",
    names: "DeleteCollection",
  },
  {
    what: "an answer that became a stream",
    file: objects,
    from: "rpc Get(GetRequest) returns (GetResponse)",
    to: "rpc Get(GetRequest) returns (stream GetResponse)",
    rule: "RPC_SAME_SERVER_STREAMING",
    names: "Get",
  },
  {
    what: "a vanished message",
    file: node,
    from: /\nmessage RuntimeClassList \{[\s\S]*?\n\}\n/,
    to: "\n",
    rule: "MESSAGE_NO_DELETE",
    names: "RuntimeClassList",
  },
];

let copies = 0;
function copyWith(changes: readonly Omit<Change, "what" | "rule" | "names">[]): string {
  const copy = join(folder, `proto-${copies++}`);
  cpSync(join(root, "proto"), copy, { recursive: true });
  for (const { file, from, to } of changes) {
    const text = readFileSync(join(copy, file), "utf8");
    const changed = text.replace(from, to);
    expect(changed, `${from} is not in ${file}`).not.toBe(text);
    writeFileSync(join(copy, file), changed);
  }
  return copy;
}

function check(proto: string, ...more: string[]) {
  const program = join(root, "tools/checks/proto-compatibility.mjs");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, "--proto", proto, ...more],
    { encoding: "utf8" },
  );
  return { status, lines: `${stdout}${stderr}`.split("\n") };
}

describe("the published protos", () => {
  // All at once: each must still be told by itself.
  const { status, lines } = check(copyWith(breaking));

  it.each(breaking)("are broken by $what, and the check says so", ({ rule, names }) => {
    const told = lines.filter((line) => line.includes(`(${rule})`) && line.includes(names));
    expect(told).toHaveLength(1);
    expect(status).toBe(1);
  });

  it("are not broken by what is added", () => {
    const { status, lines } = check(
      copyWith([
        { file: objects, from: "int64 epoch = 3;", to: "int64 epoch = 3;\n  string note = 9;" },
        {
          file: objects,
          from: "service Objects {",
          to: "service Objects {\n  rpc Touch(GetRequest) returns (GetResponse);",
        },
        {
          file: objects,
          from: "EVENT_TYPE_ERROR = 5;",
          to: "EVENT_TYPE_ERROR = 5;\n  EVENT_TYPE_NEW = 6;",
        },
      ]),
    );
    expect(lines[0]).toMatch(/^protos: \d+ packages, none breaks what was published$/);
    expect(status).toBe(0);
  });

  it("have a promise for every package", () => {
    const proto = copyWith([{ file: "README.md", from: /\| `grpc.health`.*\n/, to: "" }]);
    const { status, lines } = check(proto);
    expect(lines[0]).toBe("grpc.health.v1: proto/README.md does not name it");
    expect(status).toBe(1);
  });

  it("move on only with the stable packages whole, unless one is named", () => {
    const renamed = [
      { file: objects, from: "rpc DeleteCollection(", to: "rpc DeleteAll(" },
      { file: node, from: /\bruntimeHandler = /, to: "handler = " },
    ];
    const proto = copyWith(renamed);
    expect(check(proto, "--publish").status).toBe(1);
    expect(check(proto).status).toBe(1);
    const named = check(proto, "--publish", "--break", "kubets.api.v1");
    expect(named.lines.join("\n")).toContain("k8s.io.api.node.v1alpha1, which is alpha");
    expect(named.status).toBe(0);
    expect(check(proto).status).toBe(0);
  });
});
