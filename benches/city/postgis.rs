//! The same tiles as PostGIS makes them, set up as well as it can be: a copy of each layer in web mercator with its own
//! GiST index, so that no question transforms anything.

use anyhow::Result;
use sqlx::{AssertSqlSafe, PgPool};
use yutu::domain::Layer;
use yutu::tiles::{BUFFER_UNITS, TILE_UNITS};

/// Layers that no single table holds as they are drawn.
pub const ASSEMBLED: [Layer; 2] = [Layer::Permits, Layer::PermitFootprints];

pub async fn copy_in_mercator(pool: &PgPool, layers: &[Layer]) -> Result<()> {
    for layer in layers {
        let make = format!(
            "CREATE UNLOGGED TABLE bench_{layer} AS SELECT row_number() OVER () AS feature_number, {}, ST_Transform(geom, 3857)::geometry(Geometry, 3857) AS geom FROM {layer} \
             WHERE geom IS NOT NULL AND valid_from <= current_date AND valid_to > current_date",
            columns(*layer)
        );
        for statement in [make, format!("CREATE INDEX ON bench_{layer} USING gist (geom)"), format!("VACUUM ANALYZE bench_{layer}")] {
            sqlx::query(AssertSqlSafe(statement)).execute(pool).await?;
        }
    }
    Ok(())
}

/// One statement for one tile: `$1`, `$2`, `$3` are zoom, column and row.
pub fn tile_statement(layers: &[Layer]) -> String {
    let parts: Vec<String> = layers
        .iter()
        .map(|layer| {
            format!(
                "(SELECT ST_AsMVT(t, '{layer}', {TILE_UNITS}, 'shape', 'feature_number') FROM (SELECT feature_number, {}, \
                 ST_AsMVTGeom(geom, ST_TileEnvelope($1, $2, $3), {TILE_UNITS}, {BUFFER_UNITS}, true) AS shape FROM bench_{layer} \
                 WHERE geom && ST_TileEnvelope($1, $2, $3, margin => {BUFFER_UNITS}.0 / {TILE_UNITS})) t WHERE shape IS NOT NULL)",
                columns(*layer)
            )
        })
        .collect();
    format!("SELECT {}", parts.join(" || "))
}

/// The same as GeoJSON: a FeatureCollection in WGS 84, cut to the tile and its buffer and simplified to its units, as text.
pub fn geojson_statement(layers: &[Layer]) -> String {
    let parts: Vec<String> = layers
        .iter()
        .map(|layer| {
            format!(
                "SELECT ST_AsGeoJSON(t.*) AS feature FROM (SELECT {}, ST_Transform(ST_ClipByBox2D(ST_Simplify(geom, tile.unit), tile.reach), 4326) AS geom \
                 FROM bench_{layer}, tile WHERE geom && tile.reach) t"
                , columns(*layer)
            )
        })
        .collect();
    format!(
        "WITH tile AS (SELECT ST_TileEnvelope($1, $2, $3, margin => {BUFFER_UNITS}.0 / {TILE_UNITS}) AS reach, 40075016.7 / (1 << $1) / {TILE_UNITS} AS unit) \
         SELECT '{{\"type\":\"FeatureCollection\",\"features\":[' || coalesce(string_agg(feature, ','), '') || ']}}' FROM ({}) f",
        parts.join(" UNION ALL ")
    )
}

/// What of a feature goes into a tile.
fn columns(layer: Layer) -> String {
    let fields = layer.fields().iter().filter(|field| field.in_tiles).map(|field| field.name);
    ["id", "name"].into_iter().chain(fields).collect::<Vec<_>>().join(", ")
}
