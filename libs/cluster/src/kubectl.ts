/** Finds kubectl, or fetches the official one and checks its sum. */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION = "v1.36.2";
const SOURCE = "https://dl.k8s.io/release";
const TIMEOUT_MS = 120_000;
/** kubectl is about 60 MB. */
const BYTES_MAX = 256 << 20;

export interface KubectlResult {
  /** The program, when there is one now. */
  readonly program?: string;
  /** A line for the user, when there is something to say. */
  readonly note?: string;
}

function platform(): string | undefined {
  const system = { linux: "linux", darwin: "darwin" }[process.platform as "linux"];
  const processor = { x64: "amd64", arm64: "arm64" }[process.arch as "x64"];
  return system && processor ? `${system}/${processor}` : undefined;
}

/** `folder` is where a fetched one is kept; `onFetch` is told before a download begins. */
export async function ensureKubectl(
  onPath: string | undefined,
  folder: string,
  onFetch: (text: string) => void,
): Promise<KubectlResult> {
  if (onPath !== undefined) return { program: onPath };
  const kept = join(folder, "kubectl");
  if (existsSync(kept)) return { program: kept };
  const where = platform();
  const byHand = `kubectl is not installed. Get it from https://kubernetes.io/docs/tasks/tools/ and put it on your PATH`;
  if (where === undefined) return { note: `${byHand}.` };
  onFetch(`Fetching kubectl ${VERSION}`);
  const url = `${SOURCE}/${VERSION}/bin/${where}/kubectl`;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const [program, sum] = await Promise.all([
      download(url, signal),
      download(`${url}.sha256`, signal),
    ]);
    const expected = sum.toString().trim().split(/\s+/)[0];
    const actual = createHash("sha256").update(program).digest("hex");
    if (actual !== expected) {
      return {
        note: `The kubectl from ${url} has the wrong checksum and was not kept. ${byHand}.`,
      };
    }
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${kept}.new`, program);
    chmodSync(`${kept}.new`, 0o755);
    renameSync(`${kept}.new`, kept);
    return {
      program: kept,
      note: `kubectl ${VERSION} is now ${kept}; put ${folder} on your PATH.`,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { note: `${byHand} (${url} could not be fetched: ${why}).` };
  }
}

async function download(url: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const length = Number(response.headers.get("content-length") ?? 0);
  if (length > BYTES_MAX) throw new Error(`${length} bytes are too many`);
  return Buffer.from(await response.arrayBuffer());
}
