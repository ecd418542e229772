import type { Client } from "@kubets/client";

/** Called around each write; decides whether it happens and what the caller sees. */
export type Guard = <R>(description: string, run: () => Promise<R>) => Promise<R>;

/** A client whose writes all go through `guard`. */
export function guardedClient(inner: Client, guard: Guard): Client {
  return {
    get: (type, namespace, name, options) => inner.get(type, namespace, name, options),
    list: (type, options) => inner.list(type, options),
    watch: (type, options) => inner.watch(type, options),
    create: (type, object, options) =>
      guard(`create ${type.resource}`, () => inner.create(type, object, options)),
    update: (type, object, options) =>
      guard(`update ${type.resource} ${object.metadata.name}`, () =>
        inner.update(type, object, options),
      ),
    updateStatus: (type, object, options) =>
      guard(`update ${type.resource}/status ${object.metadata.name}`, () =>
        inner.updateStatus(type, object, options),
      ),
    updateSubresource: (type, subresource, object, options) =>
      guard(`update ${type.resource}/${subresource} ${object.metadata.name}`, () =>
        inner.updateSubresource(type, subresource, object, options),
      ),
    patch: (type, target, patch, options) =>
      guard(`patch ${type.resource} ${target.name}`, () =>
        inner.patch(type, target, patch, options),
      ),
    delete: (type, namespace, name, options) =>
      guard(`delete ${type.resource} ${name}`, () => inner.delete(type, namespace, name, options)),
    deleteCollection: (type, selection, options) =>
      guard(`deletecollection ${type.resource}`, () =>
        inner.deleteCollection(type, selection, options),
      ),
    createSubresource: (type, target, object, options) =>
      guard(`create ${type.resource}/${target.subresource} ${target.name}`, () =>
        inner.createSubresource(type, target, object, options),
      ),
    // The guard does not own what it guards.
    close: () => Promise.resolve(),
  };
}
