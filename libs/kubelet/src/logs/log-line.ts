/**
 * A line of a container's log as CRI runtimes write it: "2026-01-02T03:04:05.678901234Z stdout F text".
 *
 * Upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go parseCRILog @1.36
 */
export interface LogLine {
  /** As it was written, with nanoseconds. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** The text goes on in the next line. */
  readonly isPartial: boolean;
  readonly text: Buffer;
}

const SPACE = 0x20;

/** `line` is without its newline. Undefined where it is not of that form. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  if (first <= 0 || second < 0) return undefined;
  const third = line.indexOf(SPACE, second + 1);
  const tags = line.toString("latin1", second + 1, third < 0 ? line.length : third);
  const stream = line.toString("latin1", first + 1, second);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  return {
    time: line.toString("latin1", 0, first),
    stream,
    isPartial: tags.split(":")[0] === "P",
    text: third < 0 ? Buffer.alloc(0) : line.subarray(third + 1),
  };
}
