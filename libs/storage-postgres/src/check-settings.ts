import { StorageError } from "@kubets/storage";
import type { ClientBase } from "pg";

interface Requirement {
  readonly setting: string;
  readonly accepted: readonly string[];
  readonly why: string;
}

const requirements: readonly Requirement[] = [
  { setting: "fsync", accepted: ["on"], why: "a crash loses acknowledged writes" },
  { setting: "full_page_writes", accepted: ["on"], why: "a crash tears pages" },
  {
    setting: "synchronous_commit",
    accepted: ["on", "remote_apply"],
    why: "writes are acknowledged before they are durable",
  },
  {
    setting: "default_transaction_isolation",
    accepted: ["read committed"],
    why: "commits do not see each other",
  },
  { setting: "server_encoding", accepted: ["UTF8"], why: "names cannot be stored" },
  { setting: "default_transaction_read_only", accepted: ["off"], why: "nothing can be written" },
];

/** Throws `unusable` with what to change, unless the server keeps what we promise. */
export async function checkSettings(client: ClientBase): Promise<void> {
  const names = requirements.map(({ setting }) => setting);
  const { rows } = await client.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name",
    [names],
  );
  const changes = neededChanges(new Map(rows.map(({ name, value }) => [name, value])));
  if (changes.length === 0) return;
  throw new StorageError("unusable", `the database is not safe to use: ${changes.join("; ")}`);
}

/** One text for each setting that breaks a promise. */
export function neededChanges(settings: ReadonlyMap<string, string>): string[] {
  return requirements.flatMap(({ setting, accepted, why }) => {
    const value = settings.get(setting) ?? "unknown";
    if (accepted.includes(value)) return [];
    return [`${setting} is ${value}: set it to ${accepted.join(" or ")}, or ${why}`];
  });
}
