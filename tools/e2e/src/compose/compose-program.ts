/** Which compose the tests run: the one named by KUBETS_COMPOSE, the docker plugin (2.x), or docker-compose (1.29). */
import { programPath, run } from "../program.ts";

export interface ComposeProgram {
  readonly program: string;
  /** What comes before compose's own arguments. */
  readonly args: readonly string[];
  readonly version: string;
}

export async function findCompose(): Promise<ComposeProgram | undefined> {
  const named = process.env.KUBETS_COMPOSE;
  const candidates = [
    ...(named === undefined ? [] : [{ program: named, args: [] }]),
    { program: "docker", args: ["compose"] },
    { program: "docker-compose", args: [] },
  ];
  for (const { program, args } of candidates) {
    if (!program.includes("/") && programPath(program) === undefined) continue;
    const { code, stdout } = await run(program, [...args, "version", "--short"]);
    if (code === 0) return { program, args, version: stdout.trim() };
    if (program === named) throw new Error(`KUBETS_COMPOSE: ${named} is no docker compose`);
  }
  return undefined;
}
