-- The change log: every change to a feature, by any writer, leaves its trace in the same transaction.
-- Two parts: `change` says what changed and where (for caches and open maps), `<layer>_past` keeps the row as it was.
-- The triggers write the change log and nothing else.

CREATE SEQUENCE change_sequence;
COMMENT ON SEQUENCE change_sequence IS 'Numbers the transactions that changed a feature, in the order in which they commit.';

CREATE TABLE change_transaction (
    xid          xid8 PRIMARY KEY,
    sequence     bigint UNIQUE,
    committed_at timestamptz
);
COMMENT ON TABLE change_transaction IS 'A transaction that changed features. A row without a sequence is never seen by another transaction.';
COMMENT ON COLUMN change_transaction.xid IS 'The transaction.';
COMMENT ON COLUMN change_transaction.sequence IS 'Its place in the order of commits. Numbers may be missing (a rollback), never late: whoever sees n sees every smaller number that will ever be.';
COMMENT ON COLUMN change_transaction.committed_at IS 'The clock when it was numbered.';

CREATE TABLE change (
    region     text NOT NULL,
    n          bigint GENERATED ALWAYS AS IDENTITY,
    xid        xid8 NOT NULL,
    layer      text NOT NULL,
    id         text NOT NULL,
    valid_from date NOT NULL,
    operation  "char" NOT NULL CHECK (operation IN ('I', 'U', 'D')),
    old_extent box,
    new_extent box,
    PRIMARY KEY (region, n)
);
CREATE INDEX change_by_transaction ON change (xid);
COMMENT ON TABLE change IS 'One changed row of a layer.';
COMMENT ON COLUMN change.region IS 'Region of the feature.';
COMMENT ON COLUMN change.n IS 'Order within a transaction.';
COMMENT ON COLUMN change.xid IS 'The transaction; its place among all is change_transaction.sequence.';
COMMENT ON COLUMN change.layer IS 'Table of the feature.';
COMMENT ON COLUMN change.id IS 'Its id.';
COMMENT ON COLUMN change.valid_from IS 'Which of its versions.';
COMMENT ON COLUMN change.operation IS 'I inserted, U updated, D deleted.';
COMMENT ON COLUMN change.old_extent IS 'Box of the geometry before, in the working coordinate system; null: none.';
COMMENT ON COLUMN change.new_extent IS 'Box of the geometry after.';

-- Gives the transaction its number when it is about to commit. The lock is held until the commit is visible,
-- so numbers become visible in their order however long a transaction ran.
CREATE FUNCTION change_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7903361284501);
    number := nextval('change_sequence');
    UPDATE change_transaction SET sequence = number, committed_at = clock_timestamp() WHERE xid = NEW.xid;
    PERFORM pg_notify('yutu_change', number::text);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER number_at_commit AFTER INSERT ON change_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_number();

CREATE FUNCTION change_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    INSERT INTO change_transaction (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    INSERT INTO change (xid, layer, region, id, valid_from, operation, new_extent)
    SELECT pg_current_xact_id(), TG_TABLE_NAME, region, id, valid_from, 'I', box(geom) FROM new_rows;
    RETURN NULL;
END
$$;

CREATE FUNCTION change_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    INSERT INTO change_transaction (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    -- A changed key is a deletion and an insertion.
    INSERT INTO change (xid, layer, region, id, valid_from, operation, old_extent, new_extent)
    SELECT pg_current_xact_id(), TG_TABLE_NAME, coalesce(n.region, o.region), coalesce(n.id, o.id), coalesce(n.valid_from, o.valid_from),
           CASE WHEN o.id IS NULL THEN 'I' WHEN n.id IS NULL THEN 'D' ELSE 'U' END, box(o.geom), box(n.geom)
    FROM old_rows o FULL JOIN new_rows n USING (region, id, valid_from);
    -- What this very transaction wrote was never known to anyone.
    EXECUTE format('INSERT INTO %I SELECT o.*, now() FROM old_rows o WHERE o.recorded_from < now()', TG_TABLE_NAME || '_past');
    RETURN NULL;
END
$$;

CREATE FUNCTION change_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
        RETURN NULL;
    END IF;
    INSERT INTO change_transaction (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    INSERT INTO change (xid, layer, region, id, valid_from, operation, old_extent)
    SELECT pg_current_xact_id(), TG_TABLE_NAME, region, id, valid_from, 'D', box(geom) FROM old_rows;
    EXECUTE format('INSERT INTO %I SELECT o.*, now() FROM old_rows o WHERE o.recorded_from < now()', TG_TABLE_NAME || '_past');
    RETURN NULL;
END
$$;

CREATE FUNCTION change_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_from := now();
    RETURN NEW;
END
$$;

CREATE FUNCTION change_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE would lose the history of %: use DELETE', TG_TABLE_NAME;
END
$$;

DO $$
DECLARE
    layer text;
BEGIN
    FOREACH layer IN ARRAY ARRAY['divisions', 'zoning', 'parcels', 'control_areas', 'roads', 'buildings', 'permits', 'permit_footprints',
                                 'boundary_lines', 'boundary_markers', 'place_names', 'door_plates']
    LOOP
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING COMMENTS, recorded_to timestamptz NOT NULL)', layer || '_past', layer);
        EXECUTE format('COMMENT ON TABLE %I IS %L', layer || '_past', 'What ' || layer || ' said before: rows as they were until recorded_to.');
        EXECUTE format('COMMENT ON COLUMN %I.recorded_to IS %L', layer || '_past', 'Until when the register said so.');
        EXECUTE format('CREATE INDEX ON %I (region, id, recorded_to)', layer || '_past');
        EXECUTE format('CREATE TRIGGER change_inserted AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows '
                       'FOR EACH STATEMENT EXECUTE FUNCTION change_inserted()', layer);
        EXECUTE format('CREATE TRIGGER change_updated AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
                       'FOR EACH STATEMENT EXECUTE FUNCTION change_updated()', layer);
        EXECUTE format('CREATE TRIGGER change_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows '
                       'FOR EACH STATEMENT EXECUTE FUNCTION change_deleted()', layer);
        EXECUTE format('CREATE TRIGGER change_stamp BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION change_stamp()', layer);
        EXECUTE format('CREATE TRIGGER change_refuse_truncate BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION change_refuse_truncate()', layer);
    END LOOP;
END
$$;
