-- kubets_commit for a batch of one write without a fence: the same rules and the same rows, without what
-- only batches need. A lonely writer waits for every microsecond of it.
CREATE FUNCTION kubets_commit_one(
  cursor_revision bigint,
  foreign_max int,
  op text,
  of_group text,
  of_resource text,
  of_namespace text,
  of_name text,
  of_uid text,
  expected bigint,
  content bytea,
  of_request_id text
) RETURNS TABLE (
  kind text,
  item int,
  revision bigint,
  previous_revision bigint,
  type smallint,
  api_group text,
  resource text,
  namespace text,
  name text,
  uid text,
  bytes bytea
)
LANGUAGE plpgsql VOLATILE
-- The plans are made while the tables are still small and are kept: they must be those of large tables.
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
  counter_before bigint;
  compacted bigint;
  current_epoch bigint;
  replaced bigint := expected;
  now_uid text := of_uid;
  committed_before bigint;
  outcome text := 'c';
BEGIN
  -- Takes the lock and the number in one step; a refused write gives the number back below.
  UPDATE counter c SET revision = c.revision + 1 WHERE c.id = 1
  RETURNING c.revision - 1, c.compacted_revision, c.epoch INTO STRICT counter_before, compacted, current_epoch;
  -- The caller has seen revisions that this store never had, or lost: whatever it writes would be built on them.
  IF cursor_revision > counter_before THEN
    RAISE EXCEPTION 'the store is at revision %, behind % that was seen before', counter_before, cursor_revision
      USING ERRCODE = 'KU001';
  END IF;

  -- An update or delete that finds the revision it expects was not made before: that would have changed it.
  IF op = 'c' THEN
    SELECT l.revision INTO committed_before FROM log l
    WHERE l.request_id = of_request_id AND l.api_group = of_group AND l.resource = of_resource
      AND l.namespace = of_namespace AND l.name = of_name
    ORDER BY l.revision LIMIT 1;
    IF FOUND THEN
      outcome := 'r';
    ELSE
      replaced := NULL;
      INSERT INTO objects (api_group, resource, namespace, name, uid, revision, bytes, request_id)
      VALUES (of_group, of_resource, of_namespace, of_name, of_uid, counter_before + 1, content, of_request_id)
      ON CONFLICT ON CONSTRAINT objects_pkey DO NOTHING;
      IF NOT FOUND THEN
        outcome := 'e';
      END IF;
    END IF;
  ELSE
    IF op = 'u' THEN
      UPDATE objects o SET uid = of_uid, revision = counter_before + 1, bytes = content, request_id = of_request_id
      WHERE o.api_group = of_group AND o.resource = of_resource AND o.namespace = of_namespace AND o.name = of_name
        AND o.revision = expected;
    ELSE
      DELETE FROM objects o
      WHERE o.api_group = of_group AND o.resource = of_resource AND o.namespace = of_namespace AND o.name = of_name
        AND o.revision = expected
      RETURNING o.uid INTO now_uid;
    END IF;
    IF NOT FOUND THEN
      SELECT l.revision INTO committed_before FROM log l
      WHERE l.request_id = of_request_id AND l.api_group = of_group AND l.resource = of_resource
        AND l.namespace = of_namespace AND l.name = of_name
      ORDER BY l.revision LIMIT 1;
      IF FOUND THEN
        outcome := 'r';
      ELSE
        PERFORM FROM objects o
        WHERE o.api_group = of_group AND o.resource = of_resource AND o.namespace = of_namespace AND o.name = of_name;
        outcome := CASE WHEN FOUND THEN 'x' ELSE 'n' END;
      END IF;
    END IF;
  END IF;

  IF outcome = 'c' THEN
    INSERT INTO log (revision, type, api_group, resource, namespace, name, uid, bytes, previous_revision, request_id)
    VALUES (counter_before + 1, CASE op WHEN 'c' THEN 1 WHEN 'u' THEN 2 ELSE 3 END, of_group, of_resource,
      of_namespace, of_name, now_uid, content, replaced, of_request_id);
  ELSE
    UPDATE counter c SET revision = counter_before WHERE c.id = 1;
  END IF;

  kind := 'h';
  item := CASE WHEN outcome = 'c' THEN 1 ELSE 0 END;
  revision := counter_before;
  previous_revision := compacted;
  uid := current_epoch::text;
  name := outcome;
  RETURN NEXT;

  IF outcome = 'r' THEN
    RETURN QUERY SELECT 'r', 1, committed_before, NULL::bigint, NULL::smallint, NULL, NULL, NULL, NULL, NULL,
      NULL::bytea;
  ELSIF outcome = 'e' OR outcome = 'x' THEN
    RETURN QUERY SELECT 'b', 1, o.revision, NULL::bigint, NULL::smallint, NULL, NULL, NULL, NULL, o.uid, o.bytes
    FROM objects o
    WHERE o.api_group = of_group AND o.resource = of_resource AND o.namespace = of_namespace AND o.name = of_name;
  ELSIF outcome = 'c' AND op = 'd' THEN
    RETURN QUERY SELECT 'd', 1, NULL::bigint, NULL::bigint, NULL::smallint, NULL, NULL, NULL, NULL, now_uid,
      NULL::bytea;
  END IF;

  IF cursor_revision < counter_before AND cursor_revision >= compacted THEN
    RETURN QUERY SELECT 'l', NULL::int, l.revision, l.previous_revision, l.type, l.api_group, l.resource,
      l.namespace, l.name, l.uid, l.bytes
    FROM log l WHERE l.revision > cursor_revision AND l.revision <= counter_before
    ORDER BY l.revision LIMIT foreign_max;
  END IF;
END
$$;
