import type { JsonObject, ResourceInfo, SchemaTable, SubresourceInfo } from "@kubets/api";
import type { Dialect } from "./dialect.ts";
import { type OperationParts, operation } from "./operation.ts";
import {
  optionParameters,
  type ParameterSet,
  pathParameters,
  queryParameters,
} from "./parameters.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const DELETE_OPTIONS = { name: `${META}.DeleteOptions`, required: false };
/** Subresources of which the kind is that of the object, while the answer is plain text. */
const TEXT_SUBRESOURCES: Readonly<Record<string, string>> = { log: "PodLogOptions" };

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "CoreV1", "RbacAuthorizationV1". */
function camelGroupVersion({ group, version }: ResourceInfo): string {
  const words = (group === "" ? "core" : group.replace(/\.k8s\.io$/, "")).split(".");
  return words.map(capital).join("") + capital(version);
}

export function groupVersionRoot(gv: { readonly group: string; readonly version: string }): string {
  return gv.group === "" ? `/api/${gv.version}` : `/apis/${gv.group}/${gv.version}`;
}

/** The path items of one resource. */
export class ResourcePaths {
  private readonly table: SchemaTable;
  private readonly dialect: Dialect;
  private readonly info: ResourceInfo;
  private readonly items = new Map<string, JsonObject>();

  constructor(table: SchemaTable, dialect: Dialect, info: ResourceInfo) {
    this.table = table;
    this.dialect = dialect;
    this.info = info;
  }

  build(): ReadonlyMap<string, JsonObject> {
    const { info } = this;
    const root = groupVersionRoot(info);
    const scope = info.namespaced ? "/namespaces/{namespace}" : "";
    const collection = `${root}${scope}/${info.resource}`;
    const object = `${collection}/{name}`;
    const one = this.openapiName(info.group, info.version, info.kind);
    if (one === undefined) return this.items;
    for (const verb of info.verbs) this.verb(verb, collection, object, one);
    if (info.namespaced && info.verbs.includes("list")) {
      this.list(`${root}/${info.resource}`, `${info.kind}ForAllNamespaces`);
    }
    for (const sub of info.subresources) this.subresource(`${object}/${sub.name}`, sub, one);
    return this.items;
  }

  private openapiName(group: string, version: string, kind: string): string | undefined {
    return this.table.kind(group, version, kind)?.openapi;
  }

  private add(path: string, method: string, parts: Omit<OperationParts, "tag">): void {
    const { dialect, info } = this;
    let item = this.items.get(path);
    if (item === undefined) {
      item = { parameters: pathParameters(dialect, path, info.kind) };
      this.items.set(path, item);
    }
    const group = (info.group === "" ? "core" : info.group.replace(/\.k8s\.io$/, "")).replaceAll(
      ".",
      "",
    );
    item[method] = operation(dialect, { ...parts, tag: `${group}_${info.version}` });
  }

  private id(verb: string, rest: string): string {
    const scope = this.info.namespaced ? "Namespaced" : "";
    return `${verb}${camelGroupVersion(this.info)}${scope}${rest}`;
  }

  private query(set: ParameterSet): JsonObject[] {
    return queryParameters(this.dialect, set);
  }

  private list(path: string, rest: string): void {
    const { info } = this;
    const answer = this.openapiName(info.group, info.version, info.listKind ?? "");
    if (answer === undefined) return;
    const scoped = !rest.endsWith("ForAllNamespaces") && info.namespaced ? "Namespaced" : "";
    this.add(path, "get", {
      action: "list",
      description: `list or watch objects of kind ${info.kind}`,
      operationId: `list${camelGroupVersion(info)}${scoped}${rest}`,
      kind: info,
      parameters: this.query("list"),
      answer,
      codes: [200],
      watches: true,
    });
  }

  private verb(verb: string, collection: string, object: string, one: string): void {
    const { info } = this;
    const body = { name: one, required: true };
    const { kind } = info;
    const common = { kind: info, answer: one };
    switch (verb) {
      case "list":
        this.list(collection, kind);
        return;
      case "create":
        this.add(collection, "post", {
          ...common,
          action: "post",
          description: `create a ${kind}`,
          operationId: this.id("create", kind),
          parameters: this.query("write"),
          body,
          codes: [200, 201, 202],
        });
        return;
      case "deletecollection":
        this.add(collection, "delete", {
          ...common,
          action: "deletecollection",
          description: `delete collection of ${kind}`,
          operationId: this.id("delete", kind).replace(
            camelGroupVersion(info),
            `${camelGroupVersion(info)}Collection`,
          ),
          parameters: this.query("removeAll"),
          body: DELETE_OPTIONS,
          answer: `${META}.Status`,
          codes: [200],
        });
        return;
      case "get":
        this.add(object, "get", {
          ...common,
          action: "get",
          description: `read the specified ${kind}`,
          operationId: this.id("read", kind),
          parameters: [],
          codes: [200],
        });
        return;
      case "update":
        this.add(object, "put", {
          ...common,
          action: "put",
          description: `replace the specified ${kind}`,
          operationId: this.id("replace", kind),
          parameters: this.query("write"),
          body,
          codes: [200, 201],
        });
        return;
      case "patch":
        this.add(object, "patch", {
          ...common,
          action: "patch",
          description: `partially update the specified ${kind}`,
          operationId: this.id("patch", kind),
          parameters: this.query("apply"),
          body: "patch",
          codes: [200, 201],
        });
        return;
      case "delete":
        this.add(object, "delete", {
          ...common,
          action: "delete",
          description: `delete a ${kind}`,
          operationId: this.id("delete", kind),
          parameters: this.query("remove"),
          body: DELETE_OPTIONS,
          answer: `${META}.Status`,
          codes: [200, 202],
        });
        return;
    }
  }

  private subresource(path: string, sub: SubresourceInfo, one: string): void {
    const options =
      TEXT_SUBRESOURCES[sub.name] ?? (sub.kind.endsWith("Options") ? sub.kind : undefined);
    if (options !== undefined) {
      this.connect(path, sub, options);
      return;
    }
    const name = this.openapiName(sub.group, sub.version, sub.kind) ?? one;
    const rest = `${this.info.kind}${capital(sub.name)}`;
    const what = `${sub.name} of the specified ${this.info.kind}`;
    const common = { kind: sub, answer: name };
    const body = { name, required: true };
    for (const verb of sub.verbs) {
      if (verb === "get") {
        this.add(path, "get", {
          ...common,
          action: "get",
          description: `read ${what}`,
          operationId: this.id("read", rest),
          parameters: [],
          codes: [200],
        });
      } else if (verb === "update") {
        this.add(path, "put", {
          ...common,
          action: "put",
          description: `replace ${what}`,
          operationId: this.id("replace", rest),
          parameters: this.query("write"),
          body,
          codes: [200, 201],
        });
      } else if (verb === "patch") {
        this.add(path, "patch", {
          ...common,
          action: "patch",
          description: `partially update ${what}`,
          operationId: this.id("patch", rest),
          parameters: this.query("apply"),
          body: "patch",
          codes: [200, 201],
        });
      } else if (verb === "create") {
        this.add(path, "post", {
          ...common,
          action: "post",
          description: `create ${what}`,
          operationId: this.id("create", rest),
          parameters: this.query("write"),
          body,
          codes: [200, 201, 202],
        });
      }
    }
  }

  /** Subresources that give a stream or text; the proxy ones also take a path below. */
  private connect(path: string, sub: SubresourceInfo, options: string): void {
    const { dialect, table } = this;
    const reads = sub.name in TEXT_SUBRESOURCES;
    const parameters = optionParameters(dialect, table.kind(sub.group, sub.version, options));
    const methods: Readonly<Record<string, string>> = {
      get: "get",
      create: "post",
      update: "put",
      patch: "patch",
      delete: "delete",
    };
    const paths = sub.name === "proxy" ? [path, `${path}/{path}`] : [path];
    for (const place of paths) {
      for (const verb of sub.verbs) {
        const method = methods[verb];
        if (method === undefined) continue;
        const suffix = `${this.info.kind}${capital(sub.name)}${place === path ? "" : "WithPath"}`;
        this.add(place, method, {
          action: reads ? "get" : "connect",
          description: `${reads ? "read" : `connect ${method.toUpperCase()} requests to`} ${sub.name} of ${this.info.kind}`,
          operationId: this.id(reads ? "read" : `connect${capital(method)}`, suffix),
          kind: sub,
          parameters:
            place === path ? parameters : parameters.filter(({ name }) => name !== "path"),
          answer: "string",
          codes: [200],
        });
      }
    }
  }
}
