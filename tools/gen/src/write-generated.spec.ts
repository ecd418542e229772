import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesIn, writeGenerated } from "./write-generated.ts";

describe("writing generated files", () => {
  let folder: string;
  const write = (files: Readonly<Record<string, string>>) =>
    writeGenerated(folder, new Map(Object.entries(files)));
  const text = (name: string) => readFileSync(join(folder, name), "utf8");

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "kubets-gen-")), "gen");
    mkdirSync(folder);
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

  it("leaves exactly these files, in folders too", () => {
    write({ "a.ts": "a", "b/c.ts": "c", "b/d.ts": "d" });
    write({ "a.ts": "A", "b/c.ts": "c", "e/f.ts": "f" });
    expect(filesIn(folder).sort()).toEqual(["a.ts", "b/c.ts", "e/f.ts"]);
    expect(["a.ts", "b/c.ts", "e/f.ts"].map(text)).toEqual(["A", "c", "f"]);
  });

  it("makes the folder when there is none", () => {
    rmSync(folder, { recursive: true });
    write({ "a.ts": "a" });
    expect(text("a.ts")).toBe("a");
  });

  it("does not touch a file that stays the same", () => {
    const look = () => statSync(join(folder, "b/same.ts"), { bigint: true });
    write({ "a.ts": "a", "b/same.ts": "same" });
    const { ino, ctimeNs } = look();
    write({ "a.ts": "A", "b/same.ts": "same" });
    expect(look()).toMatchObject({ ino, ctimeNs });
  });

  it("replaces a file and does not write into it: who has it open reads the old one to its end", () => {
    write({ "a.ts": "the old one" });
    const open = openSync(join(folder, "a.ts"), "r");
    write({ "a.ts": "new" });
    expect(readFileSync(open, "utf8")).toBe("the old one");
    closeSync(open);
    expect(text("a.ts")).toBe("new");
  });

  it("changes nothing when one of the files cannot be written", () => {
    write({ "a.ts": "a", "old.ts": "old" });
    writeFileSync(join(folder, "b"), "a file where a folder is wanted");
    expect(() => write({ "a.ts": "A", "b/c.ts": "c" })).toThrow(
      expect.objectContaining({ code: "ENOTDIR" }),
    );
    expect(filesIn(folder).sort()).toEqual(["a.ts", "b", "old.ts"]);
    expect(text("a.ts")).toBe("a");
  });

  it("leaves alone what another generator writes beside", () => {
    writeFileSync(join(folder, "a.ts.1.new"), "half of i");
    write({ "a.ts": "a" });
    expect(text("a.ts.1.new")).toBe("half of i");
  });
});
