import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { FlagError } from "./flags.ts";
import { type HostProcess, runService, type ServiceContext } from "./run-service.ts";
import type { Runnable } from "./runnable.ts";

class TestProcess implements HostProcess {
  readonly args: readonly string[];
  output = "";
  errors = "";
  code: number | undefined;
  signal: (name: string) => void = () => undefined;
  uncaught: (error: unknown) => void = () => undefined;
  constructor(...args: string[]) {
    this.args = args;
  }
  print(text: string): void {
    this.output += text;
  }
  printError(text: string): void {
    this.errors += text;
  }
  onSignal(listener: (name: string) => void): () => void {
    this.signal = listener;
    return () => undefined;
  }
  onUncaught(listener: (error: unknown) => void): () => void {
    this.uncaught = listener;
    return () => undefined;
  }
  exit(code: number): void {
    this.code ??= code;
  }
}

interface Script {
  readonly build?: (context: ServiceContext) => void;
  readonly second?: Partial<Runnable>;
}

function run(host: TestProcess, script: Script = {}) {
  const clock = new FakeClock();
  const events: string[] = [];
  const part = (name: string, over: Partial<Runnable> = {}): Runnable => ({
    name,
    start: async () => void events.push(`start ${name}`),
    stop: async () => void events.push(`stop ${name}`),
    ...over,
  });
  const done = runService(
    {
      name: "thing",
      description: "",
      flags: {},
      stopTimeoutMs: 5_000,
      build: (_, context) => {
        script.build?.(context);
        return [part("store"), part("server", script.second)];
      },
    },
    host,
    clock,
  );
  return { clock, events, done };
}

test("parts start in order and a signal stops them in reverse order with code 0", async () => {
  const host = new TestProcess();
  const { clock, events, done } = run(host);
  await clock.advance(0);
  expect(events).toEqual(["start store", "start server"]);
  host.signal("SIGTERM");
  await done;
  expect(events.slice(2)).toEqual(["stop server", "stop store"]);
  expect(host.code).toBe(0);
  expect(clock.pending).toBe(0);
});

test("a failed start says so in one line with its causes, stops what began and ends with 1", async () => {
  const host = new TestProcess();
  const cause = new Error("address in use", { cause: new Error("EADDRINUSE") });
  const { events, done } = run(host, { second: { start: () => Promise.reject(cause) } });
  await done;
  expect(host.errors).toContain("Error: cannot start server: address in use: EADDRINUSE\n");
  expect(events).toEqual(["start store", "stop server", "stop store"]);
  expect(host.code).toBe(1);
});

test("a part that does not stop is given up on after the bound", async () => {
  const host = new TestProcess();
  const { clock, done } = run(host, { second: { stop: () => new Promise(() => undefined) } });
  await clock.advance(0);
  host.signal("SIGINT");
  await clock.advance(5_000);
  await done;
  expect(host.errors).toContain('"Did not stop in time"');
  expect(host.code).toBe(1);
});

test("a second signal ends the process at once", async () => {
  const host = new TestProcess();
  const { clock } = run(host, { second: { stop: () => new Promise(() => undefined) } });
  await clock.advance(0);
  host.signal("SIGTERM");
  host.signal("SIGTERM");
  expect(host.code).toBe(1);
});

test("a signal during the start cuts it short and is an orderly end", async () => {
  const host = new TestProcess();
  const { clock, events, done } = run(host, {
    second: {
      start: (signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
  });
  await clock.advance(0);
  host.signal("SIGTERM");
  await done;
  expect(events).toEqual(["start store", "stop server", "stop store"]);
  expect(host.code).toBe(0);
});

test("an uncaught rejection is logged, stops the parts in order and ends with 1", async () => {
  const host = new TestProcess();
  const { clock, events, done } = run(host);
  await clock.advance(0);
  host.uncaught(new Error("boom"));
  await done;
  expect(host.errors).toContain('"boom"');
  expect(events.slice(2)).toEqual(["stop server", "stop store"]);
  expect(host.code).toBe(1);
});

test("a part may end the process when it cannot go on", async () => {
  const host = new TestProcess();
  let context: ServiceContext | undefined;
  const { clock, done } = run(host, { build: (given) => (context = given) });
  await clock.advance(0);
  context?.fail(new Error("leader lease lost"));
  await done;
  expect(host.errors).toContain("leader lease lost");
  expect(host.code).toBe(1);
});

test("an unknown flag and settings that do not go together end with 2", async () => {
  const unknown = new TestProcess("--nope");
  await run(unknown).done;
  expect(unknown.errors).toBe("Error: unknown option '--nope'\nSee 'thing --help'.\n");
  expect(unknown.code).toBe(2);

  const odd = new TestProcess();
  await run(odd, {
    build: () => {
      throw new FlagError("--a needs --b");
    },
  }).done;
  expect(odd.errors).toBe("Error: --a needs --b\nSee 'thing --help'.\n");
  expect(odd.code).toBe(2);
});

test("--version prints and ends with 0 without building anything", async () => {
  const host = new TestProcess("--version");
  const { events, done } = run(host);
  await done;
  expect(host.output).toMatch(/^Kubernetes v1\.36/);
  expect(events).toEqual([]);
  expect(host.code).toBe(0);
});
