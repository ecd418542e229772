/** An answer of the node API other than success. */
import { isRuntimeError } from "@kubets/cri";
import { errorText, KubeletError } from "../kubelet-error.ts";

export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function answerOf(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof Refusal) return { status: error.status, message: error.message };
  if (error instanceof KubeletError) return { status: 400, message: error.message };
  if (error instanceof URIError) return { status: 400, message: "Bad Request" };
  if (isRuntimeError(error, "notFound")) return { status: 404, message: error.rpcText };
  if (isRuntimeError(error)) return { status: 500, message: error.rpcText };
  return { status: 500, message: errorText(error) };
}
