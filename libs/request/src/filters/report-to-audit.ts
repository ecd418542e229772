import type { Filter } from "../filter-chain.ts";

/** First in the chain, so that refused requests are reported too. */
export const reportToAudit: Filter = (context, { audit }) => {
  if (audit !== undefined) context.atEnd(() => audit(context));
};
