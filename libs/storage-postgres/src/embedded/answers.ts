import { Client } from "pg";

/** Whether the server behind the socket answers now; its lock file alone does not tell. */
export async function answers(socketDir: string, port: number): Promise<boolean> {
  const client = new Client({
    host: socketDir,
    port,
    user: "postgres",
    database: "postgres",
    connectionTimeoutMillis: 1_000,
    query_timeout: 1_000,
  });
  // One that ends while it is asked tells so by this event as well.
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    // It has answered or not; one that stops just now would never say goodbye.
    client.end().catch(() => {});
  }
}
