import { StorageError } from "@kubets/storage";
import type { ClientBase } from "pg";

interface Requirement {
  readonly setting: string;
  readonly accepted: readonly string[];
  readonly why: string;
}

const requirements: readonly Requirement[] = [
  { setting: "fsync", accepted: ["on"], why: "a crash would lose acknowledged writes" },
  { setting: "full_page_writes", accepted: ["on"], why: "a crash could tear pages" },
  {
    setting: "synchronous_commit",
    accepted: ["on", "remote_apply"],
    why: "writes would be acknowledged before they are durable",
  },
  {
    setting: "default_transaction_isolation",
    accepted: ["read committed"],
    why: "the commit function reads behind its lock",
  },
  { setting: "server_encoding", accepted: ["UTF8"], why: "names are stored as UTF-8" },
  { setting: "default_transaction_read_only", accepted: ["off"], why: "nothing could be written" },
];

/** Throws `unusable` with what to change, unless the server keeps what we promise. */
export async function checkSettings(client: ClientBase): Promise<void> {
  const names = requirements.map(({ setting }) => setting);
  const { rows } = await client.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name",
    [names],
  );
  const values = new Map(rows.map(({ name, value }) => [name, value]));
  const broken = requirements.filter(
    ({ setting, accepted }) => !accepted.includes(values.get(setting) ?? ""),
  );
  if (broken.length === 0) return;
  const changes = broken.map(
    ({ setting, accepted, why }) =>
      `${setting} is ${values.get(setting)}: set it to ${accepted.join(" or ")}, ${why}`,
  );
  throw new StorageError("unusable", `the database is not safe to use: ${changes.join("; ")}`);
}
