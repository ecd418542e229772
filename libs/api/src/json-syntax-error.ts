/** A text that is no JSON, with the words that Go finds for it. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonSyntaxError";
  }
}

const END = "unexpected end of JSON input";
const TOKEN_CONTEXT = /^in (literal|numeric|exponent|string escape|\\u)|^after decimal/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;

function quoted(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  const escapes: Readonly<Record<string, string>> = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
    "\u0007": "\\a",
  };
  const known = escapes[character];
  if (known !== undefined) return `'${known}'`;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, "0")}'`;
  return `'${character}'`;
}

/** Thrown inside the scanner to leave it with its finding. */
class Found {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Walks the text as Go's scanner does, to the first character that has no place. */
class Scanner {
  private readonly text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text;
  }

  private fail(context: string): never {
    const code = this.text.codePointAt(this.position);
    if (code === undefined) {
      // Go ends a text with a space of its own, which only tokens that are not closed mind.
      throw new Found(TOKEN_CONTEXT.test(context) ? `invalid character ' ' ${context}` : END);
    }
    // Go looks at bytes, so of a wide character it sees the first.
    const [first = 0] = Buffer.from(String.fromCodePoint(code));
    throw new Found(`invalid character ${quoted(String.fromCharCode(first))} ${context}`);
  }

  private space(): string {
    while (" \t\r\n".includes(this.text[this.position] ?? "x")) this.position++;
    return this.text[this.position] ?? "";
  }

  /** Iterative, since a text may be nested as deeply as its length allows. */
  scan(): void {
    const open: ("[" | "{")[] = [];
    for (;;) {
      const character = this.space();
      if (character === "{" || character === "[") {
        open.push(character);
        this.position++;
        const next = this.space();
        if (next === (character === "{" ? "}" : "]")) {
          open.pop();
          this.position++;
        } else {
          if (character === "{") this.key("looking for beginning of object key string");
          continue;
        }
      } else {
        this.scalar(character);
      }
      if (this.afterValue(open)) return;
    }
  }

  /** Closes what ends here; true at the end of the text. */
  private afterValue(open: ("[" | "{")[]): boolean {
    for (;;) {
      const character = this.space();
      const inside = open.at(-1);
      if (inside === undefined) {
        if (character === "") return true;
        this.fail("after top-level value");
      }
      if (character === ",") {
        this.position++;
        if (inside === "{") {
          this.space();
          this.key("looking for beginning of object key string");
        }
        return false;
      }
      if (character !== (inside === "{" ? "}" : "]")) {
        this.fail(inside === "{" ? "after object key:value pair" : "after array element");
      }
      open.pop();
      this.position++;
    }
  }

  private key(context: string): void {
    if (this.text[this.position] !== '"') this.fail(context);
    this.string();
    if (this.space() !== ":") this.fail("after object key");
    this.position++;
  }

  private scalar(character: string): void {
    if (character === '"') this.string();
    else if (character === "t") this.literal("true");
    else if (character === "f") this.literal("false");
    else if (character === "n") this.literal("null");
    else if (/[-0-9]/.test(character)) this.number();
    else this.fail("looking for beginning of value");
  }

  private literal(word: string): void {
    for (const letter of word) {
      if (this.text[this.position] !== letter) {
        this.fail(`in literal ${word} (expecting '${letter}')`);
      }
      this.position++;
    }
  }

  private string(): void {
    this.position++;
    for (;;) {
      const character = this.text[this.position];
      if (character === undefined || character < " ") this.fail("in string literal");
      this.position++;
      if (character === '"') return;
      if (character !== "\\") continue;
      const escaped = this.text[this.position] ?? "";
      if (escaped === "" || !'"\\/bfnrtu'.includes(escaped)) this.fail("in string escape code");
      this.position++;
      if (escaped !== "u") continue;
      for (let i = 0; i < 4; i++) {
        if (!/[0-9a-fA-F]/.test(this.text[this.position] ?? "")) {
          this.fail("in \\u hexadecimal character escape");
        }
        this.position++;
      }
    }
  }

  private number(): void {
    NUMBER.lastIndex = this.position;
    const number = NUMBER.exec(this.text)?.[0];
    if (number === undefined) {
      this.position++;
      this.fail("in numeric literal");
    }
    this.position += number.length;
    const next = this.text[this.position];
    if (next === "." && !number.includes(".") && !/[eE]/.test(number)) {
      this.position++;
      this.fail("after decimal point in numeric literal");
    }
    if ((next === "e" || next === "E") && !/[eE]/.test(number)) {
      this.position++;
      if (/[-+]/.test(this.text[this.position] ?? "")) this.position++;
      this.fail("in exponent of numeric literal");
    }
  }
}

/** The error for a text that the parser refused. */
export function jsonSyntaxError(text: string): JsonSyntaxError {
  try {
    new Scanner(text).scan();
  } catch (found) {
    if (found instanceof Found) return new JsonSyntaxError(found.message);
    throw found;
  }
  return new JsonSyntaxError("invalid JSON");
}
