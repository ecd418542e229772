/** node add, node remove, load: what a cluster's nodes are and hold. */
import { addNodes, findCluster, loadArchive, removeNodes } from "@kubets/cluster";
import { type Command, InvalidArgumentError } from "commander";
import {
  type Cli,
  count,
  named,
  nameOf,
  taint,
  withExamples,
  withOutput,
  withWait,
} from "./cli.ts";

const LOAD_TIMEOUT_MS = 600_000;

export function addNodeCommands(program: Command, cli: Cli): void {
  const node = program.command("node").description("Add nodes to a cluster, or take them away.");
  withExamples(cli, node, ["node add", "node remove kubets-node-2"]);

  const add = withWait(withOutput(named(node.command("add"))), 120)
    .description("Add nodes to a cluster.")
    .option("--count <count>", "how many", count(1, 100), 1)
    .option("--label <key=value>", "a label of the new nodes, repeatable", label)
    .option("--taint <key=value:effect>", "a taint of the new nodes, repeatable", taint);
  withExamples(cli, add, ["node add", "node add --count 2 --label zone=b"]).action(
    async (options) => {
      const settings = {
        ...(options.label === undefined ? {} : { labels: options.label }),
        ...(options.taint === undefined ? {} : { taints: options.taint }),
      };
      const result = await addNodes(
        {
          name: nameOf(options),
          nodes: Array.from({ length: options.count }, () => settings),
          waitSeconds: options.wait,
        },
        cli.context,
      );
      show(cli, result, options.output);
      if (options.wait > 0 && result.running && !result.ready) cli.exitWith(1);
    },
  );

  const remove = withOutput(named(node.command("remove")))
    .description("Drain nodes, stop them and remove everything they hold.")
    .argument("<node...>", "the nodes' names, as `kubectl get nodes` shows them")
    .option("--drain <seconds>", "how long their pods may take to end", count(0, 3600), 60);
  withExamples(cli, remove, [
    "node remove kubets-node-2",
    "node remove kubets-node-2 --drain 0",
  ]).action(async (nodes: string[], options) => {
    const result = await removeNodes(
      { name: nameOf(options), nodes, drainSeconds: options.drain },
      cli.context,
    );
    show(cli, result, options.output);
  });

  const load = withOutput(named(program.command("load")))
    .description("Put an OCI or Docker image archive into every node.")
    .argument("<archive>", "the file, as `docker save` or `skopeo copy` write it");
  withExamples(cli, load, ["load app.tar", "load app.tar --name second"]).action(
    async (archive: string, options) => {
      const { progress } = cli.context;
      const handle = findCluster(nameOf(options), cli.context.environment);
      const { name, nodes } = handle.spec;
      progress.begin(`Loading ${archive}`);
      const signal = AbortSignal.timeout(LOAD_TIMEOUT_MS);
      await loadArchive(handle, archive, signal).catch((error: unknown) => {
        progress.end();
        throw error;
      });
      progress.done(`${archive} is in every node of "${name}"`);
      if (options.output === "json") {
        cli.print(JSON.stringify({ name, archive, nodes: nodes.map((node) => node.name) }));
      }
    },
  );
}

function show(cli: Cli, result: { readonly nodes: readonly string[] }, output?: string): void {
  if (output === "json") cli.print(JSON.stringify(result));
  else for (const node of result.nodes) cli.print(node);
}

function label(text: string, labels: Readonly<Record<string, string>> = {}) {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError("It must look like zone=b.");
  }
  return { ...labels, [key]: value };
}
