import type { Client, Fence, WriteOptions } from "../client.ts";

/**
 * The same client, whose every write carries the fence that `current` gives, if any: a server refuses it once
 * another leads.
 */
export function fencedClient(client: Client, current: () => Fence | undefined): Client {
  const fenced = <O extends WriteOptions>(options: O | undefined): O | WriteOptions | undefined => {
    const fence = current();
    return fence === undefined ? options : { fence, ...options };
  };
  return {
    get: (type, namespace, name, options) => client.get(type, namespace, name, options),
    list: (type, options) => client.list(type, options),
    watch: (type, options) => client.watch(type, options),
    create: (type, object, options) => client.create(type, object, fenced(options)),
    update: (type, object, options) => client.update(type, object, fenced(options)),
    updateStatus: (type, object, options) => client.updateStatus(type, object, fenced(options)),
    updateSubresource: (type, subresource, object, options) =>
      client.updateSubresource(type, subresource, object, fenced(options)),
    patch: (type, target, patch, options) => client.patch(type, target, patch, fenced(options)),
    delete: (type, namespace, name, options) =>
      client.delete(type, namespace, name, fenced(options)),
    deleteCollection: (type, selection, options) =>
      client.deleteCollection(type, selection, fenced(options)),
    createSubresource: (type, target, object, options) =>
      client.createSubresource(type, target, object, fenced(options)),
    close: () => client.close(),
  };
}
