/** Generates libs/cri/src/gen: the client and server of the container runtime interface. */
import { join } from "node:path";
import { buildDescriptors, repository } from "./model.ts";
import { runTsProto } from "./ts-proto.ts";
import { writeGenerated } from "./write-generated.ts";

const set = buildDescriptors(["cri"]);
const own = set.file.map((file) => file.name).filter((name) => name.startsWith("cri/"));
const files = runTsProto(set.file, own, {
  importSuffix: ".ts",
  env: "node",
  enumsAsLiterals: "true",
  useDate: "false",
  annotateFilesWithVersion: "false",
  // Timestamps are nanoseconds, beyond what a number holds exactly.
  forceLong: "bigint",
  useOptionals: "messages",
  outputServices: "grpc-js",
  outputJsonMethods: "false",
  exportCommonSymbols: "false",
});
writeGenerated(
  join(repository, "libs/cri/src/gen"),
  new Map([...files].map(([name, text]) => [name.replace("cri/runtime/v1/", ""), text])),
);
