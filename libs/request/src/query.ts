/** The query part of a URL, parsed when first asked. */
import type { QueryReader } from "./request-info.ts";

export class Query implements QueryReader {
  readonly #text: string;
  #params: URLSearchParams | undefined;

  /** `text` is what stands behind the question mark. */
  constructor(text: string) {
    this.#text = text;
  }
  get isEmpty(): boolean {
    return this.#text === "";
  }
  get text(): string {
    return this.#text;
  }
  all(key: string): readonly string[] {
    if (this.#text === "") return none;
    this.#params ??= new URLSearchParams(this.#text);
    return this.#params.getAll(key);
  }
  first(key: string): string | undefined {
    return this.all(key)[0];
  }
}

const none: readonly string[] = [];
