/**
 * A small server that is as durable as a large one. What durability needs is said here and not left to
 * a configuration file.
 */
export function serverSettings(options: {
  readonly socketDir: string;
  readonly port: number;
}): Readonly<Record<string, string>> {
  return {
    listen_addresses: "127.0.0.1",
    port: String(options.port),
    unix_socket_directories: options.socketDir,
    unix_socket_permissions: "0700",
    fsync: "on",
    full_page_writes: "on",
    synchronous_commit: "on",
    // The pages of 100,000 objects of 1 kB: with fewer, each write behind them waits for another page to be written out.
    // Memory is taken as pages are used.
    shared_buffers: "256MB",
    max_connections: "40",
    // One process fewer each: the load is short statements over few connections.
    io_method: "sync",
    max_parallel_workers_per_gather: "0",
    max_logical_replication_workers: "0",
    autovacuum_max_workers: "1",
    jit: "off",
    huge_pages: "off",
    // Rare checkpoints: each makes the next change of every page cost a full page in the log.
    checkpoint_timeout: "15min",
    max_wal_size: "1GB",
    min_wal_size: "128MB",
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
    log_min_messages: "warning",
  };
}

/**
 * Left alone, glibc gives memory back to the kernel behind each commit and asks for it again with the next: a seventh
 * of the server's time. So each connection keeps up to 4 MiB that it has used once.
 */
export const serverEnvironment: Readonly<Record<string, string>> = {
  LC_ALL: "C",
  TZ: "UTC",
  MALLOC_TRIM_THRESHOLD_: String(4 * 1024 * 1024),
  // To name one bound fixes the other at its small default.
  MALLOC_MMAP_THRESHOLD_: String(1024 * 1024),
};
