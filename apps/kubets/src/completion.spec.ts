import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { completionScript, describeCommand } from "./completion.ts";

const program = new Command("kubets").option("-q, --quiet", "say less");
program
  .command("up")
  .addOption(new Option("--runtime <runtime>", "what").choices(["containerd", "simulated"]));
const node = program.command("node").description("it's about nodes");
node.command("add").option("--count <count>", "how many");
node.command("remove");
program.command("secret", { hidden: true });
const described = describeCommand(program);

/** What bash offers for a line whose last word is being typed. */
function offered(...words: string[]): string[] {
  const list = ["kubets", ...words].map((word) => `'${word}'`).join(" ");
  const script = `${completionScript("bash", described)}
COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _kubets; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["-c", script], { cwd: "/", encoding: "utf8" });
  return text.split("\n").filter(Boolean).sort();
}

describe.skipIf(!existsSync("/bin/bash"))("the completion of bash", () => {
  it("offers commands, and options beside them", () => {
    expect(offered("")).toEqual(["--help", "--quiet", "-h", "-q", "help", "node", "up"]);
    expect(offered("u")).toEqual(["up"]);
  });
  it("follows subcommands", () => {
    expect(offered("node", "a")).toEqual(["add"]);
    expect(offered("node", "add", "--c")).toEqual(["--count"]);
  });
  it("offers an option's choices as its value", () => {
    expect(offered("up", "--runtime", "")).toEqual(["containerd", "simulated"]);
    expect(offered("up", "--runtime", "s")).toEqual(["simulated"]);
  });
});

describe("the other shells", () => {
  it("zsh runs the function of bash", () => {
    expect(completionScript("zsh", described)).toMatch(/^#compdef kubets\n.*bashcompinit/);
  });
  it("fish gets a line for each command and option, and none for hidden ones", () => {
    const script = completionScript("fish", described);
    expect(script).toContain("-a node -d 'it\\'s about nodes'");
    expect(script).toContain(
      "complete -c kubets -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from add' -l count -x",
    );
    expect(script).toContain("-x -a 'containerd simulated'");
    expect(script).not.toContain("secret");
  });
});
