/** up: its options, its file, and what it says at the end. */
import { readFileSync } from "node:fs";
import {
  type ClusterConfig,
  type ExtraArguments,
  isDatabaseUrl,
  type NodeSettings,
  noExtraArguments,
  parseClusterConfig,
  plainReason,
  REPLICAS_MAX,
  type Replicas,
  type RuntimeKind,
  type UpOptions,
  type UpResult,
  up,
} from "@kubets/cluster";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type Cli,
  collect,
  count,
  DEFAULT_NAME,
  mirror,
  named,
  UsageError,
  withExamples,
  withKubeconfig,
  withOutput,
  withWait,
} from "./cli.ts";

/** The options as commander gives them; what the user did not say is absent. */
export interface UpFlags {
  readonly name?: string;
  readonly runtime?: RuntimeKind;
  readonly nodes?: number;
  readonly apiservers?: number;
  readonly schedulers?: number;
  readonly controllerManagers?: number;
  readonly wait: number;
  readonly retain?: boolean;
  readonly kubeconfig?: string;
  readonly databaseUrl?: string;
  readonly registryMirror?: readonly { readonly host: string; readonly url: string }[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const CONFIG_HELP = `
The file of --config, every field but the first two optional; flags win over it:
  kind: Cluster
  apiVersion: kubets.io/v1alpha1
  name: dev
  runtime: containerd
  nodes:                        # one entry for each, or their number
    - labels: {zone: a}
    - taints: ["dedicated=db:NoSchedule"]
  networking: {podSubnet: 10.60.0.0/16, serviceSubnet: 10.61.0.0/16, apiServerPort: 6443}
  replicas: {apiserver: 2, scheduler: 2, controller-manager: 2}
  storage: {databaseURL: "postgres://kubets@db.example/kubets"}
  registryMirrors: {docker.io: "http://host.kubets.internal:5000"}
  extraArgs:
    apiserver: {max-requests-inflight: 800}`;

export function addUp(program: Command, cli: Cli): void {
  const command = withWait(withOutput(withKubeconfig(named(program.command("up")))), 120)
    .description("Bring up a cluster and point kubectl at it. Safe to run again.")
    .option("--config <file>", "what the cluster is made of, as YAML; - reads standard input")
    .addOption(
      new Option(
        "--runtime <runtime>",
        "what runs pods (default: containerd where the machine has it)",
      ).choices(["containerd", "simulated"]),
    )
    .option("--nodes <count>", "how many nodes (default: 1)", count(1, 100))
    .option(
      "--apiservers <count>",
      "how many apiservers, behind one address (default: 1)",
      count(1, REPLICAS_MAX),
    )
    .option(
      "--schedulers <count>",
      "how many schedulers, of which one leads (default: 1)",
      count(1, REPLICAS_MAX),
    )
    .option(
      "--controller-managers <count>",
      "how many controller-managers, of which one leads (default: 1)",
      count(1, REPLICAS_MAX),
    )
    .option("--retain", "keep what was made when it fails")
    .option(
      "--database-url <url>",
      "an external Postgres in place of the embedded one",
      databaseUrl,
    )
    .option(
      "--registry-mirror <host=url>",
      "where nodes look first for a registry's images (host.kubets.internal is this machine), repeatable",
      mirror,
    );
  const components = Object.keys(noExtraArguments);
  for (const component of components) {
    command.option(
      `--${component}-arg <flag>`,
      `an extra flag for the ${component}, repeatable`,
      collect,
    );
  }
  withExamples(cli, command, [
    "up",
    "up --name second --runtime simulated --nodes 3",
    "up --apiservers 2 --schedulers 2 --controller-managers 2",
    "up --config cluster.yaml",
    "up --apiserver-arg=--max-requests-inflight=800",
  ])
    .addHelpText("after", CONFIG_HELP)
    .action(async (given) => {
      const config = given.config === undefined ? undefined : readConfig(given.config);
      const extra = Object.fromEntries(
        components.map((component) => [component, given[optionKey(component)] ?? []]),
      );
      cli.endOnInterrupt();
      const result = await up(upOptions({ ...given, extra }, config), cli.context);
      if (given.output === "json") cli.print(JSON.stringify(result));
      else cli.context.progress.note(nextLine(result));
      if ((given.wait > 0 && !result.nodesReady) || result.failing.length > 0) cli.exitWith(1);
    });
}

/** What the flags say, then what the file says, then nothing: the library has the defaults. */
export function upOptions(flags: UpFlags, config?: ClusterConfig): UpOptions {
  const runtime = flags.runtime ?? config?.runtime;
  const nodes = nodesWanted(flags.nodes, config?.nodes);
  const databaseUrl = flags.databaseUrl ?? config?.databaseUrl;
  const replicas = replicasWanted(flags, config?.replicas);
  const merged = Object.entries(config?.extraArguments ?? noExtraArguments).map(
    // The last of two equal flags wins.
    ([component, fromFile]) => [component, [...fromFile, ...(flags.extra[component] ?? [])]],
  );
  const extraArguments: ExtraArguments = { ...noExtraArguments, ...Object.fromEntries(merged) };
  return {
    name: flags.name ?? config?.name ?? DEFAULT_NAME,
    waitSeconds: flags.wait,
    retain: flags.retain ?? false,
    registryMirrors: [...(config?.registryMirrors ?? []), ...(flags.registryMirror ?? [])],
    extraArguments,
    ...(config === undefined ? {} : { networking: config.networking }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(Object.keys(replicas).length === 0 ? {} : { replicas }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
  };
}

function replicasWanted(
  { apiservers, schedulers, controllerManagers }: UpFlags,
  inFile: Replicas | undefined,
): Replicas {
  return {
    ...inFile,
    ...(apiservers === undefined ? {} : { apiserver: apiservers }),
    ...(schedulers === undefined ? {} : { scheduler: schedulers }),
    ...(controllerManagers === undefined ? {} : { "controller-manager": controllerManagers }),
  };
}

function nodesWanted(
  number: number | undefined,
  inFile: readonly NodeSettings[] | undefined,
): readonly NodeSettings[] | undefined {
  if (number === undefined) return inFile;
  return Array.from({ length: number }, (_, index) => inFile?.[index] ?? {});
}

function readConfig(file: string): ClusterConfig {
  const shown = file === "-" ? "standard input" : file;
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`--config: cannot read ${shown}: ${plainReason(error)}`);
  }
  try {
    return parseClusterConfig(text);
  } catch (error) {
    throw new UsageError(`--config ${shown}: ${error instanceof Error ? error.message : error}`);
  }
}

function databaseUrl(text: string): string {
  if (!isDatabaseUrl(text)) {
    throw new InvalidArgumentError("It must look like postgres://user@host/database.");
  }
  return text;
}

/** commander's key of `--controller-manager-arg`. */
const optionKey = (component: string) =>
  `${component}-arg`.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function nextLine({ context, kubectl = "kubectl" }: UpResult): string {
  // What is on the PATH needs no folder.
  const onPath = (process.env.PATH ?? "").split(":").includes(kubectl.replace(/\/kubectl$/, ""));
  const first = onPath ? "kubectl" : kubectl.includes(" ") ? `"${kubectl}"` : kubectl;
  return `\nkubectl now points at "${context}". Try:\n\n  ${first} --context ${context} get nodes\n`;
}
