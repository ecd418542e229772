import { sleep, systemClock } from "@kubets/service";
import { Client } from "pg";

/** Points inside the commit's transaction, where only the database itself can be broken. */
export const transactionPoints = [
  "transaction.afterLog",
  "transaction.afterObjects",
  "transaction.afterCounter",
  "transaction.beforeCommit",
] as const;
export type TransactionPoint = (typeof transactionPoints)[number];

/** The connection's process ends by itself, or is killed, which makes the whole server recover. */
export type TransactionFault = "terminate" | "crash";

const schema = `
CREATE SEQUENCE IF NOT EXISTS test_passed;
CREATE TABLE IF NOT EXISTS test_armed (point text, at_passing bigint, action text);
CREATE OR REPLACE FUNCTION test_point() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE armed record;
BEGIN
  SELECT * INTO armed FROM test_armed WHERE point = TG_ARGV[0];
  IF FOUND AND nextval('test_passed') = armed.at_passing THEN
    IF armed.action = 'terminate' THEN
      PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    -- Long enough to be found asleep.
    PERFORM pg_sleep(60);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER test_log AFTER INSERT ON log FOR EACH STATEMENT
  EXECUTE FUNCTION test_point('transaction.afterLog');
CREATE TRIGGER test_objects AFTER INSERT ON objects FOR EACH STATEMENT
  EXECUTE FUNCTION test_point('transaction.afterObjects');
CREATE TRIGGER test_counter AFTER UPDATE ON counter FOR EACH STATEMENT
  EXECUTE FUNCTION test_point('transaction.afterCounter');
CREATE CONSTRAINT TRIGGER test_commit AFTER UPDATE ON counter DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION test_point('transaction.beforeCommit');
`;

/** Fault points in the database of a test, made of triggers. */
export class TransactionFaults {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  install(): Promise<unknown> {
    return this.#query(schema);
  }

  /** Resolves when a transaction was broken at the point. */
  async breakAt(point: TransactionPoint, action: TransactionFault, after: number): Promise<void> {
    let armed = await this.#arm(point, action, after);
    for (;;) {
      if (action === "crash" && (await this.#killSleeper())) break;
      const passed = await this.#passed();
      if (action === "terminate" && passed >= armed) break;
      // Somebody was on his way past the point when it was armed.
      if (passed > armed) armed = await this.#arm(point, action, after);
      await sleep(systemClock, 5);
    }
    await this.#query("DELETE FROM test_armed");
  }

  /** Gives the passing at which it breaks. Never the same again: what was passed stays so, also when rolled back. */
  async #arm(point: TransactionPoint, action: TransactionFault, after: number): Promise<number> {
    await this.#query("DELETE FROM test_armed");
    const at = (await this.#passed()) + 1 + after;
    await this.#query(`INSERT INTO test_armed VALUES ('${point}', ${at}, '${action}')`);
    return at;
  }

  async #passed(): Promise<number> {
    const { rows } = await this.#query("SELECT last_value FROM test_passed");
    return Number(rows[0]?.last_value);
  }

  async #killSleeper(): Promise<boolean> {
    const { rows } = await this.#query(
      "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
    );
    const pid = Number(rows[0]?.pid);
    if (!(pid > 0)) return false;
    process.kill(pid, "SIGKILL");
    return true;
  }

  /** On a connection of its own, tried again while the server recovers. */
  async #query(sql: string): Promise<{ rows: Record<string, unknown>[] }> {
    const deadlineMs = performance.now() + 20_000;
    for (;;) {
      const client = new Client({ connectionString: this.#url });
      client.on("error", () => {});
      try {
        await client.connect();
        const answer: { rows: Record<string, unknown>[] } = await client.query(sql);
        return answer;
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await sleep(systemClock, 20);
      } finally {
        await client.end().catch(() => {});
      }
    }
  }
}
