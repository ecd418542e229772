import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@kubets/service";
import { startEmbeddedPostgres } from "@kubets/storage-postgres/embedded";

/** A server of our own, with its default durability, in a temporary folder. */
export async function withPostgres(use: (url: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "kubets-bench-"));
  await chmod(dataDir, 0o755);
  const server = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
  try {
    await use(server.url);
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

export function objectOf(name: string, bytes = 1_000): Buffer {
  const head = `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"${name}","namespace":"bench","uid":"00000000-0000-0000-0000-000000000000"},"data":{"a":"`;
  return Buffer.from(`${head}${"x".repeat(Math.max(0, bytes - head.length - 3))}"}}`);
}

export function keyOf(name: string) {
  return { group: "", resource: "configmaps", namespace: "bench", name };
}

export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    0.5,
  );
}

/** The program as it is run; made by `tools/bundle.mjs`. */
export const apiserverBundle = join(import.meta.dirname, "../../../apps/apiserver/dist/main.js");
