/** status, list, logs, kubeconfig: questions to a cluster. */
import {
  chooseLog,
  clusters,
  contextName,
  findCluster,
  inspectCluster,
  kubeconfigFile,
  logNames,
  readLog,
  writeKubeconfig,
} from "@kubets/cluster";
import type { Command } from "commander";
import { statusLines } from "../status-lines.ts";
import { type Cli, count, named, nameOf, withExamples, withKubeconfig, withOutput } from "./cli.ts";

export function addInspect(program: Command, cli: Cli): void {
  const { environment, clock, progress } = cli.context;

  const status = withOutput(named(program.command("status"))).description(
    "Show each component: state, version, leader, health, memory. Exit code 1 when one is not well.",
  );
  withExamples(cli, status, ["status", "status --name second --output json"]).action(
    async (options) => {
      const handle = findCluster(nameOf(options), environment);
      progress.begin("Asking every component");
      const report = await inspectCluster(handle, clock).finally(() => progress.end());
      cli.print(options.output === "json" ? JSON.stringify(report) : statusLines(report, cli.own));
      if (report.state !== "running") cli.exitWith(1);
    },
  );

  const list = withOutput(program.command("list")).description(
    "The clusters of this machine, one name a line.",
  );
  withExamples(cli, list, ["list", "list --output json"]).action(({ output }) => {
    const all = clusters(environment);
    if (output === "json") {
      const rows = all.map(({ name, runtime, nodes }) => ({ name, runtime, nodes: nodes.length }));
      cli.print(JSON.stringify(rows));
    } else for (const { name } of all) cli.print(name);
  });

  const logs = named(program.command("logs"))
    .description("Print a component's log; without a component, the names there are.")
    .argument("[component...]", "apiserver, scheduler, kubelet NODE, …")
    .option("-f, --follow", "go on with what is written from now on")
    .option("--tail <lines>", "only the last lines", count(0, 1_000_000));
  withExamples(cli, logs, [
    "logs",
    "logs apiserver --tail 20",
    "logs kubelet kubets-node-1 -f",
  ]).action(async (component: string[], options) => {
    const handle = findCluster(nameOf(options), environment);
    const names = logNames(handle);
    if (component.length === 0) {
      for (const name of names) cli.print(name);
      return;
    }
    const abort = new AbortController();
    process.once("SIGINT", () => abort.abort());
    const wanted = { lines: options.tail, follow: options.follow === true };
    const name = chooseLog(names, component);
    for await (const piece of readLog(handle, name, wanted, clock, abort.signal)) {
      await cli.write(piece);
    }
  });

  const kubeconfig = withOutput(withKubeconfig(named(program.command("kubeconfig")))).description(
    "Write the cluster's entry into the kubeconfig again and make it the current context.",
  );
  withExamples(cli, kubeconfig, ["kubeconfig", "kubeconfig --kubeconfig ./config"]).action(
    async (options) => {
      const { spec, paths } = findCluster(nameOf(options), environment);
      const file = kubeconfigFile(options.kubeconfig, environment);
      await writeKubeconfig(spec, paths, file, clock);
      const context = contextName(spec.name);
      cli.print(options.output === "json" ? JSON.stringify({ file, context }) : file);
    },
  );
}
