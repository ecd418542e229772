import { expect, test } from "vitest";
import { createLogger } from "./create-logger.ts";

function capture(verbosity = 0) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, logger: createLogger({ name: "thing", verbosity, destination }) };
}

test("a line is JSON with the service, the level by name, the time and the fields", () => {
  const { lines, logger } = capture();
  logger.child({ pod: "a/b" }).warn("Back-off", { seconds: 10, revision: 9_007_199_254_740_993n });
  expect(lines).toEqual([
    expect.objectContaining({
      level: "warn",
      service: "thing",
      pod: "a/b",
      seconds: 10,
      message: "Back-off",
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    }),
  ]);
});

test("an error is logged with its whole chain of causes, one stack and no line breaks", () => {
  const { lines, logger } = capture();
  const inner = Object.assign(new Error("refused\nforged: line"), { code: "ECONNREFUSED" });
  logger.error("Cannot connect", { error: new TypeError("dial", { cause: inner }) });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.error).toMatchObject({
    type: "TypeError",
    message: "dial",
    stack: expect.any(String),
    cause: { type: "Error", message: "refused\nforged: line", code: "ECONNREFUSED" },
  });
});

test("debug lines need a verbosity of 4", () => {
  const quiet = capture(3);
  quiet.logger.debug("Detail");
  expect(quiet.lines).toEqual([]);
  const loud = capture(4);
  loud.logger.debug("Detail");
  expect(loud.lines).toHaveLength(1);
});
