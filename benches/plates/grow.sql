-- Makes further districts out of the one of the demo city: its plates and roads once more, beside it, each with an id and a road of its
-- own. psql's variable `districts` says how many there are then. As any other writer: a transaction for each district, triggers on.
SELECT set_config('bench.districts', :'districts', false) AS districts \gset
SET synchronous_commit = off;
CREATE TEMP TABLE base_roads AS SELECT * FROM roads;
CREATE TEMP TABLE base_plates AS SELECT * FROM door_plates;
-- Made at once at the end, as an import into an empty layer does.
DROP INDEX door_plates_geom_idx;
DO $$
DECLARE
    -- 16 of a-z and 2-7
    new_id text := $id$translate(substr(md5(id || $1), 1, 16), '0189', 'ghij')$id$;
    -- The district is 6.3 km by 5.1 km; 31 in a row.
    shifted text := 'ST_Translate(geom, ($1::int % 31) * 6400, ($1::int / 31) * 5200)';
BEGIN
    FOR district IN 1 .. current_setting('bench.districts')::int - 1 LOOP
        EXECUTE format('INSERT INTO roads (region, id, source, source_id, name, names, attributes, geom, class, road_code, width_m, length_m)
            SELECT region, %s, source, source_id || $1, name || $1, names, attributes, %s, class, road_code || $1, width_m, length_m FROM base_roads',
            new_id, shifted) USING lpad(district::text, 3, '0');
        EXECUTE format('INSERT INTO door_plates (region, id, source, source_id, attributes, geom, number, road, lane, village, address, plate_kind, postcode)
            SELECT region, %s, source, source_id || $1, attributes, %s, number, road || $1, lane, village || $1, replace(address, road, road || $1),
                plate_kind, postcode FROM base_plates', new_id, shifted) USING lpad(district::text, 3, '0');
        COMMIT;
    END LOOP;
END
$$;
CREATE INDEX door_plates_geom_idx ON door_plates USING gist (geom);
ANALYZE door_plates, roads;
