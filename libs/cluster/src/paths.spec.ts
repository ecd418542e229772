import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { baseFolders } from "./paths.ts";

describe("where clusters live", () => {
  /** Nobody's, as no folder can belong to it here. */
  const uid = 2_000_000_000 + process.pid;
  const folder = `/tmp/kubets-${uid}`;
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is the system's folders for root, the user's own otherwise", () => {
    expect(baseFolders({}, 0)).toEqual({ state: "/var/lib/kubets", run: "/run/kubets" });
    expect(
      baseFolders({ XDG_STATE_HOME: "/home/u/state", XDG_RUNTIME_DIR: "/run/user/5" }, 5),
    ).toEqual({ state: "/home/u/state/kubets", run: "/run/user/5/kubets" });
    expect(baseFolders({ XDG_STATE_HOME: "/s" }, uid).run).toBe(`${folder}/kubets`);
  });
  it("is never a folder in which somebody else decides", () => {
    mkdirSync(folder);
    expect(() => baseFolders({}, uid)).toThrow(/is another user's; set XDG_RUNTIME_DIR/);
    rmSync(folder, { recursive: true });
    symlinkSync("/tmp", folder);
    expect(() => baseFolders({}, uid)).toThrow(/is another user's/);
    expect(() => baseFolders({ XDG_RUNTIME_DIR: "/run/user/5" }, uid)).not.toThrow();
  });
});
