/**
 * What a supervisor that was killed has left running. The next one takes over what is part of the cluster by its name,
 * and ends the rest.
 */
import { isRunning, type ProcessRecord, signalRecorded } from "./process-record.ts";

export class LeftBehind {
  readonly #records: Map<string, ProcessRecord>;

  /** Records of processes that have ended meanwhile do not count. */
  constructor(records: readonly ProcessRecord[] = []) {
    this.#records = new Map(
      records.filter(isRunning).map((record) => [record.name, record] as const),
    );
  }

  /** The process of this name, once: from now on it is the caller's. */
  take(name: string): ProcessRecord | undefined {
    const record = this.#records.get(name);
    this.#records.delete(name);
    return record;
  }

  /** What nobody has taken. */
  records(): ProcessRecord[] {
    return [...this.#records.values()];
  }

  /** Ends what nobody has taken and `isUnwanted` finds; the names of what it has ended. */
  end(isUnwanted: (name: string) => boolean = () => true): string[] {
    const unwanted = [...this.#records.keys()].filter(isUnwanted);
    for (const name of unwanted) {
      const record = this.take(name);
      if (record !== undefined) signalRecorded(record, "SIGKILL");
    }
    return unwanted;
  }
}
