/** Columns padded as kubectl does. */
export function tableLines(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (most, cells) => cells.map((cell, column) => Math.max(most[column] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}
