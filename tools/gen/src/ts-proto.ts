import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** Makes a gen folder hold exactly these files, touching only those that changed. */
export function writeGenerated(folder: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(path.slice(folder.length + 1))) rmSync(path);
  }
  for (const [name, text] of files) {
    const path = join(folder, name);
    let before: string | undefined;
    try {
      before = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (before === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
