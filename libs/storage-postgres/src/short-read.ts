import type { QueryArrayConfig } from "pg";

/** No answer to a small read by then: the server is out of reach, and who asked is told so. */
const timeoutMs = 4_000;

/** The driver takes the limit of one statement; its types do not say so. */
export function shortRead(query: QueryArrayConfig<unknown[]>): QueryArrayConfig<unknown[]> {
  return Object.assign(query, { query_timeout: timeoutMs });
}
