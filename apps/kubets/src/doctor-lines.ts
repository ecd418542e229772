import type { Finding } from "@kubets/cluster";

const MARKS = { ok: "✓", limit: "!", problem: "✗" } as const;

/** One line for each finding, what to do below it, and a verdict. */
export function doctorLines(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, result, detail, remedy }) => [
    ` ${MARKS[result]} ${check}: ${detail}`,
    ...(remedy === undefined ? [] : [`     → ${remedy}`]),
  ]);
  const problems = findings.filter(({ result }) => result === "problem").length;
  const limits = findings.filter(({ result }) => result === "limit").length;
  const verdict =
    problems > 0
      ? `No cluster can come up here: ${problems} problem${problems === 1 ? "" : "s"}.`
      : limits > 0
        ? "A cluster can come up here, with the limits marked !."
        : "A cluster can come up here, with everything.";
  return [...lines, "", verdict].join("\n");
}
