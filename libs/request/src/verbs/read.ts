/** get, list and watch. */
import type { ReadOptions } from "@kubets/registry";
import type { Outcome } from "../outcome.ts";
import { handlerOf, objectOutcome, storeOf } from "./store-of.ts";
import type { VerbCall } from "./verb.ts";

export async function get({ context, target, parts }: VerbCall): Promise<Outcome> {
  const options = context.request.options();
  const scope = context.scope(target.namespace, options);
  const handler = handlerOf(parts.registry, target);
  if (handler?.get !== undefined) {
    const object = await handler.get(scope, target.name);
    return objectOutcome(handler, object);
  }
  const store = storeOf(parts.registry, target);
  const entry = await store.get(scope, target.name, options.read.resourceVersion);
  return { kind: "entry", code: 200, entry, store };
}

export async function list({ context, target, parts }: VerbCall): Promise<Outcome> {
  const options = context.request.options();
  const store = storeOf(parts.registry, target);
  const page = await store.list(context.scope(target.namespace, options), options.read);
  return { kind: "list", page, store };
}

export async function watch({ context, target, parts }: VerbCall): Promise<Outcome> {
  const options = context.request.options();
  const store = storeOf(parts.registry, target);
  const scope = context.scope(target.namespace, options);
  const read = target.name === "" ? options.read : narrowed(options.read, target.name);
  return {
    kind: "watch",
    store,
    timeoutSeconds: options.timeoutSeconds ?? 0,
    open: (sink) => store.watch(scope, read, sink),
  };
}

/** The deprecated path /watch/…/NAME. */
function narrowed(read: ReadOptions, name: string): ReadOptions {
  const byName = `metadata.name=${name}`;
  const { fieldSelector } = read;
  return {
    ...read,
    fieldSelector: fieldSelector === undefined ? byName : `${fieldSelector},${byName}`,
  };
}
