/** What a cluster's own processes are: the supervisor, its guard and the balancer. Hidden from users. */
import { guardCluster, runBalancer, superviseCluster } from "@kubets/cluster";
import { type Command, InvalidArgumentError } from "commander";
import { type Cli, named, nameOf } from "./cli.ts";

export function addHidden(program: Command, { context, endNow }: Cli): void {
  const { environment, self } = context;
  named(program.command("supervise", { hidden: true }))
    .description("Keep a cluster's components running.")
    .option("--resume", "take over what a supervisor that was killed has left running")
    .action((options) =>
      superviseCluster(
        { name: nameOf(options), resume: options.resume === true, endNow },
        environment,
      ),
    );

  named(program.command("guard", { hidden: true }))
    .description("Start another supervisor when a cluster's ends or falls silent.")
    .action((options) => guardCluster({ name: nameOf(options), self, endNow }, environment));

  program
    .command("balance", { hidden: true })
    .description("Give each connection to an apiserver that is ready.")
    .requiredOption("--listen <host:port>", "where clients connect", endpoint)
    .requiredOption("--backend <host:port>", "an apiserver, repeatable", endpoints)
    .requiredOption("--health <host:port>", "where it tells whether one is ready", endpoint)
    .requiredOption("--certificate-authority <file>", "of the apiservers")
    .action((options) =>
      runBalancer({
        listen: options.listen,
        backends: options.backend,
        health: options.health,
        certificateAuthority: options.certificateAuthority,
      }),
    );
}

interface HostPort {
  readonly host: string;
  readonly port: number;
}

function endpoint(text: string): HostPort {
  const [, host, port] = /^([^:]+):(\d+)$/.exec(text) ?? [];
  if (host === undefined || port === undefined) {
    throw new InvalidArgumentError("It must look like 10.200.0.1:6443.");
  }
  return { host, port: Number(port) };
}

const endpoints = (text: string, list: readonly HostPort[] = []) => [...list, endpoint(text)];
