/**
 * Writes proto/k8s and proto/cri from the fact tables of Kubernetes 1.36. It was run once; the protos are
 * ours since then, and it stays as the record of how they came to be (and runs again for a new version).
 *
 * Usage: node tools/gen/src/write-protos.ts FACT_TABLES_FOLDER
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ProtocolTable, TypesTable } from "./fact-tables.ts";
import { writeKubernetesProtos } from "./write-kubernetes-protos.ts";
import { writeProtocolProto } from "./write-protocol-proto.ts";

const root = resolve(import.meta.dirname, "../../..");
const facts = process.argv[2] ?? resolve(root, "../shared/kubernetes-1.36");

function readTable<T>(name: string): T {
  return JSON.parse(readFileSync(join(facts, name), "utf8")) as T;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

rmSync(join(root, "proto/k8s"), { recursive: true, force: true });
for (const [path, text] of writeKubernetesProtos(readTable<TypesTable>("types.json"))) {
  write(join(root, "proto", path), text);
}
write(
  join(root, "proto/cri/runtime/v1/api.proto"),
  writeProtocolProto(readTable<ProtocolTable>("cri-v1.json")),
);
