import { copyFileSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { logHint } from "./log-hint.ts";
import { plainMessage, plainReason } from "./plain-message.ts";

function failureOf(task: () => void): unknown {
  try {
    task();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

describe("an error in plain words", () => {
  it("has the path and the reason, not the code", () => {
    const error = failureOf(() => readFileSync("/nowhere/file"));
    expect(plainMessage(error)).toBe("/nowhere/file: there is no such file or folder");
    expect(plainReason(error)).toBe("there is no such file or folder");
    expect(plainMessage(failureOf(() => readFileSync("/")))).toBe("it is a folder");
  });
  it("names where a copy was to go", () => {
    const error = failureOf(() => copyFileSync("/etc/hostname", "/nowhere/copy"));
    expect(plainMessage(error)).toBe("/nowhere/copy: there is no such file or folder");
  });
  it("is any other error's own message", () => {
    expect(plainMessage(new Error("no networks are left"))).toBe("no networks are left");
    expect(plainMessage("text")).toBe("text");
  });
});

describe("the last words of a component", () => {
  const line = (message: string, error?: unknown) =>
    JSON.stringify({ level: "warn", message, error });
  it("are its messages with their causes, each once, without stacks", () => {
    const unreachable = {
      message: "the database cannot be reached",
      stack: "StorageError: …\n    at somewhere",
      cause: { message: "connect ECONNREFUSED" },
    };
    const log = [
      line("starting"),
      line("no store", unreachable),
      line("no store", unreachable),
      "",
    ];
    expect(logHint(log.join("\n"))).toBe(
      "  starting\n  no store: the database cannot be reached: connect ECONNREFUSED",
    );
  });
  it("are as they are where they are no log", () => {
    expect(logHint('Error: bad flag\n{"cut off')).toBe('  Error: bad flag\n  {"cut off');
    expect(logHint("")).toBe("");
  });
});
