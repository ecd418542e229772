/** The stack of deploy/compose as a test drives it: compose and kubectl as users type them, and its containers by service. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { eventually, must, type Outcome, run } from "../program.ts";
import type { ComposeProgram } from "./compose-program.ts";
import type { Engine } from "./engine.ts";

const PROJECT = "kubets-e2e";
const NETWORK = `${PROJECT}_default`;

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly number: number;
}

export class Stack {
  readonly env: NodeJS.ProcessEnv;
  readonly #engine: Engine;
  readonly #compose: ComposeProgram;
  readonly #file: string;

  /** `settings` are the variables of the compose file; `folder` gets the kubeconfig. */
  constructor(
    engine: Engine,
    compose: ComposeProgram,
    composeFolder: string,
    folder: string,
    settings: NodeJS.ProcessEnv,
  ) {
    this.#engine = engine;
    this.#compose = compose;
    this.#file = join(composeFolder, "docker-compose.yml");
    this.env = {
      ...engine.env,
      ...settings,
      COMPOSE_PROJECT_NAME: PROJECT,
      KUBECONFIG: join(folder, "config"),
    };
  }

  compose(...args: string[]): Promise<string> {
    return this.composeWith({}, ...args);
  }

  /** With other settings than the stack's, as an upgrade has them. */
  composeWith(settings: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    const { program, args: before } = this.#compose;
    return must(program, [...before, "-f", this.#file, ...args], {
      env: { ...this.env, ...settings },
      timeoutMs: 300_000,
    });
  }

  docker(...args: string[]): Promise<string> {
    return this.#engine.docker(...args);
  }

  kubectl(...args: string[]): Promise<string> {
    return must("kubectl", args, { env: this.env });
  }

  tryKubectl(args: readonly string[], input?: string): Promise<Outcome> {
    return run("kubectl", ["--request-timeout=10s", ...args], {
      env: this.env,
      timeoutMs: 30_000,
      ...(input === undefined ? {} : { input }),
    });
  }

  async readKubeconfig(): Promise<void> {
    const read = ["--rm", "-T", "--no-deps", "--entrypoint", "cat", "init"];
    const text = await this.compose("run", ...read, "/pki/admin/kubeconfig");
    writeFileSync(this.env.KUBECONFIG ?? "", text, { mode: 0o600 });
  }

  /** The running containers of a service, lowest number first. */
  async containers(service: string): Promise<Container[]> {
    const labels = [
      `com.docker.compose.project=${PROJECT}`,
      `com.docker.compose.service=${service}`,
    ];
    const lines = await this.docker(
      "ps",
      ...[...labels, "com.docker.compose.oneoff=False"].flatMap((label) => [
        "--filter",
        `label=${label}`,
      ]),
      "--format",
      '{{.ID}} {{.Names}} {{.Label "com.docker.compose.container-number"}}',
    );
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [id = "", name = "", number = ""] = line.split(" ");
        return { id, name, number: Number(number) };
      })
      .sort((a, b) => a.number - b.number);
  }

  async container(service: string, number: number): Promise<Container> {
    const found = (await this.containers(service)).find((entry) => entry.number === number);
    if (found === undefined) throw new Error(`no container ${number} of ${service} runs`);
    return found;
  }

  /** Its main process dies as in a crash, which the engine answers by starting it again; `docker kill` would not do that. */
  async crash({ id }: Container): Promise<void> {
    process.kill(Number(await this.docker("inspect", "-f", "{{.State.Pid}}", id)), "SIGKILL");
  }

  /** A hang: every process of it stands still for as long as `meanwhile` takes. */
  async freeze({ id }: Pick<Container, "id">, meanwhile: () => Promise<void>): Promise<void> {
    // With cgroups of version 1 the engine gives up on a container that is starting processes just then.
    await eventually(
      "the engine freezes the container",
      10_000,
      () => run("docker", ["pause", id], { env: this.env }),
      ({ code }) => code === 0,
    );
    try {
      await meanwhile();
    } finally {
      await this.docker("unpause", id);
    }
  }

  /** Away from the network for as long as `meanwhile` takes; back with the address and names it had. */
  async disconnect(
    service: string,
    { id }: Container,
    meanwhile: () => Promise<void>,
  ): Promise<void> {
    const format = `{{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`;
    const address = (await this.docker("inspect", "-f", format, id)).trim();
    await this.docker("network", "disconnect", "-f", NETWORK, id);
    try {
      await meanwhile();
    } finally {
      await this.docker(
        ...["network", "connect", "--alias", service, "--ip", address, NETWORK, id],
      );
    }
  }

  async readyNodes(): Promise<string[]> {
    const { code, stdout } = await this.tryKubectl(["get", "nodes", "--no-headers"]);
    return code === 0 ? stdout.split("\n").filter((line) => / Ready /.test(line)) : [];
  }

  /** Who holds a lease: the first part of the name is the container's id. */
  async leader(lease: string): Promise<string> {
    return (await this.#leaseField(lease, "holderIdentity")).split("_")[0] ?? "";
  }

  /** When its holder took the lease, by the holder's clock, which is this machine's. */
  async leadsSinceMs(lease: string): Promise<number> {
    return Date.parse(await this.#leaseField(lease, "acquireTime"));
  }

  /** Who holds a lease, and which change of its holder that was. */
  async term(lease: string): Promise<string> {
    return `${await this.leader(lease)} ${await this.#leaseField(lease, "leaseTransitions")}`;
  }

  async #leaseField(lease: string, field: string): Promise<string> {
    const path = `jsonpath={.spec.${field}}`;
    const { stdout } = await this.tryKubectl([
      "get",
      "lease",
      lease,
      "-n",
      "kube-system",
      "-o",
      path,
    ]);
    return stdout;
  }

  /** What `docker load` would be for the node's own containerd. */
  async loadImage({ id }: Container, archive: string): Promise<void> {
    const ctr = "ctr -a /run/kubets-node/containerd.sock -n k8s.io images import -";
    const command = `docker exec -i ${id} ${ctr} < ${archive}`;
    await eventually(
      "the node takes the image",
      30_000,
      () => run("sh", ["-c", command], { env: this.env }),
      ({ code }) => code === 0,
    );
  }
}

export async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(typeof address === "object" && address !== null ? address.port : 0);
}
