//! Tiles of a made-up city, zoom 8 to 18, in both formats: time and bytes of a tile, everything uncached.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};
use rand::{Rng, SeedableRng, rngs::StdRng};
use yutu::domain::{FeatureId, Layer, Value};
use yutu::spatial::{Feature, LayerIndex, Shape, Snapshot, Tag};
use yutu::tiles::{TileId, TileLayer, geojson, mvt, tiles_reached};

const SIDE_M: f64 = 20_000.0;
const ORIGIN: [f64; 2] = [11_430_000.0, 2_870_000.0];

fn feature(layer: Layer, number: u32, name: Option<String>, tags: &[(&str, &str)], shape: Shape) -> Feature {
    let tag = |(name, value): &(&str, &str)| Some(Tag { field: layer.field_index(name)? as u8, value: Value::from(*value) });
    Feature {
        id: FeatureId::derive(layer.id(), "bench", &number.to_string()),
        region: Arc::from("530102"),
        name: name.map(Into::into),
        name_en: None,
        tags: tags.iter().filter_map(tag).collect(),
        working: shape.clone(),
        mercator: shape,
    }
}

fn polygon(points: impl IntoIterator<Item = [f64; 2]>) -> Shape {
    let ring: LineString<f64> = points.into_iter().map(|p| (ORIGIN[0] + p[0], ORIGIN[1] + p[1])).collect();
    Shape::from_geometry(Geometry::MultiPolygon(MultiPolygon(vec![Polygon::new(ring, vec![])])))
}

fn block(x: f64, y: f64, width: f64, height: f64, corners: u32) -> Shape {
    let side = |from: [f64; 2], to: [f64; 2]| {
        (0..corners)
            .map(move |step| f64::from(step) / f64::from(corners))
            .map(move |t| [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t])
    };
    let around = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
    polygon(
        (0..4).flat_map(|at| side(around[at], around[(at + 1) % 4])).map(|[x, y]| [x + 6.0 * (y / 40.0).sin(), y + 6.0 * (x / 50.0).cos()]),
    )
}

/// 400,000 plates, 100,000 buildings, 50,000 parcels, 5,000 zones, 20,000 pieces of road.
fn city() -> Snapshot {
    let mut random = StdRng::seed_from_u64(11);
    let grid = |layer: Layer, columns: u32, share: f64, corners: u32, tags: &[(&str, &str)]| {
        let cell = SIDE_M / f64::from(columns);
        let features = (0..columns * columns).map(|n| {
            let (x, y) = (f64::from(n % columns) * cell, f64::from(n / columns) * cell);
            feature(layer, n, None, tags, block(x, y, cell * share, cell * share, corners))
        });
        LayerIndex::build(layer, features.collect())
    };
    let zoning = grid(Layer::Zoning, 71, 1.0, 12, &[("land_use", "070102"), ("class", "residential"), ("status", "in_force")]);
    let parcels = grid(Layer::Parcels, 224, 1.0, 2, &[("code", "530102001001GB00001"), ("land_use", "0701")]);
    let buildings = grid(Layer::Buildings, 316, 0.6, 2, &[("use", "residential")]);
    let plates = (0..400_000).map(|n| {
        let at = [ORIGIN[0] + random.random_range(0.0..SIDE_M), ORIGIN[1] + random.random_range(0.0..SIDE_M)];
        feature(
            Layer::DoorPlates,
            n,
            None,
            &[("number", &format!("{}号", n % 300)), ("road", &format!("人民路{}段", n / 300))],
            Shape::Point(at),
        )
    });
    let plates = LayerIndex::build(Layer::DoorPlates, plates.collect());
    let roads = (0..20_000u32).map(|n| {
        let (row, column) = (n / 141, n % 141);
        let (x, y) = (f64::from(column) * SIDE_M / 141.0, f64::from(row) * SIDE_M / 141.0);
        let line: LineString<f64> = (0..12)
            .map(|step| f64::from(step) / 11.0)
            .map(|t| (ORIGIN[0] + x + t * SIDE_M / 141.0, ORIGIN[1] + y + 5.0 * (t * 9.0).sin()))
            .collect();
        feature(Layer::Roads, n, Some(format!("人民路{row}")), &[("class", "local")], Shape::from_geometry(Geometry::LineString(line)))
    });
    let roads = LayerIndex::build(Layer::Roads, roads.collect());
    [zoning, parcels, buildings, plates, roads]
        .into_iter()
        .fold(Snapshot::empty(chrono::DateTime::UNIX_EPOCH), |snapshot, index| snapshot.with_layer(index))
}

#[allow(clippy::print_stdout, reason = "a figure for the report")]
fn tiles(c: &mut Criterion) {
    let city = city();
    let groups: [(&str, &[Layer]); 3] = [
        ("zoning", &[Layer::Zoning]),
        ("roads", &[Layer::Roads]),
        ("all", &[Layer::Zoning, Layer::Parcels, Layer::Roads, Layer::Buildings, Layer::DoorPlates]),
    ];
    for (name, layers) in groups {
        let layers: Vec<TileLayer> = layers.iter().map(|layer| TileLayer::Features(*layer)).collect();
        let mut group = c.benchmark_group(format!("tiles/{name}"));
        group.sample_size(10).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(300));
        for z in [8, 10, 12, 14, 16, 18] {
            let extent = yutu::domain::Extent { min: ORIGIN, max: [ORIGIN[0] + SIDE_M, ORIGIN[1] + SIDE_M] };
            let range = tiles_reached(&extent, z);
            let mut random = StdRng::seed_from_u64(5);
            let some: Vec<TileId> = (0..20)
                .filter_map(|_| TileId::new(z, random.random_range(range.x[0]..=range.x[1]), random.random_range(range.y[0]..=range.y[1])))
                .collect();
            let mean = |encode: fn(&Snapshot, TileId, &[TileLayer]) -> Vec<u8>| {
                some.iter().map(|tile| encode(&city, *tile, &layers).len()).sum::<usize>() / some.len()
            };
            println!("z{z} {name}: {} bytes of GeoJSON, {} of MVT on average", mean(geojson), mean(mvt));
            for (format, encode) in [("geojson", geojson as fn(&Snapshot, TileId, &[TileLayer]) -> Vec<u8>), ("mvt", mvt)] {
                let mut at = 0;
                group.bench_function(format!("{format} z{z}"), |b| {
                    b.iter(|| {
                        at = (at + 1) % some.len();
                        black_box(encode(&city, some[at], &layers).len())
                    })
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, tiles);
criterion_main!(benches);
