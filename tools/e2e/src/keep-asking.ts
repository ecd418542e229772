/** Often enough to meet every change of endpoints, and leaving the machine to those who answer. */
const PAUSE_MS = 5;

/** Asks the Service through the node's port until told to stop; counts answers and failures. */
export function keepAsking(url: string) {
  let asked = 0;
  const failures: string[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      asked++;
      try {
        const answer = await fetch(url, {
          headers: { connection: "close" },
          signal: AbortSignal.timeout(5_000),
        });
        const text = await answer.text();
        if (answer.status !== 200 || !text.includes("nginx"))
          failures.push(`${answer.status} ${text}`);
      } catch (error) {
        failures.push(String(error instanceof Error ? (error.cause ?? error) : error));
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  return async () => {
    stopped = true;
    await asking;
    return { asked, failures };
  };
}
