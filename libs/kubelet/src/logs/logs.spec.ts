import {
  appendFile,
  mkdtemp,
  readdir,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@kubets/service";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseLogLine } from "./log-line.ts";
import { type LogOptions, parseLogOptions } from "./log-options.ts";
import { readLog } from "./log-reader.ts";
import { rotateLog } from "./rotate-log.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "logs-"));
  path = join(directory, "0.log");
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const ALL: LogOptions = { follow: false, previous: false, timestamps: false, stream: "All" };
const line = (text: string, tag = "F", second = 1) =>
  `2026-01-01T00:00:${String(second).padStart(2, "0")}.000000001Z stdout ${tag} ${text}\n`;
const read = (
  options: Partial<LogOptions>,
  isRunning = async () => false,
  signal = new AbortController().signal,
) => readLog({ path, options: { ...ALL, ...options }, isRunning, clock: systemClock, signal });
const text = async (options: Partial<LogOptions>) => {
  let all = "";
  for await (const bytes of read(options)) all += bytes.toString();
  return all;
};

describe("a line of a log", () => {
  it("has a time, a stream, a tag and the text", () => {
    expect(parseLogLine(Buffer.from("T stderr P a b"))).toEqual({
      time: "T",
      stream: "stderr",
      isPartial: true,
      text: Buffer.from("a b"),
    });
    expect(parseLogLine(Buffer.from("T stdout F "))?.text.length).toBe(0);
  });
  it("is passed over when it is of another form, whatever it is", () => {
    for (const bad of ["", "T", "T stdout", "T other F x", " stdout F x"])
      expect(parseLogLine(Buffer.from(bad))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        parseLogLine(Buffer.from(bytes));
      }),
    );
  });
});

describe("reading a log", () => {
  it("puts the parts of long lines together, with one time in front", async () => {
    await writeFile(path, line("one ", "P") + line("line") + line("next"));
    expect(await text({})).toBe("one line\nnext\n");
    expect(await text({ timestamps: true })).toMatch(/^\S+Z one line\n\S+Z next\n$/);
  });

  it("finds the last lines over pieces of the file", async () => {
    const long = "x".repeat(50_000);
    await writeFile(path, [1, 2, 3, 4].map((n) => line(`${n}${long}`)).join(""));
    const lines = (await text({ tailLines: 2 })).split("\n");
    expect(lines.map((each) => each[0])).toEqual(["3", "4", undefined]);
  });

  it("leaves out what is older than was asked for", async () => {
    await writeFile(path, line("old", "F", 1) + line("new", "F", 9));
    expect(await text({ sinceMs: Date.UTC(2026, 0, 1, 0, 0, 5) })).toBe("new\n");
  });

  it("waits for the end of a line that is being written", async () => {
    await writeFile(path, line("whole") + line("half").slice(0, -3));
    expect(await text({})).toBe("whole\n");
  });

  it("follows into the new file when the old one is moved away", async () => {
    await writeFile(path, line("first"));
    let running = true;
    let all = "";
    for await (const bytes of read({ follow: true }, async () => running)) {
      all += bytes.toString();
      if (all === "first\n") {
        await rename(path, `${path}.1`);
        await appendFile(`${path}.1`, line("last of the old"));
        await writeFile(path, line("first of the new"));
      }
      if (all.includes("new")) running = false;
    }
    expect(all).toBe("first\nlast of the old\nfirst of the new\n");
  });

  it("ends when the reader goes away", async () => {
    await writeFile(path, line("first"));
    const gone = new AbortController();
    for await (const _ of read({ follow: true }, async () => true, gone.signal)) gone.abort();
  });
});

describe("what a reader asks for", () => {
  const parse = (query: string) => parseLogOptions(new URLSearchParams(query), 100_000);
  it("is read with upstream's names", () => {
    expect(
      parse(
        "follow=true&previous=1&timestamps=true&tailLines=3&limitBytes=9&sinceSeconds=10&stream=Stdout",
      ),
    ).toEqual({
      follow: true,
      previous: true,
      timestamps: true,
      tailLines: 3,
      limitBytes: 9,
      sinceMs: 90_000,
      stream: "Stdout",
    });
  });
  it.each([
    "limitBytes=0",
    "sinceSeconds=0",
    "tailLines=x",
    "sinceTime=yesterday",
    "stream=Other",
    "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
  ])("%s is refused", (query) => {
    expect(() => parse(query)).toThrow();
  });
});

describe("a log that is too long", () => {
  it("is moved away and begun anew, and only a few old ones are kept", async () => {
    for (let day = 1; day <= 8; day++) {
      await writeFile(path, "");
      await truncate(path, 10 * 1024 * 1024);
      await utimes(path, Date.UTC(2026, 0, day) / 1000, Date.UTC(2026, 0, day) / 1000);
      expect(await rotateLog(path, () => writeFile(path, ""))).toBe(true);
      expect(await rotateLog(path, () => writeFile(path, ""))).toBe(false);
    }
    const names = (await readdir(directory)).sort();
    const old = [5, 6, 7, 8].map((day) => `0.log.2026010${day}-000000`);
    expect(names).toEqual(["0.log", ...old]);
  });

  it("stays where it is when the runtime does not begin a new one", async () => {
    await writeFile(path, "");
    await truncate(path, 10 * 1024 * 1024);
    await expect(rotateLog(path, async () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(await readdir(directory)).toEqual(["0.log"]);
  });
});
