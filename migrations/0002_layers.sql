-- The layers. Every layer has the same first columns; what only it has is added below.
-- A row is what the register now knows of one feature for one period of validity. What it knew before is in <layer>_past.

-- Makes the table of a layer with the columns that all layers share. The geometry column takes its SRID from the installation.
CREATE FUNCTION pg_temp.make_layer(layer text, geometry_type text, positioned boolean, description text) RETURNS void
LANGUAGE plpgsql AS $make$
DECLARE
    note text[];
BEGIN
    EXECUTE format($sql$
        CREATE TABLE %1$I (
            region        text NOT NULL CHECK (region <> ''),
            id            text NOT NULL CHECK (id ~ '^[a-z2-7]{16}$'),
            valid_from    date NOT NULL DEFAULT '-infinity',
            valid_to      date NOT NULL DEFAULT 'infinity',
            recorded_from timestamptz NOT NULL DEFAULT now(),
            dataset_id    bigint,
            source        text NOT NULL DEFAULT 'register',
            source_id     text NOT NULL DEFAULT '',
            content_hash  bigint,
            shape_hash    bigint,
            name          text,
            names         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(names) = 'array'),
            attributes    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
            geom          geometry(%2$s, %3$s) %4$s CHECK (ST_IsValid(geom) AND NOT ST_IsEmpty(geom)),
            PRIMARY KEY (region, id, valid_from),
            CHECK (valid_from < valid_to)
        )$sql$, layer, geometry_type, current_setting('yutu.srid'), CASE WHEN positioned THEN 'NOT NULL' ELSE '' END);
    EXECUTE format('COMMENT ON TABLE %I IS %L', layer, description);
    FOREACH note SLICE 1 IN ARRAY ARRAY[
        ['region', 'County-level division code, or the city''s own: first part of every key. A feature in two regions has a row in each, under one id.'],
        ['id', 'Public id: stable, opaque, safe in a URL, never used again.'],
        ['valid_from', 'First day on which this holds in the world; -infinity: not known, or always.'],
        ['valid_to', 'First day on which it no longer holds; infinity: until further notice.'],
        ['recorded_from', 'Since when the register says so; set by the change log on every update.'],
        ['dataset_id', 'The dataset version that last wrote the row (dataset.id; not a foreign key: its check would cost a third of the loading rate); null: written by hand.'],
        ['source', 'The stream of editions the feature comes from.'],
        ['source_id', 'What that source calls it.'],
        ['content_hash', 'Hash of what the source last said, so that the same words again are no change.'],
        ['shape_hash', 'Bucket of the shape, to find the same shape in the next edition.'],
        ['name', 'The name as it is shown.'],
        ['names', 'Further names: array of {text, lang, kind}; kind is official, pinyin, alternative, former or short.'],
        ['attributes', 'Everything else that the source said, as it said it.'],
        ['geom', 'In the working coordinate system: x east, y north, metres.']]
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', layer, note[1], note[2]);
    END LOOP;
    -- Versions of a feature never overlap. A version without beginning and end is not under the exclusion constraint (it would make
    -- bulk loading twelve times slower): the primary key keeps it single, and whoever adds a second version ends it first.
    EXECUTE format('ALTER TABLE %I ADD EXCLUDE USING gist (region WITH =, id WITH =, daterange(valid_from, valid_to) WITH &&) '
                   'WHERE (valid_from > %L OR valid_to < %L)', layer, '-infinity', 'infinity');
    EXECUTE format('CREATE INDEX ON %I USING gist (geom)', layer);
END
$make$;


SELECT pg_temp.make_layer('divisions', 'MultiPolygon', true, '行政区划 Administrative divisions, all levels.');
ALTER TABLE divisions
    ADD COLUMN code text,
    ADD COLUMN level text,
    ADD COLUMN parent_code text;
COMMENT ON COLUMN divisions.code IS '区划代码 Division code';
COMMENT ON COLUMN divisions.level IS '级别 Level: country, province, city, county, town, village';
COMMENT ON COLUMN divisions.parent_code IS '上级代码 Parent code';

SELECT pg_temp.make_layer('zoning', 'MultiPolygon', true, '规划用地 Plan parcels with land use and indicators.');
ALTER TABLE zoning
    ADD COLUMN plan_code text,
    ADD COLUMN plan_name text,
    ADD COLUMN land_use text,
    ADD COLUMN land_use_name text,
    ADD COLUMN class text,
    ADD COLUMN far_max double precision,
    ADD COLUMN far_min double precision,
    ADD COLUMN density_max_pct double precision,
    ADD COLUMN green_min_pct double precision,
    ADD COLUMN height_max_m double precision,
    ADD COLUMN status text;
COMMENT ON COLUMN zoning.plan_code IS '规划编号 Plan code';
COMMENT ON COLUMN zoning.plan_name IS '规划名称 Plan';
COMMENT ON COLUMN zoning.land_use IS '用地代码 Land-use code: the code in the classification of the city, such as 070102 or C-3';
COMMENT ON COLUMN zoning.land_use_name IS '用地性质 Land use';
COMMENT ON COLUMN zoning.class IS '用地大类 Land-use class: residential, public, commercial, industry, storage, transport, utilities, green, farmland, water, reserved, special, mixed';
COMMENT ON COLUMN zoning.far_max IS '容积率上限 Floor-area ratio, at most';
COMMENT ON COLUMN zoning.far_min IS '容积率下限 Floor-area ratio, at least';
COMMENT ON COLUMN zoning.density_max_pct IS '建筑密度上限(%) Building coverage, at most (%)';
COMMENT ON COLUMN zoning.green_min_pct IS '绿地率下限(%) Green ratio, at least (%)';
COMMENT ON COLUMN zoning.height_max_m IS '建筑限高(m) Height, at most (m)';
COMMENT ON COLUMN zoning.status IS '状态 Status: in_force, pending, superseded';

SELECT pg_temp.make_layer('parcels', 'MultiPolygon', true, '宗地 Parcels of land.');
ALTER TABLE parcels
    ADD COLUMN code text,
    ADD COLUMN land_use text,
    ADD COLUMN area_m2 double precision;
COMMENT ON COLUMN parcels.code IS '宗地代码 Parcel code';
COMMENT ON COLUMN parcels.land_use IS '用途 Land use';
COMMENT ON COLUMN parcels.area_m2 IS '登记面积(m²) Registered area (m²)';

SELECT pg_temp.make_layer('control_areas', 'MultiPolygon', true, '控制线与控制区 Five lines, three control lines, overlay, historic and flood areas.');
ALTER TABLE control_areas
    ADD COLUMN kind text,
    ADD COLUMN code text,
    ADD COLUMN legal_basis text,
    ADD COLUMN status text;
COMMENT ON COLUMN control_areas.kind IS '类别 Kind: road_red_line, green_line, blue_line, purple_line, yellow_line, farmland, ecology, urban_boundary, overlay, historic, flood, wetland, other';
COMMENT ON COLUMN control_areas.code IS '编号 Code';
COMMENT ON COLUMN control_areas.legal_basis IS '依据 Legal basis';
COMMENT ON COLUMN control_areas.status IS '状态 Status';

SELECT pg_temp.make_layer('roads', 'MultiLineString', true, '道路 Road centrelines.');
ALTER TABLE roads
    ADD COLUMN class text,
    ADD COLUMN road_code text,
    ADD COLUMN left_from bigint,
    ADD COLUMN left_to bigint,
    ADD COLUMN right_from bigint,
    ADD COLUMN right_to bigint,
    ADD COLUMN width_m double precision,
    ADD COLUMN length_m double precision;
COMMENT ON COLUMN roads.class IS '等级 Class: expressway, trunk, arterial, collector, local, lane, service, path, rail';
COMMENT ON COLUMN roads.road_code IS '道路代码 Road code';
COMMENT ON COLUMN roads.left_from IS '左侧起号 Left side, from';
COMMENT ON COLUMN roads.left_to IS '左侧止号 Left side, to';
COMMENT ON COLUMN roads.right_from IS '右侧起号 Right side, from';
COMMENT ON COLUMN roads.right_to IS '右侧止号 Right side, to';
COMMENT ON COLUMN roads.width_m IS '红线宽度(m) Right-of-way width (m)';
COMMENT ON COLUMN roads.length_m IS '长度(m) Length (m)';

SELECT pg_temp.make_layer('buildings', 'MultiPolygon', true, '建筑物 Buildings.');
ALTER TABLE buildings
    ADD COLUMN use text,
    ADD COLUMN levels bigint,
    ADD COLUMN height_m double precision,
    ADD COLUMN floor_area_m2 double precision,
    ADD COLUMN code text;
COMMENT ON COLUMN buildings.use IS '用途 Use';
COMMENT ON COLUMN buildings.levels IS '层数 Storeys';
COMMENT ON COLUMN buildings.height_m IS '高度(m) Height (m)';
COMMENT ON COLUMN buildings.floor_area_m2 IS '建筑面积(m²) Floor area (m²)';
COMMENT ON COLUMN buildings.code IS '建筑编号 Building code';

SELECT pg_temp.make_layer('permits', 'Geometry', false, '规划许可 Planning cases; their footprints are in permit_footprints.');
ALTER TABLE permits
    ADD COLUMN case_no text,
    ADD COLUMN certificate_no text,
    ADD COLUMN case_type text,
    ADD COLUMN status text,
    ADD COLUMN status_text text,
    ADD COLUMN stage text,
    ADD COLUMN applicant text,
    ADD COLUMN address text,
    ADD COLUMN applied_on date,
    ADD COLUMN decided_on date,
    ADD COLUMN expires_on date,
    ADD COLUMN use text,
    ADD COLUMN site_area_m2 double precision,
    ADD COLUMN floor_area_m2 double precision,
    ADD COLUMN far double precision,
    ADD COLUMN density_pct double precision,
    ADD COLUMN green_pct double precision,
    ADD COLUMN height_m double precision;
COMMENT ON COLUMN permits.case_no IS '案件编号 Case number';
COMMENT ON COLUMN permits.certificate_no IS '证书编号 Certificate number';
COMMENT ON COLUMN permits.case_type IS '许可类型 Type';
COMMENT ON COLUMN permits.status IS '状态 Status: applied, approved, building, built, lapsed, withdrawn, refused, superseded, breach, unknown';
COMMENT ON COLUMN permits.status_text IS '来源所称状态 Status in the source';
COMMENT ON COLUMN permits.stage IS '阶段 Stage';
COMMENT ON COLUMN permits.applicant IS '建设单位 Applicant';
COMMENT ON COLUMN permits.address IS '位置 Address';
COMMENT ON COLUMN permits.applied_on IS '申请日期 Applied on';
COMMENT ON COLUMN permits.decided_on IS '决定日期 Decided on';
COMMENT ON COLUMN permits.expires_on IS '失效日期 Expires on';
COMMENT ON COLUMN permits.use IS '建设用途代码 Use';
COMMENT ON COLUMN permits.site_area_m2 IS '用地面积(m²) Site area (m²)';
COMMENT ON COLUMN permits.floor_area_m2 IS '计容建筑面积(m²) Counted floor area (m²)';
COMMENT ON COLUMN permits.far IS '容积率 Floor-area ratio';
COMMENT ON COLUMN permits.density_pct IS '建筑密度(%) Building coverage (%)';
COMMENT ON COLUMN permits.green_pct IS '绿地率(%) Green ratio (%)';
COMMENT ON COLUMN permits.height_m IS '建筑高度(m) Height (m)';

SELECT pg_temp.make_layer('permit_footprints', 'MultiPolygon', true, '许可范围 Footprints of planning cases, 0 to n per case, joined by region and case_no.');
ALTER TABLE permit_footprints
    ADD COLUMN case_no text,
    ADD COLUMN kind text;
COMMENT ON COLUMN permit_footprints.case_no IS '案件编号 Case number';
COMMENT ON COLUMN permit_footprints.kind IS '范围类型 Kind: parcel, building';

SELECT pg_temp.make_layer('boundary_lines', 'MultiLineString', true, '行政区域界线 Boundary lines.');
ALTER TABLE boundary_lines
    ADD COLUMN rank text,
    ADD COLUMN left_code text,
    ADD COLUMN right_code text,
    ADD COLUMN code text;
COMMENT ON COLUMN boundary_lines.rank IS '级别 Rank: country, province, city, county, town, village';
COMMENT ON COLUMN boundary_lines.left_code IS '左侧区划代码 Division on the left';
COMMENT ON COLUMN boundary_lines.right_code IS '右侧区划代码 Division on the right';
COMMENT ON COLUMN boundary_lines.code IS '界线编号 Line code';

SELECT pg_temp.make_layer('boundary_markers', 'Point', true, '界桩 Boundary markers.');
ALTER TABLE boundary_markers
    ADD COLUMN number text,
    ADD COLUMN kind text,
    ADD COLUMN line_code text,
    ADD COLUMN condition text,
    ADD COLUMN next_inspection date;
COMMENT ON COLUMN boundary_markers.number IS '界桩号 Marker number';
COMMENT ON COLUMN boundary_markers.kind IS '立桩方式 Kind: single, pair, triple';
COMMENT ON COLUMN boundary_markers.line_code IS '所属界线 Boundary line';
COMMENT ON COLUMN boundary_markers.condition IS '状态 Condition';
COMMENT ON COLUMN boundary_markers.next_inspection IS '下次联检 Next joint inspection';

SELECT pg_temp.make_layer('place_names', 'Geometry', false, '地名 Estates, named buildings, natural features, stations and other named places.');
ALTER TABLE place_names
    ADD COLUMN class text,
    ADD COLUMN class_code text,
    ADD COLUMN status text,
    ADD COLUMN address text;
COMMENT ON COLUMN place_names.class IS '类别 Class: estate, building, bridge, park, square, water, mountain, island, station, school, hospital, government, village, district, other';
COMMENT ON COLUMN place_names.class_code IS '类别代码 Class code (GB/T 18521)';
COMMENT ON COLUMN place_names.status IS '状态 Status: standard, historical, reserved';
COMMENT ON COLUMN place_names.address IS '地址 Address';

SELECT pg_temp.make_layer('door_plates', 'Point', false, '门牌 Door plates.');
ALTER TABLE door_plates
    ADD COLUMN number text,
    ADD COLUMN road text,
    ADD COLUMN lane text,
    ADD COLUMN village text,
    ADD COLUMN address text,
    ADD COLUMN plate_kind text,
    ADD COLUMN postcode text;
COMMENT ON COLUMN door_plates.number IS '门牌号 Number';
COMMENT ON COLUMN door_plates.road IS '道路 Road';
COMMENT ON COLUMN door_plates.lane IS '巷弄 Lane';
COMMENT ON COLUMN door_plates.village IS '村居 Village or community';
COMMENT ON COLUMN door_plates.address IS '标准地址 Address';
COMMENT ON COLUMN door_plates.plate_kind IS '门牌种类 Plate kind';
COMMENT ON COLUMN door_plates.postcode IS '邮政编码 Postcode';

CREATE INDEX permit_footprints_by_case ON permit_footprints (region, case_no);
CREATE INDEX permits_by_case ON permits (region, case_no);
