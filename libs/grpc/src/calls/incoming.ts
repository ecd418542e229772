/** The core's view of a call. */
import type { Credentials } from "@kubets/authn";
import {
  type IncomingRequest,
  JSON_TYPE,
  noOptions,
  PROTOBUF_TYPE,
  type RequestInfo,
  type RequestOptions,
  resourceRequestInfo,
} from "@kubets/request";
import type { Fence, Payload, ResourceRef, WriteOptions } from "@kubets/rpc";
import type { GrpcCall } from "../grpc-call.ts";

export interface CallParts {
  readonly verb: string;
  readonly ref: ResourceRef | undefined;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly options?: RequestOptions;
  readonly fence?: Fence | undefined;
  readonly body?: Buffer;
  readonly contentType?: string;
}

const emptyRef: ResourceRef = {
  group: "",
  version: "",
  resource: "",
  namespace: "",
  name: "",
  subresource: "",
};
const noBody = Buffer.alloc(0);

export class GrpcIncomingRequest implements IncomingRequest {
  readonly info: RequestInfo;
  readonly credentials: Credentials;
  readonly contentType: string;
  readonly fence?: Fence;
  readonly #call: GrpcCall;
  readonly #options: RequestOptions;
  readonly #body: Buffer;

  constructor(call: GrpcCall, parts: CallParts) {
    const { verb, ref = emptyRef, fieldSelector, labelSelector } = parts;
    this.info = resourceRequestInfo({
      ...ref,
      verb,
      ...(fieldSelector ? { fieldSelector } : {}),
      ...(labelSelector ? { labelSelector } : {}),
    });
    this.credentials = credentialsOf(call);
    this.contentType = parts.contentType ?? JSON_TYPE;
    if (parts.fence !== undefined) this.fence = parts.fence;
    this.#call = call;
    this.#options = parts.options ?? noOptions;
    this.#body = parts.body ?? noBody;
  }
  get userAgent(): string {
    return this.#call.header("user-agent") ?? "";
  }
  get signal(): AbortSignal {
    return this.#call.signal;
  }
  options(): RequestOptions {
    return this.#options;
  }
  readBody(): Buffer {
    return this.#body;
  }
}

function credentialsOf(call: GrpcCall): Credentials {
  const authorization = call.header("authorization") ?? "";
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  return {
    clientCertificates: call.identity.clientCertificates,
    ...(token === undefined ? {} : { bearerToken: token }),
    header: (name) => {
      const value = call.header(name);
      return value === undefined ? [] : [value];
    },
    remoteAddress: call.identity.remoteAddress,
  };
}

export function bodyOf(payload: Payload | undefined): Pick<CallParts, "body" | "contentType"> {
  const form = payload?.form;
  if (form === undefined) return { body: noBody };
  return { body: form.value, contentType: form.$case === "protobuf" ? PROTOBUF_TYPE : JSON_TYPE };
}

export function writeParts(
  options: WriteOptions | undefined,
): Pick<CallParts, "options" | "fence"> {
  if (options === undefined) return {};
  const { dryRun, fieldManager, fieldValidation, fence } = options;
  return { options: { ...noOptions, dryRun, fieldManager, fieldValidation }, fence };
}
