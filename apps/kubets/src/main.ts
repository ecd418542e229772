/** The command line: every command is a few lines that read the options and hand over to @kubets/cluster. */
import { fileURLToPath } from "node:url";
import {
  type CommandContext,
  clusterStatus,
  clusters,
  createProgress,
  down,
  findCluster,
  kubeconfigFile,
  loadArchive,
  superviseCluster,
  type UpResult,
  up,
  writeKubeconfig,
} from "@kubets/cluster";
import { kubernetesVersion, systemClock } from "@kubets/service";
import { Command, InvalidArgumentError, Option } from "commander";
import { statusLines } from "./status-lines.ts";

const DEFAULT_NAME = process.env.KUBETS_CLUSTER_NAME ?? "kubets";

const context: CommandContext = {
  environment: process.env,
  clock: systemClock,
  progress: createProgress(
    {
      write: (text) => process.stderr.write(text),
      isTTY: process.stderr.isTTY === true && process.env.CI === undefined,
      color: process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
    },
    systemClock,
  ),
  self: [process.execPath, fileURLToPath(import.meta.url)],
};

const count = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  }
  return value;
};
const collect = (value: string, list: string[] = []) => [...list, value];
const mirror = (value: string, list: { host: string; url: string }[] = []) => {
  const [, host, url] = /^([^=]+)=(https?:\/\/.+)$/.exec(value) ?? [];
  if (host === undefined || url === undefined) {
    throw new InvalidArgumentError("It must look like docker.io=http://host.kubets.internal:5000.");
  }
  return [...list, { host, url }];
};
const print = (text: string) => process.stdout.write(`${text}\n`);

const program = new Command("kubets")
  .description("A Kubernetes cluster on this machine.")
  .version(kubernetesVersion.gitVersion, "--version")
  .showHelpAfterError("(add --help for help)")
  .configureHelp({ sortOptions: true });
const named = (command: Command) =>
  command.option("--name <name>", "the cluster's name; $KUBETS_CLUSTER_NAME", DEFAULT_NAME);
const withKubeconfig = (command: Command) =>
  command.option(
    "--kubeconfig <file>",
    "the kubeconfig to change (default: the first of $KUBECONFIG, or ~/.kube/config)",
  );
const argumentsFor = (command: Command, component: string) =>
  command.option(
    `--${component}-arg <flag>`,
    `an extra flag for the ${component}, repeatable`,
    collect,
    [],
  );

const upCommand = withKubeconfig(named(program.command("up")))
  .description("Bring up a cluster and point kubectl at it. Safe to run again.")
  .addOption(
    new Option(
      "--runtime <runtime>",
      "what runs pods (default: containerd where the machine has it)",
    ).choices(["containerd", "simulated"]),
  )
  .option("--nodes <count>", "how many nodes", count(1, 100), 1)
  .option(
    "--wait <seconds>",
    "how long to wait for the nodes to be Ready; 0: not at all",
    count(0, 3600),
    120,
  )
  .option("--retain", "keep what was made when it fails", false)
  .option("--database-url <url>", "an external Postgres in place of the embedded one")
  .option(
    "--registry-mirror <host=url>",
    "where nodes look first for a registry's images (host.kubets.internal is this machine), repeatable",
    mirror,
    [],
  )
  .option("--output <format>", "json prints the result as one object");
for (const component of ["apiserver", "scheduler", "controller-manager", "kubelet"]) {
  argumentsFor(upCommand, component);
}
upCommand
  .addHelpText(
    "after",
    `
Examples:
  npm run up
  npm run up -- --name second --runtime simulated --nodes 3
  npm run up -- --apiserver-arg=--max-requests-inflight=800`,
  )
  .action(async (options) => {
    const result = await up(
      {
        ...options,
        waitSeconds: options.wait,
        registryMirrors: options.registryMirror,
        extraArguments: {
          apiserver: options.apiserverArg,
          scheduler: options.schedulerArg,
          "controller-manager": options.controllerManagerArg,
          kubelet: options.kubeletArg,
        },
      },
      context,
    );
    if (options.output === "json") print(JSON.stringify(result));
    else context.progress.note(nextLine(result));
    if (options.wait > 0 && !result.nodesReady) process.exitCode = 1;
  });

function nextLine({ context: name, kubectl }: UpResult): string {
  const first = kubectl ?? "kubectl";
  return `\nkubectl now points at "${name}". Try:\n\n  ${first.includes(" ") ? `"${first}"` : shortest(first)} --context ${name} get nodes\n`;
}
/** What is on the PATH needs no folder. */
const shortest = (file: string) =>
  (process.env.PATH ?? "").split(":").some((folder) => file === `${folder}/kubectl`)
    ? "kubectl"
    : file;

withKubeconfig(named(program.command("down")))
  .description("Remove a cluster and everything it made.")
  .action(async (options) => {
    const removed = await down(options, context);
    if (!removed)
      context.progress.note(`There is no cluster "${options.name}"; nothing to remove.`);
  });

named(program.command("status"))
  .description("Show a cluster's components. Exit code 1 when one of them does not run.")
  .option("--output <format>", "json prints one object")
  .action(async ({ name, output }) => {
    const cluster = findCluster(name, process.env);
    const status = await clusterStatus(cluster);
    if (output === "json") print(JSON.stringify({ spec: cluster.spec, status: status ?? null }));
    else print(statusLines(cluster.spec, status));
    const healthy = status?.components.every(({ process: { state } }) => state === "running");
    if (!healthy) process.exitCode = 1;
  });

program
  .command("list")
  .description("The clusters of this machine, one name a line.")
  .action(() => {
    for (const spec of clusters(process.env)) print(spec.name);
  });

named(program.command("load"))
  .description("Put an OCI or Docker image archive into every node.")
  .argument("<archive>", "the file, as `docker save` or `skopeo copy` write it")
  .action(async (archive, { name }) => {
    context.progress.begin(`Loading ${archive}`);
    await loadArchive(findCluster(name, process.env), archive, AbortSignal.timeout(600_000));
    context.progress.done(`${archive} is in every node of "${name}"`);
  });

withKubeconfig(named(program.command("kubeconfig")))
  .description(
    "Write the cluster's entry into the kubeconfig again and make it the current context.",
  )
  .action(async ({ name, kubeconfig }) => {
    const { spec, paths } = findCluster(name, process.env);
    const file = kubeconfigFile(kubeconfig, process.env);
    await writeKubeconfig(spec, paths, file, systemClock);
    print(file);
  });

named(program.command("supervise", { hidden: true })).action(({ name }) =>
  superviseCluster(name, process.env),
);

try {
  await program.parseAsync();
} catch (error) {
  context.progress.failed(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
