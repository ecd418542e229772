import { spawn } from "node:child_process";
import { type Ground, type Measured, measuredOf } from "./measured.ts";
import { processorTime, usedBetween } from "./processor-time.ts";

const WARM_UP_SECONDS = 1;
/** Of what h2load counts, this much at both ends is not looked at: it comes up and goes down meanwhile. */
const MARGIN_MS = 200;
const LOOK_MS = 200;

/** All clients of one apiserver for a few seconds; resolves with how many requests were answered, all of them with 2xx. */
function h2load(port: number, path: string, token: string, args: readonly string[]) {
  const child = spawn("h2load", [
    ...args,
    ...["-t", "1", "-H", `authorization: Bearer ${token}`, "-H", "accept: application/json"],
    `https://127.0.0.1:${port}${path}`,
  ]);
  let said = "";
  child.stdout.on("data", (data) => {
    said += String(data);
  });
  return new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      const succeeded = Number(/status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/.exec(said)?.[1]);
      if (Number.isNaN(succeeded)) reject(new Error(said));
      else resolve(succeeded);
    });
  });
}

/** The same number of clients, however many apiservers there are. */
export async function requests(
  what: string,
  { replicas, token, seconds }: Ground,
  clients: number,
  path: string,
  args: readonly string[] = [],
): Promise<Measured> {
  const times = ["-D", String(seconds), `--warm-up-time=${WARM_UP_SECONDS}`];
  const share = ["-c", String(clients / replicas.length)];
  let isOver = false;
  const answered = Promise.all(
    replicas.map(({ endpoint }) =>
      h2load(endpoint.port, path, token, [...times, ...share, ...args]).finally(() => {
        isOver = true;
      }),
    ),
  );
  const used = usedDuring(
    () => processorTime(replicas),
    seconds * 1_000,
    () => isOver,
  );
  const [counts, use] = await Promise.all([answered, used]);
  return measuredOf(what, counts.reduce((sum, count) => sum + count, 0) / seconds, use);
}

/** Up to the last look that was taken while all clients were still there: on a busy machine looks come late. */
async function usedDuring(
  look: () => ReturnType<typeof processorTime>,
  ms: number,
  isOver: () => boolean,
) {
  await pause(WARM_UP_SECONDS * 1_000 + MARGIN_MS);
  const before = look();
  const beganMs = performance.now();
  let [after, elapsedMs] = [before, 0];
  while (elapsedMs < ms - 2 * MARGIN_MS) {
    await pause(LOOK_MS);
    const [now, nowMs] = [look(), performance.now()];
    if (isOver()) break;
    [after, elapsedMs] = [now, nowMs - beganMs];
  }
  return { time: usedBetween(before, after), elapsedMs };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
