import { afterEach, beforeEach } from "vitest";
import type { Revision, Storage } from "../storage.ts";
import type { MakeFixture, StorageFixture } from "./fixture.ts";

/** A fresh store for each test; the getters are valid inside tests. */
export function useStore(make: MakeFixture): {
  readonly store: Storage;
  open(): Promise<Storage>;
  raiseEpoch(): Promise<Revision>;
} {
  let fixture: StorageFixture | undefined;
  let store: Storage | undefined;
  beforeEach(async () => {
    fixture = await make();
    store = await fixture.open();
  });
  afterEach(async () => {
    await fixture?.dispose();
    fixture = undefined;
    store = undefined;
  });
  return {
    get store() {
      if (store === undefined) throw new Error("the store is open inside tests only");
      return store;
    },
    raiseEpoch() {
      if (fixture === undefined) throw new Error("the store is open inside tests only");
      return fixture.raiseEpoch();
    },
    open() {
      if (fixture === undefined) throw new Error("the store is open inside tests only");
      return fixture.open();
    },
  };
}
