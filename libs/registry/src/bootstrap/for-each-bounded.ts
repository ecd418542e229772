/** Runs a task for every item, a few at a time: their writes share commits. The first failure is thrown. */
export async function forEachBounded<T>(
  items: readonly T[],
  workersMax: number,
  task: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items.values();
  const work = async () => {
    for (const item of queue) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(workersMax, items.length) }, work));
}
