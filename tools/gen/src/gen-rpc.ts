/** Generates libs/rpc/src/gen: types, codecs and service definitions of proto/kubets/api/v1. */
import { join } from "node:path";
import { buildDescriptors, repository } from "./model.ts";
import { runTsProto, writeGenerated } from "./ts-proto.ts";

const set = buildDescriptors(["kubets/api/v1"]);
const own = set.file.map((file) => file.name).filter((name) => name.startsWith("kubets/api/v1/"));
const files = runTsProto(set.file, own, {
  importSuffix: ".ts",
  env: "node",
  enumsAsLiterals: "true",
  useDate: "false",
  annotateFilesWithVersion: "false",
  forceLong: "number",
  useOptionals: "messages",
  oneof: "unions-value",
  outputServices: "grpc-js",
  outputJsonMethods: "false",
  outputPartialMethods: "false",
  exportCommonSymbols: "false",
});
writeGenerated(
  join(repository, "libs/rpc/src/gen"),
  new Map([...files].map(([name, text]) => [name.replace("kubets/api/v1/", ""), text])),
);
