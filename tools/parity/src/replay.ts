/** Sends recorded exchanges to our server and says where the answer is not upstream's. */
import type { Server } from "./ask.ts";
import { differences } from "./pointer.ts";
import type { RecordedSuite } from "./recorded.ts";
import { runSuite } from "./run-suite.ts";

/** The numbers of the exchanges that were answered otherwise, with what was said, shortened. */
export async function replay(
  server: Server,
  { suite, answers }: RecordedSuite,
  options: { readonly run: string; readonly nowMs: number },
): Promise<ReadonlyMap<number, string>> {
  const answered = await runSuite(server, suite, options);
  const differing = new Map<number, string>();
  for (const [index, { exchange, answer }] of answered.entries()) {
    const recorded = answers[index];
    if (recorded === undefined) throw new Error(`${suite.name}: no answer ${index} recorded`);
    const found = differences(
      JSON.parse(JSON.stringify(recorded)),
      JSON.parse(JSON.stringify(answer)),
    );
    const [first] = found;
    if (first === undefined) continue;
    const [place, theirs, ours] = first.map((part) => JSON.stringify(part)?.slice(0, 300));
    differing.set(
      index,
      `${exchange.do} ${JSON.stringify(exchange.with ?? exchange.body ?? exchange.of)?.slice(0, 200)}\n  at ${place}\n  upstream ${theirs}\n  kubets   ${ours}`,
    );
  }
  return differing;
}
