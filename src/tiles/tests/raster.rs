//! A judge of gaps and overlaps that shares no code with the tiles: everything painted on quarters of pixels.

use super::*;

/// Samples along a pixel, and along a tile.
const FINE: usize = 4;
const SIDE: usize = 512 * FINE;

/// How many features cover each sample of a tile.
pub struct Raster {
    tile: TileId,
    covered: Vec<u8>,
}

impl Raster {
    pub fn new(tile: TileId) -> Self {
        Self { tile, covered: vec![0; SIDE * SIDE] }
    }

    /// Paints an area of web mercator metres, or of degrees.
    pub fn paint(&mut self, geometry: &Geometry<f64>, degrees: bool) {
        let extent = self.tile.extent_mercator();
        let scale = SIDE as f64 / extent.width();
        let place = |c: &Coord<f64>| {
            let [x, y] = if degrees { crate::crs::wgs84_to_mercator([c.x, c.y]) } else { [c.x, c.y] };
            [(x - extent.min[0]) * scale, (extent.max[1] - y) * scale]
        };
        let mut crossings: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let mut ring = |ring: &LineString<f64>| {
            for edge in ring.0.windows(2) {
                let (a, b) = (place(&edge[0]), place(&edge[1]));
                let (a, b) = if a[1] <= b[1] { (a, b) } else { (b, a) };
                let from = (a[1] - 0.5).ceil().clamp(0.0, SIDE as f64) as usize;
                let to = (b[1] - 0.5).ceil().clamp(0.0, SIDE as f64) as usize;
                for row in from..to {
                    let share = (row as f64 + 0.5 - a[1]) / (b[1] - a[1]);
                    crossings.entry(row).or_default().push(a[0] + (b[0] - a[0]) * share);
                }
            }
        };
        let polygons = match geometry {
            Geometry::Polygon(polygon) => std::slice::from_ref(polygon),
            Geometry::MultiPolygon(parts) => &parts.0,
            _ => &[],
        };
        for polygon in polygons {
            ring(polygon.exterior());
            polygon.interiors().iter().for_each(&mut ring);
        }
        for (row, mut at) in crossings {
            at.sort_unstable_by(f64::total_cmp);
            for span in at.chunks_exact(2) {
                let column = |x: f64| (x - 0.5).ceil().clamp(0.0, SIDE as f64) as usize;
                for sample in &mut self.covered[row * SIDE + column(span[0])..row * SIDE + column(span[1])] {
                    *sample = sample.saturating_add(1);
                }
            }
        }
    }

    /// Places (in pixels) where a disc of a pixel across lies in the source and nothing of it is drawn; and where it lies in
    /// two drawn features though nowhere in two of the source.
    pub fn faults(&self, source: &Raster) -> (Vec<[usize; 2]>, Vec<[usize; 2]>) {
        let everywhere = |wrong: &dyn Fn(usize) -> bool| -> Vec<[usize; 2]> {
            let reach = (FINE / 2) as isize;
            let disc: Vec<isize> = (-reach..=reach)
                .flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)))
                .filter(|(dx, dy)| dx * dx + dy * dy <= reach * reach)
                .map(|(dx, dy)| dy * SIDE as isize + dx)
                .collect();
            let edge = reach as usize;
            let inner = (edge..SIDE - edge).flat_map(|row| (edge..SIDE - edge).map(move |column| row * SIDE + column));
            let found = inner.filter(|at| wrong(*at) && disc.iter().all(|step| wrong(at.wrapping_add_signed(*step))));
            found.map(|at| [at % SIDE / FINE, at / SIDE / FINE]).collect()
        };
        let gaps = everywhere(&|at| source.covered[at] > 0 && self.covered[at] == 0);
        let overlaps = everywhere(&|at| self.covered[at] > 1 && source.covered[at] < 2);
        (gaps, overlaps)
    }
}

/// Looks at one layer of a tile: returns how many features were drawn as areas.
pub fn judge(snapshot: &Snapshot, layer: Layer, tile: TileId) -> usize {
    let (mut source, mut drawn) = (Raster::new(tile), Raster::new(tile));
    for feature in snapshot.layer(layer).window_mercator(&tile.extent_mercator()) {
        if let Shape::Geometry(geometry) = &feature.mercator {
            source.paint(geometry, false);
        }
    }
    let features = parse(&super::super::geojson(snapshot, tile, &[TileLayer::Features(layer)]));
    let mut areas = 0;
    for feature in &features {
        let geometry = geometry(feature);
        assert!(geometry.is_valid(), "{tile:?} {}: {:?}", feature["id"], geometry.check_validation());
        areas += usize::from(matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_)));
        drawn.paint(&geometry, true);
    }
    let (gaps, overlaps) = drawn.faults(&source);
    if let (Some(out), false) = (std::env::var_os("DUMP"), gaps.is_empty()) {
        let mut ppm = format!("P6 {SIDE} {SIDE} 255\n").into_bytes();
        for at in 0..SIDE * SIDE {
            let (s, d) = (source.covered[at], drawn.covered[at]);
            ppm.extend(match (s > 0, d) {
                (true, 0) => [255, 0, 0],
                (false, 0) => [255, 255, 255],
                (true, 1) => [160, 200, 160],
                (true, _) => [60, 120, 60],
                (false, _) => [120, 120, 255],
            });
        }
        std::fs::write(&out, ppm).unwrap();
        std::fs::write(format!("{}.json", out.to_string_lossy()), super::super::geojson(snapshot, tile, &[TileLayer::Features(layer)]))
            .unwrap();
    }
    assert!(gaps.is_empty(), "{layer} {tile:?}: {} gaps wider than a pixel, the first at {:?}", gaps.len(), gaps[0]);
    assert!(overlaps.is_empty(), "{layer} {tile:?}: {} overlaps wider than a pixel, the first at {:?}", overlaps.len(), overlaps[0]);
    areas
}
