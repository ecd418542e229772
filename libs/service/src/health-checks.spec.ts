import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { HealthChecks } from "./health-checks.ts";

function healthy() {
  const clock = new FakeClock();
  const failures: string[] = [];
  const health = new HealthChecks({
    clock,
    onFailure: (endpoint, reasons) => failures.push(`${endpoint} ${reasons.join(",")}`),
  });
  const answer = async (path: string) => {
    const url = new URL(path, "http://x");
    return health.answer(url.pathname, url.searchParams);
  };
  return { clock, health, answer, failures };
}

test("everything well answers ok, and verbose lists the checks", async () => {
  const { health, answer } = healthy();
  health.add({ name: "etcd", check: async () => undefined });
  expect(await answer("/healthz")).toMatchObject({ status: 200, body: "ok" });
  expect((await answer("/readyz?verbose"))?.body).toBe(
    "[+]ping ok\n[+]etcd ok\nreadyz check passed\n",
  );
});

test("a failed check answers 500, withholds its reason and tells the operator", async () => {
  const { health, answer, failures } = healthy();
  health.add({
    name: "etcd",
    check: () => {
      throw new Error("cannot connect", { cause: new Error("refused") });
    },
  });
  expect(await answer("/livez")).toMatchObject({
    status: 500,
    body: "[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed\n",
  });
  expect(failures).toEqual(["livez etcd: cannot connect: refused"]);
});

test("an excluded check is not run, and an exclusion that matches nothing is warned of", async () => {
  const { health, answer } = healthy();
  health.add({ name: "etcd", check: () => Promise.reject(new Error("down")) });
  expect((await answer("/readyz?verbose&exclude=etcd&exclude=nothing"))?.body).toBe(
    '[+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "nothing"\nreadyz check passed\n',
  );
});

test("one check can be asked for by its path", async () => {
  const { health, answer } = healthy();
  const gate = health.gate("poststarthook/rbac/bootstrap-roles", "not finished", ["readyz"]);
  expect(await answer("/readyz/poststarthook/rbac/bootstrap-roles")).toMatchObject({
    status: 500,
    body: "internal server error: not finished\n",
  });
  gate.open();
  expect(await answer("/readyz/poststarthook/rbac/bootstrap-roles")).toMatchObject({
    status: 200,
    body: "ok",
  });
  expect(await answer("/livez/poststarthook/rbac/bootstrap-roles")).toBeUndefined();
  expect(await answer("/elsewhere")).toBeUndefined();
});

test("a check that hangs has failed after its time, and leaves no timer", async () => {
  const { clock, health, answer } = healthy();
  health.add({ name: "slow", check: () => new Promise(() => undefined) });
  const pending = answer("/healthz/slow");
  await clock.advance(10_000);
  expect((await pending)?.body).toBe("internal server error: no answer within 10000 ms\n");
  expect(clock.pending).toBe(0);
});

test("two checks of one name are a mistake", () => {
  const { health } = healthy();
  expect(() => health.add({ name: "ping", check: () => undefined })).toThrow(TypeError);
});
