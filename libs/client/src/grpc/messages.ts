/** Between the port's values and the messages of kubets.api.v1. */
import type { KubeObject } from "@kubets/api";
import type { WriteOptions as WireOptions } from "@kubets/rpc";
import { EventType, type Payload, type ResourceRef } from "@kubets/rpc";
import { ClientError, type ResourceType, type WatchEvent, type WriteOptions } from "../client.ts";
import { statusFrom } from "../status-from.ts";

export function refOf(
  type: ResourceType,
  target: { readonly namespace: string; readonly name?: string; readonly subresource?: string },
): ResourceRef {
  return {
    group: type.group,
    version: type.version,
    resource: type.resource,
    namespace: type.namespaced ? target.namespace : "",
    name: target.name ?? "",
    subresource: target.subresource ?? "",
  };
}

export function payloadOf(object: KubeObject): Payload {
  return { form: { $case: "json", value: Buffer.from(JSON.stringify(object)) } };
}

export function writeOptionsOf(options: WriteOptions): WireOptions | undefined {
  const { fieldManager, dryRun, fence } = options;
  if (fieldManager === undefined && dryRun !== true && fence === undefined) return undefined;
  return {
    dryRun: dryRun === true ? ["All"] : [],
    fieldManager: fieldManager ?? "",
    fieldValidation: "",
    fence,
  };
}

/** The type is what the resource was bound to: the server is trusted to answer with it. */
export function objectFrom<T extends KubeObject>(json: Buffer | undefined): T {
  return jsonFrom(json) as T;
}

function jsonFrom(json: Buffer | undefined): unknown {
  if (json === undefined) throw new ClientError("badResponse", "the answer carries no JSON");
  try {
    return JSON.parse(json.toString("utf8"));
  } catch (cause) {
    throw new ClientError("badResponse", "the answer is not JSON", { cause });
  }
}

const OBJECT_EVENTS: Partial<Record<EventType, "ADDED" | "MODIFIED" | "DELETED">> = {
  [EventType.EVENT_TYPE_ADDED]: "ADDED",
  [EventType.EVENT_TYPE_MODIFIED]: "MODIFIED",
  [EventType.EVENT_TYPE_DELETED]: "DELETED",
};

export function watchEventFrom<T extends KubeObject>(kind: EventType, json: Buffer): WatchEvent<T> {
  const type = OBJECT_EVENTS[kind];
  if (type !== undefined) return { type, object: objectFrom<T>(json) };
  switch (kind) {
    case EventType.EVENT_TYPE_BOOKMARK: {
      const { resourceVersion } = objectFrom(json).metadata;
      return { type: "BOOKMARK", resourceVersion: resourceVersion ?? "" };
    }
    case EventType.EVENT_TYPE_ERROR:
      return { type: "ERROR", status: statusFrom(jsonFrom(json)) };
    default:
      throw new ClientError("badResponse", `an unknown type of event: ${kind}`);
  }
}
