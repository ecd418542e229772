import type { LogBatch, Revision, Storage } from "@kubets/storage";

const pageEntries = 1_000;
const bytesMax = 32 * 1024 * 1024;

interface Page {
  readonly entries: Promise<LogBatch>;
  bytes: number;
}

/**
 * The log as all resources read it that fill their rings at the same time: a page is asked for once. Pages end at round
 * revisions, so that those who begin apart meet, and are kept while somebody reads.
 */
export class LogPages {
  readonly #storage: Storage;
  /** By where they begin; the first ones are the oldest. */
  readonly #pages = new Map<Revision, Page>();
  #bytes = 0;
  #readers = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** What was read for one is there for the next until the last of them is done. */
  async during<T>(read: () => Promise<T>): Promise<T> {
    this.#readers += 1;
    try {
      return await read();
    } finally {
      this.#readers -= 1;
      if (this.#readers === 0) {
        this.#pages.clear();
        this.#bytes = 0;
      }
    }
  }

  /** Entries behind a revision, none when there are no more yet. */
  read(after: Revision): Promise<LogBatch> {
    const known = this.#pages.get(after);
    if (known !== undefined) return known.entries;
    const limit = pageEntries - Number(after % BigInt(pageEntries));
    const page: Page = { entries: this.#storage.readLog(after, limit), bytes: 0 };
    this.#pages.set(after, page);
    page.entries.then(
      (entries) => this.#keep(after, page, entries, limit),
      () => this.#forget(after, page),
    );
    return page.entries;
  }

  #keep(after: Revision, page: Page, entries: LogBatch, limit: number): void {
    // One that is not full may be another one the next time.
    if (entries.length < limit) this.#forget(after, page);
    if (this.#pages.get(after) !== page) return;
    page.bytes = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#bytes += page.bytes;
    for (const [oldest, { bytes }] of this.#pages) {
      if (this.#bytes <= bytesMax) return;
      this.#pages.delete(oldest);
      this.#bytes -= bytes;
    }
  }

  #forget(after: Revision, page: Page): void {
    if (this.#pages.get(after) === page) this.#pages.delete(after);
  }
}
