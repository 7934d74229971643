-- Closes three gaps of the change log: what was said meanwhile by a transaction that began later, sessions that switch triggers
-- off, and rows that satisfied the tables but that no reader could read.

-- now() is the beginning of a transaction, so a transaction that began earlier may change a row that another has written since.
-- Time does not run backwards for a row: its new wording then follows the other by a microsecond.
CREATE OR REPLACE FUNCTION change_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_from := CASE WHEN OLD.recorded_from > now() THEN OLD.recorded_from + interval '1 microsecond' ELSE now() END;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION change_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    -- What this very transaction wrote was never known to anyone. It wrote at now(), or later if the log says so.
    EXECUTE format('INSERT INTO %I SELECT o.*, greatest(now(), o.recorded_from + interval ''1 microsecond'') FROM old_rows o
                    WHERE o.recorded_from < now() OR (o.recorded_from > now() AND NOT EXISTS (
                        SELECT FROM change c WHERE c.xid = pg_current_xact_id() AND c.layer = %L
                            AND c.region = o.region AND c.id = o.id AND c.valid_from = o.valid_from))',
                   TG_TABLE_NAME || '_past', TG_TABLE_NAME);
    INSERT INTO change_transaction (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    -- A changed key is a deletion and an insertion.
    INSERT INTO change (xid, layer, region, id, valid_from, operation, old_extent, new_extent)
    SELECT pg_current_xact_id(), TG_TABLE_NAME, coalesce(n.region, o.region), coalesce(n.id, o.id), coalesce(n.valid_from, o.valid_from),
           CASE WHEN o.id IS NULL THEN 'I' WHEN n.id IS NULL THEN 'D' ELSE 'U' END, box(o.geom), box(n.geom)
    FROM old_rows o FULL JOIN new_rows n USING (region, id, valid_from);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION change_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('INSERT INTO %I SELECT o.*, greatest(now(), o.recorded_from + interval ''1 microsecond'') FROM old_rows o
                    WHERE o.recorded_from < now() OR (o.recorded_from > now() AND NOT EXISTS (
                        SELECT FROM change c WHERE c.xid = pg_current_xact_id() AND c.layer = %L
                            AND c.region = o.region AND c.id = o.id AND c.valid_from = o.valid_from))',
                   TG_TABLE_NAME || '_past', TG_TABLE_NAME);
    INSERT INTO change_transaction (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    INSERT INTO change (xid, layer, region, id, valid_from, operation, old_extent)
    SELECT pg_current_xact_id(), TG_TABLE_NAME, region, id, valid_from, 'D', box(geom) FROM old_rows;
    RETURN NULL;
END
$$;

ALTER TABLE change_transaction ENABLE ALWAYS TRIGGER number_at_commit;

DO $$
DECLARE
    layer text;
    trigger text;
BEGIN
    FOREACH layer IN ARRAY ARRAY['divisions', 'zoning', 'parcels', 'control_areas', 'roads', 'buildings', 'permits', 'permit_footprints',
                                 'boundary_lines', 'boundary_markers', 'place_names', 'door_plates']
    LOOP
        FOREACH trigger IN ARRAY ARRAY['change_inserted', 'change_updated', 'change_deleted', 'change_stamp', 'change_refuse_truncate']
        LOOP
            EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', layer, trigger);
        END LOOP;
        EXECUTE format($sql$
            ALTER TABLE %I ADD CONSTRAINT names_can_be_read CHECK (names = '[]' OR NOT names @? '$[*].type() ? (@ != "object")' AND NOT names @?
                '$[*] ? (!(@.text.type() == "string") || !(@.kind.type() == "string")
                         || !(@.kind == "official" || @.kind == "pinyin" || @.kind == "alternative" || @.kind == "former" || @.kind == "short")
                         || (exists(@.lang) && !(@.lang.type() == "string")))')$sql$, layer);
    END LOOP;
    -- The other layers have a column of one type each.
    FOREACH layer IN ARRAY ARRAY['permits', 'place_names']
    LOOP
        EXECUTE format($sql$
            ALTER TABLE %I ADD CONSTRAINT geom_can_be_read CHECK (
                GeometryType(geom) IN ('POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON', 'GEOMETRYCOLLECTION')
                AND NOT ST_HasArc(geom))$sql$, layer);
    END LOOP;
END
$$;
