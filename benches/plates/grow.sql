-- Makes further districts out of the one of the demo city: its plates once more, beside it, each with an id and a road of its own.
-- psql's variables: districts `first` to `last`, 1 being the one beside that of the demo. As any other writer: a transaction for each
-- district, triggers on.
SELECT set_config('bench.first', :'first', false), set_config('bench.last', :'last', false) \gset
SET synchronous_commit = off;
CREATE TEMP TABLE base AS SELECT * FROM door_plates WHERE source <> 'bench';
DO $$
DECLARE
    prefix text;
BEGIN
    FOR district IN current_setting('bench.first')::int .. current_setting('bench.last')::int LOOP
        prefix := translate(lpad(district::text, 3, '0'), '0123456789', '甲乙丙丁戊己庚辛壬癸');
        -- An id is 16 of a-z and 2-7. The district is 6.3 km by 5.1 km; 31 in a row.
        INSERT INTO door_plates (region, id, source, source_id, geom, number, road, lane, village, address, plate_kind, postcode)
        SELECT region, translate(substr(md5(id || prefix), 1, 16), '0189', 'ghij'), 'bench', source_id || prefix,
            ST_Translate(geom, district % 31 * 6400, district / 31 * 5200), number, prefix || road, lane, prefix || village,
            replace(address, coalesce(road, village), prefix || coalesce(road, village)), plate_kind, postcode
        FROM base;
        COMMIT;
    END LOOP;
END
$$;
