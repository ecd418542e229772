/** Moves the mark to $1, never back and never ahead of the counter. */
export const moveMarkSql = `
UPDATE counter SET compacted_revision = greatest(compacted_revision, $1::bigint)
WHERE id = 1 AND revision >= $1::bigint
RETURNING compacted_revision`;

/**
 * Looks at the next $3 log rows in ($1, $2] and removes what each replaced, and deletions themselves.
 * Everything is found by the primary key, and doing it twice changes nothing.
 */
export const removeSupersededSql = `
WITH page AS MATERIALIZED (
  SELECT revision, type, previous_revision FROM log
  WHERE revision > $1 AND revision <= $2 ORDER BY revision LIMIT $3
), removed AS (
  DELETE FROM log WHERE revision = ANY (ARRAY(
    SELECT previous_revision FROM page WHERE previous_revision IS NOT NULL
    UNION ALL SELECT revision FROM page WHERE type = 3
  )) RETURNING 1
)
SELECT (SELECT max(revision) FROM page) AS until, (SELECT count(*) FROM removed) AS removed`;
