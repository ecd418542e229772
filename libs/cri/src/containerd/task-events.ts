/**
 * containerd's own event stream (`containerd.services.events.v1.Events/Subscribe`), which tells of tasks
 * within milliseconds. CRI's GetContainerEvents would do too, but containerd 1.6 does not have it. Only
 * the ids are read from the payloads; what they mean is asked for through CRI.
 */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { type Client, type ClientReadableStream, Metadata } from "@grpc/grpc-js";
import type { RuntimeEvent } from "../runtime.ts";

const SUBSCRIBE_PATH = "/containerd.services.events.v1.Events/Subscribe";
const FILTERS = [
  'namespace==k8s.io,topic~="^/tasks/(start|exit|oom)$"',
  'namespace==k8s.io,topic~="^/containers/(create|delete)$"',
];

const TYPES: Readonly<Record<string, RuntimeEvent["type"]>> = {
  "/tasks/start": "started",
  "/tasks/exit": "exited",
  "/tasks/oom": "oom",
  "/containers/create": "created",
  "/containers/delete": "deleted",
};

/** A message that carries no event of interest still arrives, empty. */
export interface Envelope {
  readonly event: RuntimeEvent | undefined;
}

export function subscribeTaskEvents(client: Client): ClientReadableStream<Envelope> {
  return client.makeServerStreamRequest(
    SUBSCRIBE_PATH,
    encodeSubscribe,
    decodeEnvelope,
    FILTERS,
    new Metadata(),
    {},
  );
}

function encodeSubscribe(filters: readonly string[]): Buffer {
  const writer = new BinaryWriter();
  for (const filter of filters) writer.uint32((1 << 3) | 2).string(filter);
  return Buffer.from(writer.finish());
}

/** Envelope: timestamp 1, namespace 2, topic 3, event 4 (Any: type_url 1, value 2). */
export function decodeEnvelope(bytes: Buffer): Envelope {
  let topic = "";
  let payload: Uint8Array = new Uint8Array();
  for (const [field, reader] of fields(bytes)) {
    if (field === 3) topic = reader.string();
    else if (field === 4) {
      for (const [inner, innerReader] of fields(reader.bytes())) {
        if (inner === 2) payload = innerReader.bytes();
        else innerReader.skip(2);
      }
    } else reader.skip(2);
  }
  const type = TYPES[topic];
  if (type === undefined) return { event: undefined };
  const ids = readIds(payload);
  // The exit of a process started by exec says nothing about its container.
  if (type === "exited" && ids.processId !== "" && ids.processId !== ids.containerId) {
    return { event: undefined };
  }
  return { event: { type, id: ids.containerId } };
}

/** Every payload carries the container's id as field 1; TaskExit has the process's id as field 2. */
function readIds(payload: Uint8Array): { containerId: string; processId: string } {
  const ids = { containerId: "", processId: "" };
  const reader = new BinaryReader(payload);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | 2)) ids.containerId = reader.string();
    else if (tag === ((2 << 3) | 2)) ids.processId = reader.string();
    else reader.skip(tag & 7);
  }
  return ids;
}

/** Yields the length-delimited fields of a message and skips the others. The consumer reads or skips each. */
function* fields(bytes: Uint8Array): Generator<[number, BinaryReader]> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === 2) yield [tag >>> 3, reader];
    else reader.skip(tag & 7);
  }
}
