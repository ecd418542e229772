/** `kubectl port-forward` in the background. */
import { spawn } from "node:child_process";
import { eventually } from "./program.ts";

export interface ForwardedPort {
  /** On this machine. */
  readonly number: number;
  /** What the client has said on its error output. */
  errors(): string;
  stop(): Promise<void>;
}

export async function forwardPort(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ForwardedPort> {
  const child = spawn(program, ["port-forward", ...args], { env: { ...process.env, ...env } });
  const over = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  const found = await eventually(
    `port-forward ${args.join(" ")} listens`,
    30_000,
    async () =>
      /127\.0\.0\.1:(\d+) ->/.exec(output)?.[1] ?? (child.exitCode === null ? "" : errors),
    (text) => text !== "",
  );
  if (!/^\d+$/.test(found)) throw new Error(found);
  return {
    number: Number(found),
    errors: () => errors,
    async stop() {
      child.kill();
      await over;
    },
  };
}
