/** down, stop, start, restart: a cluster that is there. */
import {
  clusters,
  down,
  findCluster,
  restartComponents,
  stop,
  type UpResult,
  up,
} from "@kubets/cluster";
import type { Command } from "commander";
import {
  type Cli,
  named,
  nameOf,
  UsageError,
  withExamples,
  withKubeconfig,
  withOutput,
  withWait,
} from "./cli.ts";
import { upOptions } from "./up.ts";

export function addLifecycle(program: Command, cli: Cli): void {
  const { progress, environment } = cli.context;

  const remove = withOutput(withKubeconfig(named(program.command("down"))))
    .description("Remove a cluster and everything it made. No cluster is no error.")
    .option("--all", "every cluster of this machine");
  withExamples(cli, remove, ["down", "down --name second", "down --all"]).action(
    async ({ all, output, ...options }) => {
      if (all === true && options.name !== undefined) {
        throw new UsageError("--all and --name exclude each other");
      }
      const names =
        all === true ? clusters(environment).map(({ name }) => name) : [nameOf(options)];
      const removed: string[] = [];
      for (const name of names) {
        if (await down({ ...options, name }, cli.context)) removed.push(name);
        else progress.note(`There is no cluster "${name}"; nothing to remove.`);
      }
      if (names.length === 0) progress.note("There is no cluster; nothing to remove.");
      if (output === "json") cli.print(JSON.stringify({ removed }));
    },
  );

  const pause = withOutput(named(program.command("stop"))).description(
    "Stop a cluster and keep its state; `start` brings it back.",
  );
  withExamples(cli, pause, ["stop", "stop --name second"]).action(async (options) => {
    const name = nameOf(options);
    const stopped = await stop(name, cli.context);
    if (!stopped) progress.note(`Cluster "${name}" was stopped already.`);
    if (options.output === "json") cli.print(JSON.stringify({ name, stopped }));
  });

  const resume = withWait(
    withOutput(withKubeconfig(named(program.command("start")))),
    120,
  ).description("Start a stopped cluster again, with everything that was in it.");
  withExamples(cli, resume, ["start", "start --name second --wait 0"]).action(async (options) => {
    const { spec } = findCluster(nameOf(options), environment);
    const result: UpResult = await up(
      { ...upOptions({ ...options, extra: {} }), name: spec.name },
      cli.context,
    );
    if (options.output === "json") cli.print(JSON.stringify(result));
    else progress.note(`Cluster "${spec.name}" is up; kubectl points at "${result.context}".`);
    if ((options.wait > 0 && !result.nodesReady) || result.failing.length > 0) cli.exitWith(1);
  });

  const renew = withOutput(named(program.command("restart")))
    .description(
      "Restart components, one after the other, each once the one before is well: with new bundles, this upgrades them in place. Pods run on.",
    )
    .argument(
      "[component...]",
      "as `status` calls them; `apiserver` is all of them (default: every component)",
    );
  withExamples(cli, renew, [
    "restart scheduler",
    "restart apiserver controller-manager",
    "restart kubelet kubets-node-1",
    "restart",
  ]).action(async (components: string[], options) => {
    const name = nameOf(options);
    const restarted = await restartComponents({ name, components }, cli.context);
    if (options.output === "json") cli.print(JSON.stringify({ name, restarted }));
  });
}
