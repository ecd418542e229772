import { StatusError } from "@kubets/api";

/** Why a request's signal is aborted. One for all: an error made for each would cost more than the rest of a request's end. */
export const clientGone = new StatusError({
  code: 499,
  reason: "ClientClosedRequest",
  message: "the client has gone",
});
