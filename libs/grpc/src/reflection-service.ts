/**
 * Server reflection: what grpcurl and others ask to learn the service's messages.
 *
 * Upstream: https://github.com/grpc/grpc/blob/master/doc/server-reflection.md (v1 and v1alpha are the same on the wire)
 */
import type { ServerHttp2Stream } from "node:http2";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { type ReflectedFile, reflectedFiles } from "@kubets/rpc";
import type { GrpcCall } from "./grpc-call.ts";
import { FRAME_HEAD_BYTES } from "./wire/message-frame.ts";
import { GRPC_INVALID_ARGUMENT } from "./wire/status-code.ts";

const GRPC_NOT_FOUND = 5;
const requestBytesMax = 16 * 1024;
const serviceNames = [
  "kubets.api.v1.Objects",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

const fileByName = new Map(reflectedFiles.map((file) => [file.name, file]));
const fileBySymbol = new Map(
  reflectedFiles.flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const)),
);

export function createReflectionService() {
  return {
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": serve,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": serve,
  };
}

/** Answers requests in order until the client ends the stream. */
function serve(call: GrpcCall, stream: ServerHttp2Stream): void {
  let pending = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= FRAME_HEAD_BYTES) {
      const length = pending.readUInt32BE(1);
      if (pending[0] !== 0 || length > requestBytesMax) {
        call.fail(GRPC_INVALID_ARGUMENT, "malformed request");
        return;
      }
      const end = FRAME_HEAD_BYTES + length;
      if (pending.length < end) return;
      const request = pending.subarray(FRAME_HEAD_BYTES, end);
      pending = pending.subarray(end);
      if (!call.write(answer(request))) {
        stream.pause();
        stream.once("drain", () => stream.resume());
      }
    }
  });
  stream.once("end", () => call.end());
}

function answer(request: Buffer): Buffer {
  const writer = new BinaryWriter().uint32(lengthDelimited(2)).bytes(request);
  const asked = readRequest(request);
  switch (asked?.what) {
    case "services": {
      writer.uint32(lengthDelimited(6)).fork();
      for (const name of serviceNames) {
        writer.uint32(lengthDelimited(1)).fork().uint32(lengthDelimited(1)).string(name).join();
      }
      writer.join();
      break;
    }
    case "file":
    case "symbol": {
      const file = (asked.what === "file" ? fileByName : fileBySymbol).get(asked.name);
      if (file === undefined) {
        writeError(writer, GRPC_NOT_FOUND, `${asked.name} is not known`);
        break;
      }
      writer.uint32(lengthDelimited(4)).fork();
      for (const { base64 } of withDependencies(file)) {
        writer.uint32(lengthDelimited(1)).bytes(Buffer.from(base64, "base64"));
      }
      writer.join();
      break;
    }
    default:
      writeError(writer, GRPC_NOT_FOUND, "there are no extensions");
  }
  return Buffer.from(writer.finish());
}

/** The file and what it imports, each once: the caller need not ask again. */
function withDependencies(
  file: ReflectedFile,
  seen = new Set<ReflectedFile>(),
): Set<ReflectedFile> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const name of file.dependencies) {
    const dependency = fileByName.get(name);
    if (dependency !== undefined) withDependencies(dependency, seen);
  }
  return seen;
}

type Asked = { readonly what: "services" | "file" | "symbol"; readonly name: string };

const kinds: Readonly<Record<number, Asked["what"]>> = { 3: "file", 4: "symbol", 7: "services" };

/** Undefined for what is malformed or about extensions. */
function readRequest(request: Buffer): Asked | undefined {
  try {
    const reader = new BinaryReader(request);
    let asked: Asked | undefined;
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      const what = kinds[field];
      if (what === undefined) reader.skip(wireType);
      else asked = { what, name: reader.string() };
    }
    return asked;
  } catch {
    // The reader throws for anything malformed; the caller is told that nothing is known.
    return undefined;
  }
}

function writeError(writer: BinaryWriter, code: number, message: string): void {
  writer
    .uint32(lengthDelimited(7))
    .fork()
    .uint32((1 << 3) | 0)
    .int32(code);
  writer.uint32(lengthDelimited(2)).string(message).join();
}

function lengthDelimited(field: number): number {
  return (field << 3) | 2;
}
