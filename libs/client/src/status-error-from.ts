import { StatusError } from "@kubets/api";
import type { Status } from "@kubets/api/meta/v1";
import { ClientError } from "./client.ts";

/** A Status as bytes of JSON, as the error it is; ClientError when the bytes are no Status. */
export function statusErrorFrom(bytes: Buffer): StatusError | ClientError {
  let status: unknown;
  try {
    status = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    return new ClientError("badResponse", "the server's refusal is not JSON", { cause });
  }
  if (
    typeof status !== "object" ||
    status === null ||
    !("kind" in status) ||
    status.kind !== "Status"
  ) {
    return new ClientError("badResponse", "the server's refusal is not a Status");
  }
  return new StatusError(status as Status);
}
