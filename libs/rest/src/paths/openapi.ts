/**
 * The API's description for clients: v2 as JSON and as gnostic protobuf, v3 by group version under the hash
 * of its content.
 *
 * Upstream: k8s.io/kube-openapi pkg/handler and pkg/handler3
 */
import { type ResourceInfo, schemas } from "@kubets/api";
import type { Registry } from "@kubets/registry";
import {
  encodeGnostic,
  GNOSTIC_ACCEPTED,
  GNOSTIC_MEDIA_TYPE,
  openapiHash,
  openapiV2Document,
  openapiV3Document,
  openapiV3Index,
  openapiV3Path,
  servedGroups,
} from "@kubets/schema";
import { kubernetesVersion } from "@kubets/service";
import type { PathHandler, PathRequest } from "./path-handler.ts";

const info = { title: "Kubernetes", version: kubernetesVersion.gitVersion };
const v2Path = "/openapi/v2";
const v3Path = "/openapi/v3";

/** Documents of one list of resources, made when first asked for. */
class Documents {
  readonly #resources: readonly ResourceInfo[];
  #v2Json: Buffer | undefined;
  #v2Protobuf: Buffer | undefined;
  #v3: ReadonlyMap<string, { readonly body: Buffer; readonly hash: string }> | undefined;

  constructor(resources: readonly ResourceInfo[]) {
    this.#resources = resources;
  }
  get v2Json(): Buffer {
    this.#v2Json ??= Buffer.from(JSON.stringify(openapiV2Document(schemas, this.#resources, info)));
    return this.#v2Json;
  }
  get v2Protobuf(): Buffer {
    this.#v2Protobuf ??= Buffer.from(
      encodeGnostic(openapiV2Document(schemas, this.#resources, info)),
    );
    return this.#v2Protobuf;
  }
  /** By path below /openapi/v3/. */
  get v3() {
    this.#v3 ??= new Map(
      servedGroups(this.#resources).flatMap(({ group, versions }) =>
        versions.flatMap((version) => {
          const document = openapiV3Document(schemas, this.#resources, { group, version }, info);
          if (document === undefined) return [];
          const body = Buffer.from(JSON.stringify(document));
          return [[openapiV3Path({ group, version }), { body, hash: openapiHash(body) }] as const];
        }),
      ),
    );
    return this.#v3;
  }
}

export function openapiPaths(registry: Registry): PathHandler {
  const byResources = new WeakMap<readonly ResourceInfo[], Documents>();
  const documentsNow = () => {
    const resources = registry.resources();
    let documents = byResources.get(resources);
    if (documents === undefined) {
      documents = new Documents(resources);
      byResources.set(resources, documents);
    }
    return documents;
  };
  return {
    paths: () => [
      v2Path,
      v3Path,
      ...servedGroups(registry.resources()).flatMap(({ group, versions }) =>
        versions.map((version) => `${v3Path}/${openapiV3Path({ group, version })}`),
      ),
    ],
    serve: (request) => {
      const { path } = request;
      if (path === v2Path) {
        serveV2(request, documentsNow());
        return true;
      }
      if (path === v3Path || path === `${v3Path}/`) {
        const hashes = new Map([...documentsNow().v3].map(([name, { hash }]) => [name, hash]));
        const body = Buffer.from(JSON.stringify(openapiV3Index(hashes)));
        sendDocument(request, body, "application/json", openapiHash(body));
        return true;
      }
      if (!path.startsWith(`${v3Path}/`)) return false;
      return serveV3(request, path.slice(v3Path.length + 1), documentsNow());
    },
  };
}

function serveV2(request: PathRequest, documents: Documents): void {
  const accept = request.exchange.header("accept") ?? "";
  if (GNOSTIC_ACCEPTED.some((type) => accept.includes(type))) {
    const { v2Protobuf } = documents;
    sendDocument(request, v2Protobuf, GNOSTIC_MEDIA_TYPE, openapiHash(v2Protobuf));
    return;
  }
  sendDocument(request, documents.v2Json, "application/json", openapiHash(documents.v2Json));
}

function serveV3(request: PathRequest, name: string, documents: Documents): boolean {
  const document = documents.v3.get(name);
  if (document === undefined) return false;
  const { exchange, context } = request;
  const asked = new URLSearchParams(exchange.query).get("hash");
  if (asked !== null && asked !== document.hash) {
    const location = `${v3Path}/${name}?hash=${document.hash}`;
    exchange.send(301, { "audit-id": context.auditId, location }, "");
    return true;
  }
  sendDocument(request, document.body, "application/json", document.hash, asked !== null);
  return true;
}

const yearSeconds = 31_536_000;

/** Under its hash a document never changes. */
function sendDocument(
  { exchange, context }: PathRequest,
  body: Buffer,
  contentType: string,
  hash: string,
  isFixed = false,
): void {
  const etag = `"${hash}"`;
  const headers = {
    "audit-id": context.auditId,
    "cache-control": isFixed ? `public, immutable, max-age=${yearSeconds}` : "no-cache, private",
    "content-type": contentType,
    etag,
    vary: "Accept",
  };
  if (exchange.headerValues("if-none-match").includes(etag)) {
    exchange.send(304, headers, "");
    return;
  }
  exchange.send(200, headers, body);
}
