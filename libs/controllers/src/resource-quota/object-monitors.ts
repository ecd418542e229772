/**
 * Follows resources from the time on that a quota counts them: most clusters count few.
 *
 * Upstream: pkg/controller/resourcequota/resource_quota_monitor.go @1.36
 */
import type { KubeObject, ResourceInfo } from "@kubets/api";
import { type Change, Informer, resourceTypeOf } from "@kubets/client";
import type { Runnable } from "@kubets/service";
import type { ControllerContext } from "../controller-context.ts";
import { NAMESPACE_INDEX } from "../manager/informer-indexes.ts";

export class ObjectMonitors implements Runnable {
  readonly name = "quota monitors";
  readonly #context: ControllerContext;
  readonly #onChange: (info: ResourceInfo, change: Change<KubeObject>) => void;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #stopping = new AbortController();

  constructor(
    context: ControllerContext,
    onChange: (info: ResourceInfo, change: Change<KubeObject>) => void,
  ) {
    this.#context = context;
    this.#onChange = onChange;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }

  /** All objects of a namespace; waits for the first list. */
  async of(info: ResourceInfo, namespace: string, signal: AbortSignal): Promise<KubeObject[]> {
    const informer = await this.#informerOf(info);
    await informer.waitForSync(signal);
    return [...informer.store.byIndex(NAMESPACE_INDEX, namespace)];
  }

  async #informerOf(info: ResourceInfo): Promise<Informer<KubeObject>> {
    const key = `${info.group}/${info.resource}`;
    const known = this.#informers.get(key);
    if (known !== undefined) return known;
    const { reader, clock, logger, random } = this.#context;
    const informer = new Informer<KubeObject>({
      client: reader,
      type: resourceTypeOf(info),
      clock,
      logger,
      random,
      transform: (object) => countedPart(info, object),
      indexers: { [NAMESPACE_INDEX]: ({ metadata }) => [metadata.namespace ?? ""] },
    });
    informer.onChange((change) => this.#onChange(info, change));
    this.#informers.set(key, informer);
    await informer.start(this.#stopping.signal);
    return informer;
  }
}

const WHOLE = new Set(["/services", "/persistentvolumeclaims"]);

/** Of most objects only that they are there. */
function countedPart({ group, resource }: ResourceInfo, object: KubeObject): KubeObject {
  if (WHOLE.has(`${group}/${resource}`)) return object;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, namespace, uid, resourceVersion },
  };
}
