import { describe, expect, it } from "vitest";
import { neededChanges } from "./check-settings.ts";

const safe = new Map([
  ["fsync", "on"],
  ["full_page_writes", "on"],
  ["synchronous_commit", "on"],
  ["default_transaction_isolation", "read committed"],
  ["default_transaction_read_only", "off"],
  ["server_encoding", "UTF8"],
]);

describe("the settings of a server", () => {
  it("are accepted when nothing acknowledged can be lost", () => {
    expect(neededChanges(safe)).toEqual([]);
    expect(neededChanges(new Map([...safe, ["synchronous_commit", "remote_apply"]]))).toEqual([]);
  });

  it.each([
    ["fsync", "off"],
    ["full_page_writes", "off"],
    ["synchronous_commit", "off"],
    ["synchronous_commit", "local"],
    ["synchronous_commit", "remote_write"],
    ["default_transaction_isolation", "serializable"],
    ["default_transaction_read_only", "on"],
    ["server_encoding", "LATIN1"],
  ])("are refused with %s %s, naming it", (setting, value) => {
    const changes = neededChanges(new Map([...safe, [setting, value]]));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toContain(`${setting} is ${value}: set it to `);
  });

  it("are refused when the server does not tell them", () => {
    expect(neededChanges(new Map())).toHaveLength(safe.size);
  });
});
