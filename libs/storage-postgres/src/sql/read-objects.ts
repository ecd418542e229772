/**
 * A page of objects at revision $1 (null: now) in order of their keys: those of group $2, resource $3 and
 * namespace $4 (null: any) behind the key ($5, $6, $7, $8), at most $9 rows and (but for the first) $10 bytes.
 *
 * What was changed since that revision is taken from the log: the first change behind it names the row that
 * it replaced. One statement is one snapshot, and no transaction stays open between pages.
 */
export const readObjectsSql = `
WITH at AS MATERIALIZED (
  SELECT c.revision AS counter, c.compacted_revision, coalesce($1::bigint, c.revision) AS revision
  FROM counter c WHERE c.id = 1
), changed AS MATERIALIZED (
  SELECT DISTINCT ON (l.api_group, l.resource, l.namespace, l.name) l.previous_revision
  FROM log l
  WHERE l.revision > (SELECT revision FROM at)
    AND ($2::text IS NULL OR l.api_group = $2) AND ($3::text IS NULL OR l.resource = $3)
    AND ($4::text IS NULL OR l.namespace = $4)
    AND (l.api_group, l.resource, l.namespace, l.name) > ($5, $6, $7, $8)
  ORDER BY l.api_group, l.resource, l.namespace, l.name, l.revision
)
SELECT at.counter, at.compacted_revision, at.revision AS at_revision, o.api_group, o.resource, o.namespace,
  o.name, o.uid, o.revision, o.bytes
FROM at LEFT JOIN (
  SELECT * FROM (
    SELECT p.*, sum(octet_length(p.bytes)) OVER (ORDER BY p.api_group, p.resource, p.namespace, p.name)
      - octet_length(p.bytes) AS bytes_before
    FROM (
      SELECT * FROM (
        -- With a limit of its own: taken from the primary key in its order, not sorted.
        (SELECT b.api_group, b.resource, b.namespace, b.name, b.uid, b.revision, b.bytes
        FROM objects b
        WHERE b.revision <= (SELECT revision FROM at)
          AND ($2::text IS NULL OR b.api_group = $2) AND ($3::text IS NULL OR b.resource = $3)
          AND ($4::text IS NULL OR b.namespace = $4)
          AND (b.api_group, b.resource, b.namespace, b.name) > ($5, $6, $7, $8)
        ORDER BY b.api_group, b.resource, b.namespace, b.name LIMIT $9)
        UNION ALL
        SELECT l.api_group, l.resource, l.namespace, l.name, l.uid, l.revision, l.bytes
        FROM log l WHERE l.revision = ANY (ARRAY(SELECT previous_revision FROM changed))
      ) u ORDER BY u.api_group, u.resource, u.namespace, u.name LIMIT $9
    ) p
  ) w WHERE w.bytes_before < $10
) o ON at.compacted_revision <= at.revision
ORDER BY o.api_group, o.resource, o.namespace, o.name`;
