/** The calls with one answer: how each message reads as a request to the core. */
import { noOptions } from "@kubets/request";
import {
  CreateRequest,
  DeleteCollectionRequest,
  DeleteRequest,
  Encoding,
  GetRequest,
  PatchRequest,
  type ResourceRef,
  UpdateRequest,
} from "@kubets/rpc";
import { bodyOf, type CallParts, writeParts } from "./incoming.ts";

export interface UnaryCall {
  readonly parts: CallParts;
  /** Of the answer. */
  readonly encoding: Encoding;
}

export type ReadUnary = (message: Buffer) => UnaryCall;

/** Answers come in the form that the request came in. */
function answerLike(form: { readonly $case: string } | undefined): Encoding {
  return form?.$case === "protobuf" ? Encoding.ENCODING_PROTOBUF : Encoding.ENCODING_JSON;
}

/** An object is created in its collection and names itself; only a subresource belongs to an object that is there. */
function createRef(ref: ResourceRef | undefined): ResourceRef | undefined {
  return ref === undefined || ref.subresource !== "" ? ref : { ...ref, name: "" };
}

export const unaryCalls: Readonly<Record<string, ReadUnary>> = {
  Get: (message) => {
    const { ref, resourceVersion, encoding } = GetRequest.decode(message);
    const read = resourceVersion === "" ? {} : { resourceVersion };
    return { parts: { verb: "get", ref, options: { ...noOptions, read } }, encoding };
  },
  Create: (message) => {
    const { ref, object, options } = CreateRequest.decode(message);
    return {
      parts: { verb: "create", ref: createRef(ref), ...bodyOf(object), ...writeParts(options) },
      encoding: answerLike(object?.form),
    };
  },
  Update: (message) => {
    const { ref, object, options } = UpdateRequest.decode(message);
    return {
      parts: { verb: "update", ref, ...bodyOf(object), ...writeParts(options) },
      encoding: answerLike(object?.form),
    };
  },
  Patch: (message) => {
    const { ref, patchType, patch, options, force } = PatchRequest.decode(message);
    const write = writeParts(options);
    const isApply = patchType.startsWith("application/apply-patch");
    return {
      parts: {
        verb: "patch",
        ref,
        body: patch,
        contentType: patchType,
        ...write,
        options: { ...(write.options ?? noOptions), ...(isApply || force ? { force } : {}) },
      },
      encoding: Encoding.ENCODING_JSON,
    };
  },
  Delete: (message) => {
    const { ref, deleteOptions, fence } = DeleteRequest.decode(message);
    return {
      parts: { verb: "delete", ref, body: deleteOptions, fence },
      encoding: Encoding.ENCODING_JSON,
    };
  },
  DeleteCollection: (message) => {
    const request = DeleteCollectionRequest.decode(message);
    const { ref, labelSelector, fieldSelector, deleteOptions, fence } = request;
    const read = {
      ...(labelSelector === "" ? {} : { labelSelector }),
      ...(fieldSelector === "" ? {} : { fieldSelector }),
    };
    return {
      parts: {
        verb: "deletecollection",
        ref,
        fieldSelector,
        labelSelector,
        options: { ...noOptions, read },
        body: deleteOptions,
        fence,
      },
      encoding: Encoding.ENCODING_JSON,
    };
  },
};
