/** What a verb came to, before an edge gives it its form on the wire. */
import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { Status } from "@kubets/api/meta/v1";
import type { ListPage, ResourceStore, TableConvertor } from "@kubets/registry";
import type { Entry, WatchHandle, WatchSink } from "@kubets/watch-cache";

export type Outcome =
  | {
      readonly kind: "entry";
      readonly code: number;
      readonly entry: Entry;
      readonly store: ResourceStore;
    }
  /** Objects that are not stored as such: Scale, Binding, reviews. */
  | {
      readonly kind: "object";
      readonly code: number;
      readonly object: KubeObject;
      /** Absent: it is shown as it is to those who ask for a table. */
      readonly table?: TableConvertor;
    }
  | { readonly kind: "status"; readonly code: number; readonly status: Status }
  | { readonly kind: "list"; readonly page: ListPage; readonly store: ResourceStore }
  | {
      readonly kind: "watch";
      readonly store: ResourceStore;
      /** Zero: the server chooses. */
      readonly timeoutSeconds: number;
      /** Throws StatusError where the watch cannot begin. */
      open(sink: WatchSink): Promise<WatchHandle>;
    }
  /** A connection to a node, pod or service, which the REST edge makes. */
  | {
      readonly kind: "connect";
      readonly resource: ResourceInfo;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      /** What stands behind the subresource in the path, for proxies. */
      readonly rest: string;
    };
