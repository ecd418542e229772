-- kubets_commit as it was, with the same arguments and rows, except for how it writes "objects". Behind the counter's lock
-- it is known which keys exist, so new ones are inserted and others updated; INSERT ... ON CONFLICT looked for each key
-- once more and wrote a second record to the server's log for it: a tenth of a commit.
CREATE OR REPLACE FUNCTION kubets_commit(
  cursor_revision bigint,
  foreign_max int,
  ops text[],
  slots int[],
  groups text[],
  resources text[],
  namespaces text[],
  names text[],
  uids text[],
  expected bigint[],
  contents bytea[],
  request_ids text[],
  fences int[],
  fence_slots int[],
  fence_namespaces text[],
  fence_names text[],
  fence_epochs bigint[],
  fence_holders text[]
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
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  counter_before bigint;
  compacted bigint;
  current_epoch bigint;
  next_revision bigint;
  items int := cardinality(ops);
  -- By slot: the revision and uid of what is there now; null revision: nothing.
  now_revisions bigint[];
  now_uids text[];
  first_revisions bigint[];
  committed_before bigint[];
  -- By item.
  new_revisions bigint[] := array_fill(NULL::bigint, ARRAY[items]);
  old_revisions bigint[] := array_fill(NULL::bigint, ARRAY[items]);
  last_items int[] := array_fill(0, ARRAY[items]);
  outcome text[] := array_fill('c'::text, ARRAY[items]);
  fence_holds boolean[];
  blocked int[] := '{}';
  deleted int[] := '{}';
  replayed boolean := false;
  has_new boolean := false;
  has_replaced boolean := false;
  has_fences boolean := cardinality(fence_slots) > 0;
  slot int;
  op text;
BEGIN
  SELECT c.revision, c.compacted_revision, c.epoch INTO STRICT counter_before, compacted, current_epoch
  FROM counter c WHERE c.id = 1 FOR UPDATE;
  next_revision := counter_before;
  -- The caller has seen revisions that this store never had, or lost: whatever it writes would be built on them.
  IF cursor_revision > counter_before THEN
    RAISE EXCEPTION 'the store is at revision %, behind % that was seen before', counter_before, cursor_revision
      USING ERRCODE = 'KU001';
  END IF;

  SELECT array_agg(o.revision ORDER BY w.item), array_agg(o.uid ORDER BY w.item),
    array_agg(
      (SELECT min(l.revision) FROM log l
       WHERE l.request_id = w.request_id AND l.api_group = w.api_group AND l.resource = w.resource
         AND l.namespace = w.namespace AND l.name = w.name)
      ORDER BY w.item)
  INTO now_revisions, now_uids, committed_before
  FROM unnest(groups, resources, namespaces, names, request_ids)
    WITH ORDINALITY AS w(api_group, resource, namespace, name, request_id, item)
  LEFT JOIN objects o ON o.api_group = w.api_group AND o.resource = w.resource
    AND o.namespace = w.namespace AND o.name = w.name;
  first_revisions := now_revisions;

  IF has_fences THEN
    SELECT array_agg(kubets_fence_holds(o.bytes, f.epoch, f.holder) ORDER BY f.fence)
    INTO fence_holds
    FROM unnest(fence_namespaces, fence_names, fence_epochs, fence_holders)
      WITH ORDINALITY AS f(namespace, name, epoch, holder, fence)
    LEFT JOIN objects o ON o.api_group = 'coordination.k8s.io' AND o.resource = 'leases'
      AND o.namespace = f.namespace AND o.name = f.name;
  END IF;

  FOR i IN 1..items LOOP
    slot := slots[i];
    op := ops[i];
    IF committed_before[i] IS NOT NULL THEN
      outcome[i] := 'r';
      replayed := true;
    ELSIF has_fences AND fences[i] > 0 AND NOT fence_holds[fences[i]] THEN
      outcome[i] := 'f';
    ELSIF op = 'c' AND now_revisions[slot] IS NOT NULL THEN
      outcome[i] := 'e';
      old_revisions[i] := now_revisions[slot];
      blocked := blocked || i;
    ELSIF op <> 'c' AND now_revisions[slot] IS NULL THEN
      outcome[i] := 'n';
    ELSIF op <> 'c' AND now_revisions[slot] <> expected[i] THEN
      outcome[i] := 'x';
      old_revisions[i] := now_revisions[slot];
      blocked := blocked || i;
    ELSE
      next_revision := next_revision + 1;
      new_revisions[i] := next_revision;
      old_revisions[i] := now_revisions[slot];
      last_items[slot] := i;
      IF op = 'd' THEN
        now_revisions[slot] := NULL;
        uids[i] := now_uids[slot];
        deleted := deleted || i;
      ELSE
        now_revisions[slot] := next_revision;
        now_uids[slot] := uids[i];
        IF first_revisions[slot] IS NULL THEN
          has_new := true;
        ELSE
          has_replaced := true;
        END IF;
      END IF;
      IF has_fences AND slot = ANY (fence_slots) THEN
        FOR f IN 1..cardinality(fence_slots) LOOP
          IF fence_slots[f] = slot THEN
            fence_holds[f] := op <> 'd'
              AND kubets_fence_holds(contents[i], fence_epochs[f], fence_holders[f]);
          END IF;
        END LOOP;
      END IF;
    END IF;
  END LOOP;

  kind := 'h';
  item := next_revision - counter_before;
  revision := counter_before;
  previous_revision := compacted;
  uid := current_epoch::text;
  name := array_to_string(outcome, '');
  RETURN NEXT;

  IF replayed THEN
    RETURN QUERY SELECT 'r', w.item::int, w.before, NULL::bigint, NULL::smallint, NULL, NULL, NULL, NULL, NULL,
      NULL::bytea
    FROM unnest(committed_before) WITH ORDINALITY AS w(before, item) WHERE w.before IS NOT NULL;
  END IF;
  IF cardinality(blocked) > 0 THEN
    -- Before anything is written: what stood in the way is either still there or in this batch.
    RETURN QUERY SELECT 'b', w.item, w.blocker, NULL::bigint, NULL::smallint, NULL, NULL, NULL, NULL, o.uid, o.bytes
    FROM (SELECT b AS item, old_revisions[b] AS blocker,
            groups[b] AS api_group, resources[b] AS resource, namespaces[b] AS namespace, names[b] AS name
          FROM unnest(blocked) AS b) AS w
    LEFT JOIN objects o ON o.api_group = w.api_group AND o.resource = w.resource
      AND o.namespace = w.namespace AND o.name = w.name AND o.revision = w.blocker;
  END IF;

  IF next_revision > counter_before THEN
    INSERT INTO log (revision, type, api_group, resource, namespace, name, uid, bytes, previous_revision,
      request_id)
    SELECT w.new_revision, CASE w.op WHEN 'c' THEN 1 WHEN 'u' THEN 2 ELSE 3 END, w.api_group, w.resource,
      w.namespace, w.name, w.uid, w.bytes, w.old_revision, w.request_id
    FROM unnest(ops, groups, resources, namespaces, names, uids, contents, request_ids, new_revisions,
        old_revisions)
      AS w(op, api_group, resource, namespace, name, uid, bytes, request_id, new_revision, old_revision)
    WHERE w.new_revision IS NOT NULL;

    -- The last commit of each key is what exists now.
    IF has_new THEN
      INSERT INTO objects (api_group, resource, namespace, name, uid, revision, bytes, request_id)
      SELECT w.api_group, w.resource, w.namespace, w.name, w.uid, w.new_revision, w.bytes, w.request_id
      FROM unnest(ops, slots, groups, resources, namespaces, names, uids, contents, request_ids, new_revisions)
        WITH ORDINALITY
        AS w(op, slot, api_group, resource, namespace, name, uid, bytes, request_id, new_revision, item)
      WHERE w.new_revision IS NOT NULL AND w.op <> 'd' AND last_items[w.slot] = w.item
        AND first_revisions[w.slot] IS NULL;
    END IF;
    IF has_replaced THEN
      UPDATE objects o SET uid = w.uid, revision = w.new_revision, bytes = w.bytes, request_id = w.request_id
      FROM unnest(ops, slots, groups, resources, namespaces, names, uids, contents, request_ids, new_revisions)
        WITH ORDINALITY
        AS w(op, slot, api_group, resource, namespace, name, uid, bytes, request_id, new_revision, item)
      WHERE w.new_revision IS NOT NULL AND w.op <> 'd' AND last_items[w.slot] = w.item
        AND first_revisions[w.slot] IS NOT NULL
        AND o.api_group = w.api_group AND o.resource = w.resource AND o.namespace = w.namespace
        AND o.name = w.name;
    END IF;

    IF cardinality(deleted) > 0 THEN
      DELETE FROM objects o USING unnest(ops, slots, groups, resources, namespaces, names)
        WITH ORDINALITY AS w(op, slot, api_group, resource, namespace, name, item)
      WHERE w.op = 'd' AND last_items[w.slot] = w.item AND first_revisions[w.slot] IS NOT NULL
        AND o.api_group = w.api_group AND o.resource = w.resource AND o.namespace = w.namespace
        AND o.name = w.name;
      RETURN QUERY SELECT 'd', d, NULL::bigint, NULL::bigint, NULL::smallint, NULL, NULL, NULL, NULL, uids[d],
        NULL::bytea
      FROM unnest(deleted) AS d;
    END IF;

    UPDATE counter SET revision = next_revision WHERE id = 1;
  END IF;

  IF cursor_revision < counter_before AND cursor_revision >= compacted THEN
    RETURN QUERY SELECT 'l', NULL::int, l.revision, l.previous_revision, l.type, l.api_group, l.resource,
      l.namespace, l.name, l.uid, l.bytes
    FROM log l WHERE l.revision > cursor_revision AND l.revision <= counter_before
    ORDER BY l.revision LIMIT foreign_max;
  END IF;
END
$$;
