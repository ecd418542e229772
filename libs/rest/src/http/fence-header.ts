/** The fence of a write over REST, which upstream's API has no place for: a header of our own clients. */
import { StatusError } from "@kubets/api";
import type { IncomingRequest } from "@kubets/request";

type Fence = NonNullable<IncomingRequest["fence"]>;

export const FENCE_HEADER = "kubets-fence";

/** A fence that cannot be read is refused: to write without it is what its sender wants to prevent. */
export function parseFence(header: string): Fence {
  let value: unknown;
  try {
    value = JSON.parse(header);
  } catch (error) {
    throw unreadable({ cause: error });
  }
  if (typeof value !== "object" || value === null) throw unreadable();
  const { leaseNamespace, leaseName, epoch, holderIdentity }: Partial<Record<string, unknown>> = {
    ...value,
  };
  if (
    typeof leaseNamespace !== "string" ||
    typeof leaseName !== "string" ||
    typeof holderIdentity !== "string" ||
    !isEpoch(epoch)
  ) {
    throw unreadable();
  }
  return { leaseNamespace, leaseName, epoch, holderIdentity };
}

function isEpoch(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function unreadable(options?: ErrorOptions): StatusError {
  const message = `the header ${FENCE_HEADER} must be a fence as JSON`;
  return new StatusError({ code: 400, reason: "BadRequest", message }, options);
}
