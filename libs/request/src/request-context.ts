/**
 * One request on its way: what an edge read, and what the filters found out about it. Authorization,
 * admission and storage all look at this one value.
 */
import type { Credentials, UserInfo } from "@kubets/authn";
import type { Attributes } from "@kubets/authz";
import type { RequestScope } from "@kubets/registry";
import type { Fence } from "@kubets/storage";
import type { RequestInfo } from "./request-info.ts";
import { managerFrom, type RequestOptions } from "./request-options.ts";

/** What an edge knows of a request. */
export interface IncomingRequest {
  readonly info: RequestInfo;
  readonly credentials: Credentials;
  readonly userAgent: string;
  /** The body's media type as the client wrote it; empty where it named none. */
  readonly contentType: string;
  /** The client's own Audit-ID, where it sent one. */
  readonly auditId?: string;
  /** Parsed when the verb asks, so that a caller without rights learns nothing from it. */
  options(): RequestOptions;
  /** At most the edge's body limit; throws 413 above it. */
  readBody(): Promise<Buffer> | Buffer;
  readonly fence?: Fence;
  /** Aborts when the caller has gone or its time is over. */
  readonly signal: AbortSignal;
}

export class RequestContext {
  readonly request: IncomingRequest;
  /** Unique for this attempt; never taken from the client. */
  readonly requestId: string;
  readonly auditId: string;
  readonly startedMs: number;
  readonly warnings: string[] = [];
  #user: UserInfo = nobody;
  #attributes: Attributes | undefined;
  #finishers: (() => void)[] | undefined;
  #isFinished = false;

  constructor(request: IncomingRequest, requestId: string, startedMs: number) {
    this.request = request;
    this.requestId = requestId;
    this.auditId = request.auditId ?? requestId;
    this.startedMs = startedMs;
  }
  get info(): RequestInfo {
    return this.request.info;
  }
  /** Who is asking, after authentication and impersonation. */
  get user(): UserInfo {
    return this.#user;
  }
  set user(user: UserInfo) {
    this.#user = user;
    this.#attributes = undefined;
  }
  get attributes(): Attributes {
    this.#attributes ??= attributesOf(this.#user, this.request.info);
    return this.#attributes;
  }
  /** Runs `task` when the request is over, however it ends. */
  atEnd(task: () => void): void {
    // The deadline may have ended the request while a filter was waiting.
    if (this.#isFinished) {
      task();
      return;
    }
    this.#finishers ??= [];
    this.#finishers.push(task);
  }
  finish(): void {
    this.#isFinished = true;
    const finishers = this.#finishers;
    this.#finishers = undefined;
    if (finishers) for (const task of finishers) task();
  }
  /** A text for the client's Warning header; repeated and excessive ones are dropped. */
  warn(text: string): void {
    if (this.warnings.length < warningsMax && !this.warnings.includes(text)) {
      this.warnings.push(text);
    }
  }
  scope(namespace: string, options: RequestOptions): RequestScope {
    return new Scope(this, namespace, options);
  }
}

/** A request's scope; most verbs never ask for its signal, so it is made on demand. */
class Scope implements RequestScope {
  readonly user: UserInfo;
  readonly namespace: string;
  readonly requestId: string;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fence?: Fence;
  readonly #context: RequestContext;

  constructor(context: RequestContext, namespace: string, options: RequestOptions) {
    const { request } = context;
    this.#context = context;
    this.user = context.user;
    this.namespace = namespace;
    this.requestId = context.requestId;
    this.dryRun = options.dryRun.length > 0;
    this.fieldManager = managerFrom(options.fieldManager, request.userAgent);
    if (request.fence !== undefined) this.fence = request.fence;
  }
  get signal(): AbortSignal {
    return this.#context.request.signal;
  }
  warn(text: string): void {
    this.#context.warn(text);
  }
}

/** Nothing may be done in this name; the first filter replaces it. */
const nobody: UserInfo = { name: "", groups: [] };
const warningsMax = 100;

function attributesOf(user: UserInfo, info: RequestInfo): Attributes {
  return {
    user,
    verb: info.verb,
    isResourceRequest: info.isResourceRequest,
    apiGroup: info.apiGroup,
    apiVersion: info.apiVersion,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
    ...(info.fieldSelector === undefined ? {} : { fieldSelector: info.fieldSelector }),
    ...(info.labelSelector === undefined ? {} : { labelSelector: info.labelSelector }),
  };
}
