/** The process of a node's container: `node-main.js PLAN` runs what `kubets prepare-node --plan PLAN` wrote down. */
import { readFileSync } from "node:fs";
import { keepNode } from "@kubets/cluster/keep-node";

const [, , file = ""] = process.argv;
try {
  await keepNode(JSON.parse(readFileSync(file, "utf8")));
} catch (error) {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  // What still runs ends with the container.
  process.exit(1);
}
