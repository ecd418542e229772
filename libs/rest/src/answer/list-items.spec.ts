import { expect, test } from "vitest";
import { ListBody } from "./list-items.ts";

const POD = '"kind":"Pod","apiVersion":"v1",';
const item = (name: string, size: number) =>
  Buffer.from(
    JSON.stringify({ kind: "Pod", apiVersion: "v1", metadata: { name }, x: "x".repeat(size) }),
  );
const head = Buffer.from('{"items":[');
const end = Buffer.from("]}");

test.each<[string, readonly number[]]>([
  ["nothing", []],
  ["one item", [1]],
  ["small ones", [1, 2, 3]],
  ["one larger than a piece", [100_000]],
  ["large ones among small ones", [10, 70_000, 10, 65_536, 65_400, 65_300, 200_000, 1]],
  ["many", Array.from({ length: 3_000 }, (_, i) => i % 97)],
])("a list of %s says the kind once, and is as long as it was said", (_what, sizes) => {
  const items = sizes.map((size, i) => item(`i${i}`, size));
  const body = new ListBody(head, items, end, POD);
  const pieces = [...body.pieces()];
  const written = Buffer.concat(pieces);
  expect(written.length).toBe(body.length);
  expect(JSON.parse(written.toString())).toEqual({
    items: sizes.map((size, i) => ({ metadata: { name: `i${i}` }, x: "x".repeat(size) })),
  });
  for (const piece of pieces.slice(0, -1)) expect(piece.length).toBeGreaterThan(0);
});

test("items that say something else in front of their metadata are written whole", () => {
  const items = ['{"apiVersion":"v1","kind":"Pod","metadata":{}}', '{"kind":"A","x":1}', "{}"];
  const buffers = items.map((text) => Buffer.from(text));
  const body = new ListBody(head, buffers, end, POD);
  const written = Buffer.concat([...body.pieces()]).toString();
  expect(written).toBe(`{"items":[{"metadata":{}},${items[1]},${items[2]}]}`);
  expect(new ListBody(head, buffers, end, "").length).toBe(
    Buffer.byteLength(`{"items":[${items.join(",")}]}`),
  );
});
