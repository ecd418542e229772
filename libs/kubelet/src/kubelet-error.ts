/** What goes wrong in a kubelet. The message is what users read in events and statuses. */
export type KubeletErrorCode =
  /** A pod asks for something that is not there (yet): a ConfigMap, a key, a volume. */
  | "missingReference"
  /** A pod asks for something that cannot be done, here or anywhere. */
  | "invalidSpec"
  /** The machine or the runtime refused. */
  | "hostFailure"
  /** Something about the node is not known yet. */
  | "notReady";

export class KubeletError extends Error {
  readonly code: KubeletErrorCode;
  constructor(code: KubeletErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KubeletError";
    this.code = code;
  }
}

/** The text of whatever was thrown, for events and statuses. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
