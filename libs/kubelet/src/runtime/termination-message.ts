/**
 * What a container that ended had to say: the file it was given for that, or the end of its log where its
 * policy asks for it.
 *
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go getTerminationMessage @1.36
 */
import { open } from "node:fs/promises";
import type { ContainerStatus } from "@kubets/cri";
import { TERMINATION_PATH_ANNOTATION, TERMINATION_POLICY_ANNOTATION } from "../container/labels.ts";
import { parseLogLine } from "../logs/log-line.ts";

const MESSAGE_BYTES_MAX = 4096;
const LOG_BYTES_MAX = 2048;
const LOG_LINES_MAX = 80;

/** The container's own words where it left any, else the runtime's. */
export async function terminationMessage(status: ContainerStatus): Promise<string> {
  const path = status.annotations[TERMINATION_PATH_ANNOTATION] ?? "";
  const file = status.mounts.find(({ containerPath }) => path !== "" && containerPath === path);
  const said = file === undefined ? "" : await readEnd(file.hostPath, MESSAGE_BYTES_MAX, "start");
  if (said !== "") return said;
  const policy = status.annotations[TERMINATION_POLICY_ANNOTATION];
  if (policy === "FallbackToLogsOnError" && status.exitCode !== 0 && status.logPath !== "") {
    const fromLog = await lastLogLines(status.logPath);
    if (fromLog !== "") return fromLog;
  }
  return status.message;
}

async function lastLogLines(path: string): Promise<string> {
  // Each line carries a time stamp and tags of about 45 bytes.
  const raw = await readEnd(path, LOG_BYTES_MAX + LOG_LINES_MAX * 48, "end");
  const lines = raw.split("\n").filter(Boolean).slice(-LOG_LINES_MAX);
  const texts = lines.flatMap((line) => {
    const parsed = parseLogLine(Buffer.from(line));
    if (parsed === undefined) return [];
    return [parsed.isPartial ? parsed.text.toString() : `${parsed.text.toString()}\n`];
  });
  return texts.join("").slice(-LOG_BYTES_MAX);
}

/** A file that cannot be read has nothing to say. */
async function readEnd(path: string, bytesMax: number, from: "start" | "end"): Promise<string> {
  const handle = await open(path, "r").catch(() => undefined);
  if (handle === undefined) return "";
  try {
    const { size } = await handle.stat();
    const position = from === "end" ? Math.max(0, size - bytesMax) : 0;
    const buffer = Buffer.alloc(Math.min(bytesMax, size - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
