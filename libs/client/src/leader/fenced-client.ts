import type { Client, Fence } from "../client.ts";

/** The same client, whose every write carries the fence: a server refuses it once another leads. */
export function fencedClient(client: Client, fence: Fence): Client {
  return {
    get: (type, namespace, name, options) => client.get(type, namespace, name, options),
    list: (type, options) => client.list(type, options),
    watch: (type, options) => client.watch(type, options),
    create: (type, object, options) => client.create(type, object, { fence, ...options }),
    update: (type, object, options) => client.update(type, object, { fence, ...options }),
    updateStatus: (type, object, options) =>
      client.updateStatus(type, object, { fence, ...options }),
    updateSubresource: (type, subresource, object, options) =>
      client.updateSubresource(type, subresource, object, { fence, ...options }),
    patch: (type, target, patch, options) =>
      client.patch(type, target, patch, { fence, ...options }),
    delete: (type, namespace, name, options) =>
      client.delete(type, namespace, name, { fence, ...options }),
    deleteCollection: (type, selection, options) =>
      client.deleteCollection(type, selection, { fence, ...options }),
    createSubresource: (type, target, object, options) =>
      client.createSubresource(type, target, object, { fence, ...options }),
    close: () => client.close(),
  };
}
