/**
 * Log rows behind $1, at most $2 rows and (but for the first) $3 bytes, together with the counter of the
 * same snapshot: rows that are missing there were compacted, and its mark says so.
 */
export const readLogSql = `
SELECT c.revision AS counter, c.compacted_revision, c.epoch, l.revision, l.previous_revision, l.type, l.api_group,
  l.resource, l.namespace, l.name, l.uid, l.bytes
FROM counter c LEFT JOIN LATERAL (
  SELECT * FROM (
    SELECT p.*, sum(octet_length(p.bytes)) OVER (ORDER BY p.revision) - octet_length(p.bytes) AS bytes_before
    FROM (SELECT * FROM log WHERE log.revision > $1 ORDER BY log.revision LIMIT $2) p
  ) b WHERE b.bytes_before < $3
) l ON c.compacted_revision <= $1
WHERE c.id = 1 ORDER BY l.revision`;
