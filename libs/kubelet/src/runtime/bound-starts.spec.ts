import type { ContainerRuntime } from "@kubets/cri";
import { describe, expect, it } from "vitest";
import { boundStarts } from "./bound-starts.ts";

function start(startsMax: number) {
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  const task = (name: string) => {
    begun.push(name);
    return new Promise<string>((resolve) => finish.set(name, () => resolve(name)));
  };
  const runtime = boundStarts(
    {
      runSandbox: (config: { hostname: string }) => task(config.hostname),
      startContainer: (id: string) => task(id),
      createContainer: (id: string) => task(id),
    } as unknown as ContainerRuntime,
    startsMax,
  );
  const sandbox = (name: string, signal?: AbortSignal) =>
    runtime.runSandbox({ hostname: name } as never, "", signal === undefined ? {} : { signal });
  const end = async (name: string) => {
    finish.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, runtime, sandbox, end };
}

describe("starts of a runtime", () => {
  it("are a few at a time, those of pods that have begun first", async () => {
    const { begun, runtime, sandbox, end } = start(2);
    const all = [
      sandbox("pod-1"),
      sandbox("pod-2"),
      sandbox("pod-3"),
      runtime.startContainer("app-1"),
    ];
    expect(begun).toEqual(["pod-1", "pod-2"]);
    await end("pod-1");
    expect(begun.at(-1)).toBe("app-1");
    await end("app-1");
    expect(begun.at(-1)).toBe("pod-3");
    await end("pod-2");
    await end("pod-3");
    await Promise.all(all);
  });

  it("pass over what was given up meanwhile", async () => {
    const { begun, sandbox, end } = start(1);
    const first = sandbox("pod-1");
    const given = new AbortController();
    const second = sandbox("pod-2", given.signal);
    const third = sandbox("pod-3");
    given.abort(new Error("given up"));
    await Promise.all([expect(second).rejects.toThrow("given up"), end("pod-1")]);
    expect(begun).toEqual(["pod-1", "pod-3"]);
    await end("pod-3");
    await Promise.all([first, third]);
  });
});
