import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { repository } from "./model.ts";

/** Runs the ts-proto plugin over descriptors and gives the files that it wrote. */
export function runTsProto(
  files: readonly FileDescriptorProto[],
  toGenerate: readonly string[],
  parameter: Readonly<Record<string, string>>,
): Map<string, string> {
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: [...toGenerate],
    parameter: Object.entries(parameter)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    protoFile: [...files],
  });
  const run = spawnSync(
    process.execPath,
    [join(repository, "node_modules/ts-proto/build/src/plugin.js")],
    { input: toBinary(CodeGeneratorRequestSchema, request), maxBuffer: 256 << 20 },
  );
  if (run.status !== 0) throw new Error(`ts-proto failed: ${run.stderr}`);
  const response = fromBinary(CodeGeneratorResponseSchema, run.stdout);
  if (response.error !== "") throw new Error(`ts-proto: ${response.error}`);
  return new Map(response.file.map((file) => [file.name, file.content]));
}
