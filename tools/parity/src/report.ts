/** Where two servers' answers differ, like differences together: how many, one example, what each said. */
import type { Answer, Exchange } from "./exchange.ts";
import { differences } from "./pointer.ts";
import type { Answered } from "./run-suite.ts";

interface Group {
  readonly example: Exchange;
  readonly found: readonly (readonly [string, unknown, unknown])[];
  count: number;
}

export function report(
  suite: string,
  theirs: readonly Answered[],
  ours: readonly Answered[],
): string {
  const groups = new Map<string, Group>();
  let differing = 0;
  for (const [index, { exchange, answer }] of theirs.entries()) {
    const own = ours[index]?.answer;
    const found = differences(asJson(answer), own === undefined ? undefined : asJson(own));
    if (found.length === 0) continue;
    differing += 1;
    const signature = found
      .slice(0, 3)
      .map(
        ([place, left, right]) =>
          `${abstract(place)} ${abstract(show(left))} ${abstract(show(right))}`,
      )
      .join("\n");
    const group = groups.get(signature);
    if (group === undefined) groups.set(signature, { example: exchange, found, count: 1 });
    else group.count += 1;
  }
  const lines = [...groups.values()]
    .sort((left, right) => right.count - left.count)
    .flatMap(({ example, found, count }) => {
      const { do: action, of, with: changes, body, patch } = example;
      const what = JSON.stringify(changes ?? body ?? of)?.slice(0, 300) ?? "";
      return [
        `\n${count} × ${suite} ${action} ${patch ?? ""} ${of ?? ""} ${what}`,
        ...found
          .slice(0, 6)
          .map(
            ([place, left, right]) =>
              `  ${place}\n    upstream ${show(left)}\n    kubets   ${show(right)}`,
          ),
      ];
    });
  return [...lines, `\n== ${suite}: ${theirs.length} answers, ${differing} differ`].join("\n");
}

/** Names, numbers and quoted values do not make two differences two. */
function abstract(text: string): string {
  return text
    .replaceAll(/\\"[^"]*\\"/g, "…")
    .replaceAll(/[a-z]+[A-Za-z0-9.[\]]*\[[^ ]*/g, "…")
    .replaceAll(/\d+/g, "#")
    .slice(0, 300);
}

function asJson(answer: Answer) {
  return JSON.parse(JSON.stringify(answer));
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "absent").slice(0, 600);
}
