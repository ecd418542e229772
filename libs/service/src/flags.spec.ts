import { expect, test } from "vitest";
import { FlagError, type FlagTable, parseFlags } from "./flags.ts";

const flags = {
  "bind-address": {
    kind: "string",
    default: "0.0.0.0",
    help: "Where to listen.",
    group: "Serving",
  },
  "secure-port": { kind: "int", default: 6443, min: 0, help: "The port.", group: "Serving" },
  "anonymous-auth": { kind: "bool", default: true, help: "Allow anonymous requests." },
  "lease-duration": { kind: "duration", default: 15_000, help: "How long a lease lasts." },
  "authorization-mode": {
    kind: "list",
    default: ["AlwaysAllow"],
    choices: ["AlwaysAllow", "Node", "RBAC"],
    help: "Authorizers in order.",
  },
  "feature-gates": { kind: "map", default: {}, help: "Switches." },
} as const satisfies FlagTable;

const program = {
  name: "kube-thing",
  description: "Does things.",
  flags,
  examples: ["kube-thing --secure-port=0"],
};

function values(...args: string[]) {
  const parsed = parseFlags(program, args);
  if (parsed.action !== "run") throw new Error("expected a run");
  return parsed.values;
}

test("without arguments each flag has its default", () => {
  expect(values()).toEqual({
    "bind-address": "0.0.0.0",
    "secure-port": 6443,
    "anonymous-auth": true,
    "lease-duration": 15_000,
    "authorization-mode": ["AlwaysAllow"],
    "feature-gates": {},
  });
});

test.each([
  [["--secure-port=1"], "secure-port", 1],
  [["--secure-port", "2"], "secure-port", 2],
  [["--secure_port=3"], "secure-port", 3],
  [["--secure-port=1", "--secure-port=4"], "secure-port", 4],
  [["--anonymous-auth=false"], "anonymous-auth", false],
  [["--anonymous-auth"], "anonymous-auth", true],
  [["--lease-duration=1m30s"], "lease-duration", 90_000],
  [["--authorization-mode=Node,RBAC"], "authorization-mode", ["Node", "RBAC"]],
  [
    ["--authorization-mode=Node", "--authorization-mode=RBAC"],
    "authorization-mode",
    ["Node", "RBAC"],
  ],
  [["--bind-address="], "bind-address", ""],
  [
    ["--feature-gates=A=true,B=false", "--feature-gates=C=true"],
    "feature-gates",
    { A: "true", B: "false", C: "true" },
  ],
  [["--feature-gates=__proto__=true"], "feature-gates", JSON.parse('{"__proto__":"true"}')],
] as const)("%j is understood as upstream does", (args, name, value) => {
  expect(values(...args)[name]).toEqual(value);
});

test.each([
  [["--no-such-flag"], "unknown option '--no-such-flag'"],
  [["--secure-port=x"], "It is not a whole number."],
  [["--secure-port=-1"], "The least value is 0."],
  [["--secure-port"], "argument missing"],
  [["--lease-duration=15"], 'It is not a duration like "15s" or "1h30m".'],
  [["--anonymous-auth=perhaps"], "It is neither true nor false."],
  [["--authorization-mode=Root"], "Allowed are AlwaysAllow, Node, RBAC."],
  [["--feature-gates=A"], '"A" is not of the form key=value.'],
  [["stray"], "too many arguments"],
] as const)("%j is refused with a text that says why", (args, text) => {
  expect(() => values(...args)).toThrow(FlagError);
  expect(() => values(...args)).toThrow(text);
});

test.each([
  [["-v", "4"], 4],
  [["-v=4"], 4],
  [["-v4"], 4],
  [["--v=4"], 4],
  [[], 0],
] as const)("verbosity %j is %d", (args, verbosity) => {
  expect(parseFlags(program, args)).toMatchObject({ verbosity });
});

test("--version names the Kubernetes release", () => {
  expect(parseFlags(program, ["--version"])).toEqual({
    action: "print",
    text: expect.stringMatching(/^Kubernetes v1\.36\.\d+\n$/),
  });
});

test("--help shows flags in groups with defaults and ends with examples", () => {
  const parsed = parseFlags(program, ["--help"]);
  const text = parsed.action === "print" ? parsed.text : "";
  expect(text).toMatch(
    /Serving\n\s+--bind-address <string>\s+Where to listen. \(default "0.0.0.0"\)/,
  );
  expect(text).toContain("--lease-duration <duration>");
  expect(text).toContain("(default 15s)");
  expect(text).toMatch(/--anonymous-auth \[bool\]\s+Allow anonymous requests\. \(default true\)\n/);
  expect(text).toContain("Global flags");
  expect(text.endsWith("\nExamples:\n  kube-thing --secure-port=0\n")).toBe(true);
});
