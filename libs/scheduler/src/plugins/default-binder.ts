import type { Binding } from "@kubets/api/core/v1";
import { type Client, pods } from "@kubets/client";
import type { Plugin } from "../framework/plugin.ts";
import { errorStatus } from "../framework/status.ts";

/** Writes the binding to the server. Upstream: defaultbinder/default_binder.go @1.36 */
export function defaultBinder(client: Pick<Client, "createSubresource">): Plugin {
  return {
    name: "DefaultBinder",
    async bind(_state, { name, namespace, uid }, nodeName, signal) {
      const binding: Binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace, name, uid },
        target: { kind: "Node", name: nodeName },
      };
      try {
        const target = { namespace, name, subresource: "binding" };
        await client.createSubresource(pods, target, binding, { signal });
        return undefined;
      } catch (error) {
        return errorStatus(error);
      }
    },
  };
}
