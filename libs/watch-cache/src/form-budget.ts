/** Whatever holds what can be made again from its bytes. */
export interface FormHolder {
  dropForm(name: string): void;
}

/**
 * Bounds the memory of derived forms over all objects. The oldest goes first: a form is wanted most when its
 * event is new.
 */
export class FormBudget {
  readonly #bytesMax: number;
  #bytes = 0;
  #queue: { holder: FormHolder; name: string; bytes: number }[] = [];
  #head = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(holder: FormHolder, name: string, bytes: number): void {
    this.#bytes += bytes;
    this.#queue.push({ holder, name, bytes });
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#queue[this.#head];
      if (oldest === undefined) break;
      this.#head += 1;
      this.#bytes -= oldest.bytes;
      oldest.holder.dropForm(oldest.name);
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** What all entries together may keep of each sort: much of the one does not push out the other. */
export class EntryBudgets {
  /** Forms other than JSON. */
  readonly forms: FormBudget;
  /** Objects that their writers had decoded. */
  readonly objects: FormBudget;

  /** @param bytesMax of each sort. */
  constructor(bytesMax: number) {
    this.forms = new FormBudget(bytesMax);
    this.objects = new FormBudget(bytesMax);
  }
}
