/** doctor, version, completion: about this machine and this program. */
import { bundleOf, diagnose, examineMachine } from "@kubets/cluster";
import { kubernetesVersion } from "@kubets/service";
import { Argument, type Command } from "commander";
import { completionScript, describeCommand } from "../completion.ts";
import { doctorLines } from "../doctor-lines.ts";
import { type Cli, withExamples, withOutput } from "./cli.ts";

export function addMachine(program: Command, cli: Cli): void {
  const doctor = withOutput(program.command("doctor")).description(
    "Say what this machine lacks for a cluster and what to do. Exit code 1 when none can come up.",
  );
  withExamples(cli, doctor, ["doctor", "doctor --output json"]).action(async ({ output }) => {
    const { environment, progress } = cli.context;
    progress.begin("Examining this machine");
    const machine = await examineMachine(environment, bundleOf).finally(() => progress.end());
    const findings = diagnose(machine);
    cli.print(output === "json" ? JSON.stringify(findings) : doctorLines(findings));
    if (findings.some(({ result }) => result === "problem")) cli.exitWith(1);
  });

  const version = withOutput(program.command("version")).description(
    "Print the versions of this program, of Kubernetes and of Node.",
  );
  withExamples(cli, version, ["version", "version --output json"]).action(({ output }) => {
    const { gitVersion } = kubernetesVersion;
    const node = process.versions.node;
    const platform = `${process.platform}/${process.arch}`;
    if (output === "json") cli.print(JSON.stringify({ kubernetes: gitVersion, node, platform }));
    else cli.print(`kubets, Kubernetes ${gitVersion}, Node ${node}, ${platform}`);
  });

  const completion = program
    .command("completion")
    .description("Print a completion script for a shell.")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]));
  withExamples(cli, completion, [
    "completion bash > /etc/bash_completion.d/kubets",
    "completion zsh > ~/.zfunc/_kubets",
    "completion fish > ~/.config/fish/completions/kubets.fish",
  ]).action((shell: "bash" | "zsh" | "fish") => {
    cli.print(completionScript(shell, describeCommand(program)));
  });
}
