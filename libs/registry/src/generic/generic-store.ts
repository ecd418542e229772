/** One served resource: the verbs of the seam over one context. */
import type { AdmissionChain } from "@kubets/admission";
import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { Entry, WatchHandle, WatchSink } from "@kubets/watch-cache";
import { getObject } from "../reads/get.ts";
import { listObjects } from "../reads/list.ts";
import { watchObjects } from "../reads/watch.ts";
import type {
  DeleteOptions,
  DeleteResult,
  ListPage,
  ReadOptions,
  RequestScope,
  ResourceStore,
  TableConvertor,
  Transform,
  UpdateOptions,
} from "../store.ts";
import { createObject } from "./create.ts";
import { deleteObject } from "./delete.ts";
import { deleteCollection } from "./delete-collection.ts";
import type { StoreContext } from "./store-context.ts";
import { updateObject } from "./update.ts";

export class GenericStore implements ResourceStore {
  readonly info: ResourceInfo;
  readonly table: TableConvertor;
  readonly context: StoreContext;

  constructor(context: StoreContext, table: TableConvertor) {
    this.info = context.info;
    this.context = context;
    this.table = table;
  }

  get(scope: RequestScope, name: string, resourceVersion?: string): Promise<Entry> {
    return getObject(this.context, scope, name, resourceVersion);
  }
  list(scope: RequestScope, options: ReadOptions): Promise<ListPage> {
    return listObjects(this.context, scope, options);
  }
  watch(scope: RequestScope, options: ReadOptions, sink: WatchSink): Promise<WatchHandle> {
    return watchObjects(this.context, scope, options, sink);
  }
  create(scope: RequestScope, object: KubeObject, admission: AdmissionChain): Promise<Entry> {
    return createObject(this.context, scope, object, admission);
  }
  update(
    scope: RequestScope,
    name: string,
    transform: Transform,
    options: UpdateOptions,
    admission: AdmissionChain,
  ): Promise<{ readonly entry: Entry; readonly created: boolean }> {
    return updateObject(this.context, { scope, name, transform, options, admission });
  }
  delete(
    scope: RequestScope,
    name: string,
    options: DeleteOptions,
    admission: AdmissionChain,
  ): Promise<DeleteResult> {
    return deleteObject(this.context, { scope, name, options, admission });
  }
  deleteCollection(
    scope: RequestScope,
    options: DeleteOptions,
    selection: ReadOptions,
    admission: AdmissionChain,
  ): Promise<ListPage> {
    return deleteCollection(this.context, { scope, options, selection, admission });
  }
}
