/**
 * All plugins as one. Which of them concern a request is worked out once for each operation and resource; a plugin that
 * answers at once costs no promise.
 */
import type { GroupVersionKind, GroupVersionResource, KubeObject } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";
import type {
  AdmissionChain,
  AdmissionOperation,
  AdmissionPlugin,
  AdmissionRequest,
} from "./plugin.ts";

type Mutate = NonNullable<AdmissionPlugin["mutate"]>;
type Validate = NonNullable<AdmissionPlugin["validate"]>;

interface Route {
  readonly mutate: readonly Mutate[];
  readonly validate: readonly Validate[];
}

/** Resources come and go with custom ones; clients cannot make up routes, so this only bounds churn. */
const ROUTES_MAX = 4_096;

/** `plugins` in the order in which they run. */
export function chainPlugins(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const routes = new Map<string, Route>();

  function routeOf({ operation, resource, subresource }: AdmissionRequest): Route {
    const key = `${operation} ${resource.group}/${resource.version}/${resource.resource}/${subresource}`;
    let route = routes.get(key);
    if (route === undefined) {
      const concerned = plugins.filter((plugin) =>
        plugin.handles(operation, resource, subresource),
      );
      route = {
        mutate: concerned.flatMap((plugin) => plugin.mutate?.bind(plugin) ?? []),
        validate: concerned.flatMap((plugin) => plugin.validate?.bind(plugin) ?? []),
      };
      if (routes.size >= ROUTES_MAX) routes.clear();
      routes.set(key, route);
    }
    return route;
  }

  return {
    async mutate(request) {
      const { mutate } = routeOf(request);
      if (mutate.length === 0) return request.object;
      const passed = new PassedRequest(request);
      for (const each of mutate) {
        const result = each(passed);
        const object = result instanceof Promise ? await result : result;
        if (object !== undefined) passed.object = object;
      }
      return passed.object;
    },
    async validate(request) {
      for (const each of routeOf(request).validate) {
        const pending = each(request);
        if (pending !== undefined) await pending;
      }
    },
  };
}

/** The request on its way through the mutating plugins: each sees what the ones before it made. */
class PassedRequest implements AdmissionRequest {
  object: KubeObject | undefined;
  readonly #request: AdmissionRequest;
  constructor(request: AdmissionRequest) {
    this.#request = request;
    this.object = request.object;
  }
  get operation(): AdmissionOperation {
    return this.#request.operation;
  }
  get resource(): GroupVersionResource {
    return this.#request.resource;
  }
  get kind(): GroupVersionKind {
    return this.#request.kind;
  }
  get subresource(): string {
    return this.#request.subresource;
  }
  get namespace(): string {
    return this.#request.namespace;
  }
  get name(): string {
    return this.#request.name;
  }
  get user(): UserInfo {
    return this.#request.user;
  }
  get dryRun(): boolean {
    return this.#request.dryRun;
  }
  get oldObject(): KubeObject | undefined {
    return this.#request.oldObject;
  }
  get options(): unknown {
    return this.#request.options;
  }
  warn(text: string): void {
    this.#request.warn(text);
  }
}
