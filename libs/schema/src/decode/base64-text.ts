/**
 * `bytes` in JSON are standard base64 with padding; line breaks are allowed and dropped, as in Go.
 *
 * Upstream: Go encoding/base64 CorruptInputError
 */
import { DecodeError } from "./decode-context.ts";

const CLEAN = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ALPHABET = /[A-Za-z0-9+/]/;

/** Below this size a regular expression is quicker than decoding; above, its backtracking stack would grow. */
const PATTERN_LENGTH_MAX = 4_096;

/** The text in canonical form; throws DecodeError. */
export function decodeBytes(text: string): string {
  if (text.length <= PATTERN_LENGTH_MAX && CLEAN.test(text)) return text;
  const error = firstCorrupt(text);
  if (error !== undefined) throw new DecodeError(`illegal base64 data at input byte ${error}`);
  return Buffer.from(text, "base64").toString("base64");
}

/** The position that Go names, undefined when the text is fine. */
function firstCorrupt(text: string): number | undefined {
  let inQuantum = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\n" || char === "\r") continue;
    if (ALPHABET.test(char)) {
      inQuantum = (inQuantum + 1) % 4;
      continue;
    }
    if (char !== "=" || inQuantum < 2) return Buffer.byteLength(text.slice(0, at));
    return badPadding(text, at, inQuantum);
  }
  if (inQuantum === 0) return undefined;
  return text.length - inQuantum;
}

function badPadding(text: string, first: number, inQuantum: number): number | undefined {
  let at = first + 1;
  const skipBreaks = (): void => {
    while (text.charAt(at) === "\n" || text.charAt(at) === "\r") at++;
  };
  skipBreaks();
  if (inQuantum === 2) {
    if (at >= text.length) return text.length;
    if (text.charAt(at) !== "=") return at;
    at++;
    skipBreaks();
  }
  return at < text.length ? at : undefined;
}
