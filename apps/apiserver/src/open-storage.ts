import type { Bus } from "@kubets/bus";
import { connectNatsBus } from "@kubets/bus-nats";
import { type Clock, FlagError, type Logger, type Runnable, sleep } from "@kubets/service";
import { type Storage, StorageError } from "@kubets/storage";
import { openPostgresStorage, type PostgresStorageOptions } from "@kubets/storage-postgres";
import type { Settings } from "./settings.ts";

const retryDelayMs = 250;
const patienceMs = 30_000;

export interface OpenedStorage {
  readonly storage: Storage;
  /** Closes the store and what it listens to. */
  readonly runnable: Runnable;
}

/** Waits a while for a Postgres that is still starting. */
export async function openStorage(
  settings: Settings,
  context: { readonly clock: Clock; readonly logger: Logger; readonly signal: AbortSignal },
  /** For tests that break things at named places. */
  more: Pick<PostgresStorageOptions, "faultPoint" | "tickMs"> = {},
): Promise<OpenedStorage> {
  const { clock, logger, signal } = context;
  const url = settings.config["database-url"];
  if (url === "") throw new FlagError("--database-url is required");
  let bus: Bus | undefined;
  const { nats } = settings;
  const open = () =>
    openPostgresStorage({
      ...more,
      url,
      clock,
      logger,
      connectionsMax: settings.config["database-connections"],
      ...(nats === undefined
        ? {}
        : {
            bus: (clusterId: string) => {
              bus = connectNatsBus({ ...nats, clusterId, clock, logger });
              return bus;
            },
          }),
    });
  const untilMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    try {
      const storage = await open();
      return { storage, runnable: closing(storage, () => bus) };
    } catch (error) {
      await bus?.close();
      bus = undefined;
      const isAway = error instanceof StorageError && error.code === "unavailable";
      if (!isAway || clock.monotonicMs() > untilMs) throw error;
      logger.warn("Store is not there yet", { error });
      await sleep(clock, retryDelayMs, signal);
    }
  }
}

function closing(storage: Storage, bus: () => Bus | undefined): Runnable {
  return {
    name: "storage",
    start: () => Promise.resolve(),
    stop: async () => {
      await storage.close();
      await bus()?.close();
    },
  };
}
