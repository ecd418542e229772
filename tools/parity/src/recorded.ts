/**
 * The form in which exchanges and upstream's answers are kept: one exchange a line. Texts that come often stand once, in
 * a list of their own, and an answer that is much like the first one of its path says only where it differs.
 */
import type { Answer, Exchange, Json, JsonMap, Suite } from "./exchange.ts";
import { changed, differences } from "./pointer.ts";
import type { Answered } from "./run-suite.ts";

/** An answer that is like the first good one for the same path, but for these places. */
interface LikeFirst {
  readonly code: number;
  readonly warnings?: readonly string[];
  readonly but: readonly (readonly [string, Json] | readonly [string])[];
}

export interface RecordedSuite {
  readonly suite: Suite;
  /** One for each exchange that is compared. */
  readonly answers: readonly Answer[];
}

const SHORT = 20;
/** Stands before the number of a text. */
const MARK = "§";
/** A text that is too long to be a name, as the mutations have it. */
const LONG = "a".repeat(254);
const LONG_MARK = "§long§";

export function packSuite(suite: Suite, answered: readonly Answered[]): string {
  const answers = answered[Symbol.iterator]();
  const firsts = new Map<string, Json>();
  const texts = new Map<string, number>();
  const lines = suite.exchanges.map((exchange) => {
    const request = { ...exchange, do: referredTo(exchange.do, texts) };
    if (exchange.quiet) return JSON.stringify([request]);
    const { value } = answers.next();
    if (value === undefined) throw new Error(`${suite.name}: fewer answers than exchanges`);
    return JSON.stringify([request, referring(shorter(exchange, value.answer, firsts), texts)]);
  });
  const file = [
    `{"name":${JSON.stringify(suite.name)},`,
    `"objects":${JSON.stringify(suite.objects)},`,
    `"texts":[\n${[...texts.keys()].map((text) => JSON.stringify(text)).join(",\n")}\n],`,
    `"exchanges":[\n${lines.join(",\n")}\n]}\n`,
  ].join("\n");
  return file.replaceAll(LONG, LONG_MARK);
}

function shorter(
  { do: path }: Exchange,
  answer: Answer,
  firsts: Map<string, Json>,
): Answer | LikeFirst {
  if (answer.body === undefined) return answer;
  const first = firsts.get(path);
  if (first === undefined) {
    firsts.set(path, answer.body);
    return answer;
  }
  const but = differences(first, answer.body).map(([place, , to]) =>
    to === undefined ? ([place] as const) : ([place, to] as const),
  );
  const { body: _, ...rest } = answer;
  return { ...rest, but };
}

function referring(answer: Answer | LikeFirst, texts: Map<string, number>): Json {
  return mapTexts(answer as unknown as Json, (text) => {
    // Of a cause the message is what comes again.
    const start = /^FieldValue\w+ [^ ]*: /.exec(text)?.[0] ?? "";
    const rest = text.slice(start.length);
    if (rest.length < SHORT) return text;
    return `${start}${referredTo(rest, texts)}`;
  });
}

function referredTo(text: string, texts: Map<string, number>): string {
  const index = texts.get(text) ?? texts.size;
  texts.set(text, index);
  return `${MARK}${index}`;
}

function mapTexts(value: Json, replace: (text: string) => string): Json {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, replace));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mapTexts(inner ?? null, replace)]),
  );
}

export function unpackSuite(file: string): RecordedSuite {
  const { name, objects, texts, exchanges } = JSON.parse(file.replaceAll(LONG_MARK, LONG)) as {
    name: string;
    objects: { [name: string]: JsonMap };
    texts: string[];
    exchanges: [Exchange, Json?][];
  };
  const referred = (text: string): string =>
    text.replace(/§(\d+)$/, (_, index: string) => texts[Number(index)] ?? "");
  const firsts = new Map<string, Json>();
  const requests = exchanges.map(([exchange]) => ({ ...exchange, do: referred(exchange.do) }));
  const answers = exchanges.flatMap(([exchange, answer]) => {
    if (answer === undefined) return [];
    const packed = mapTexts(answer, referred) as unknown as Answer | LikeFirst;
    return [longer({ ...exchange, do: referred(exchange.do) }, packed, firsts)];
  });
  return { suite: { name, objects, exchanges: requests }, answers };
}

function longer(
  { do: path }: Exchange,
  answer: Answer | LikeFirst,
  firsts: Map<string, Json>,
): Answer {
  if (!("but" in answer)) {
    if (answer.body !== undefined && !firsts.has(path)) firsts.set(path, answer.body);
    return answer;
  }
  const { but, ...rest } = answer;
  const whole = but.find(([place]) => place === "");
  if (whole?.[1] !== undefined) return { ...rest, body: whole[1] };
  const first = firsts.get(path);
  if (first === undefined) throw new Error(`no first answer of ${path}`);
  // List items never go alone: lists of different lengths differ as a whole.
  const changes = but.map(([place, to]) =>
    to === undefined ? { drop: place } : { set: place, to },
  );
  return { ...rest, body: changed(first as JsonMap, changes) };
}
