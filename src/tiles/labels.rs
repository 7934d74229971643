//! Label points and lines: one for each feature at each zoom, in exactly one tile, whatever the tiles cut its geometry into.

use std::collections::BTreeMap;

use geo_types::{Coord, Geometry};

use super::content::{Content, Drawn, Source, TileFeature, counted, holds, lone_point, pixel_m, points_alone, text_field};
use super::draw::{Outcome, PathKind, Pen, each_line, each_point, each_polygon, kind};
use super::grid::unit_m;
use super::paths::{Paths, Role};
use crate::domain::Layer;
use crate::spatial::{Cells, Feature, Found, LayerIndex, Shape, anchor, grid_position};

/// Heights at which an area is probed for room, as shares of its own; none that drawings like.
const PROBES: [f64; 5] = [0.5003, 0.3377, 0.6651, 0.2113, 0.8209];
/// Rings with more corners than this are probed less.
const MANY_CORNERS: usize = 2000;

pub(super) fn labels<'a>(index: &'a LayerIndex, content: &mut Content<'a>) {
    let layer = content.layer.layer();
    // Only layers of kind Point or Any have points, and only of those a label needs to know which stand alone.
    let cells = counted_with_collapsed(index, content).into_vec();
    let alone = cells.iter().filter_map(lone_point).chain(points_alone(index, content));
    for (of, point) in alone.filter(|(feature, _)| text(layer, feature).is_some()) {
        content.features.push(TileFeature::new(Source::Label { of, rank: rank(layer, of, 0.0) }, Drawn::Point(point)));
    }
    match layer {
        Layer::Roads | Layer::BoundaryLines => line_labels(index, content),
        _ => shape_labels(index, content),
    }
    content.features.sort_by_key(|feature| match &feature.source {
        Source::Feature(of) | Source::Label { of, .. } => Some(of.id),
        Source::Cluster { .. } | Source::Joined { .. } => None,
    });
}

/// The cells as the features' own tile has them: a point that shares its cell with a collapsed shape is not drawn alone.
fn counted_with_collapsed<'a>(index: &'a LayerIndex, content: &Content<'_>) -> Cells<'a> {
    let (tile, smallest_m) = (content.tile, content.smallest_m());
    let mut cells = counted(index, content, smallest_m);
    if !content.level.points_alone(tile.z()) {
        let mut pen = Pen::new(tile, 0, content.detail());
        let window = tile.extent_mercator().grown(unit_m(tile.z()));
        for found in index.window_mercator_sized(&window, smallest_m) {
            let Shape::Geometry(geometry) = &found.feature.mercator else { continue };
            if holds(tile, anchor(&found.extent)) && !pen.survives(geometry) {
                cells.add(&found);
            }
        }
    }
    cells
}

/// What is written on the map: the name, else the text field of the layer.
fn text(layer: Layer, feature: &Feature) -> Option<&str> {
    let tag = || feature.tag(text_field(layer)?)?.text();
    feature.name.as_deref().or(feature.name_en.as_deref()).or_else(tag)
}

/// One point for each feature that is drawn as a shape at this zoom, at a place inside the whole of it.
fn shape_labels<'a>(index: &'a LayerIndex, content: &mut Content<'a>) {
    let (tile, layer) = (content.tile, content.layer.layer());
    let pixel = pixel_m(tile.z());
    let mut pen = Pen::new(tile, 0, content.detail());
    // A little more than the tile: which tile a point lies in is decided on the world grid.
    let window = tile.extent_mercator().grown(unit_m(tile.z()));
    for Found { feature: of, extent, .. } in index.window_mercator_sized(&window, content.smallest_m()) {
        let Shape::Geometry(geometry) = &of.mercator else { continue };
        if text(layer, of).is_none() {
            continue;
        }
        let Some(point) = label_point(geometry) else { continue };
        if holds(tile, grid_position(point)) && pen.survives(geometry) {
            let size_px = extent.width().max(extent.height()) / pixel;
            content.features.push(TileFeature::new(Source::Label { of, rank: rank(layer, of, size_px) }, Drawn::Point(point)));
        }
    }
}

/// One line for each name in the tile: the longest run of it, for the text to follow.
fn line_labels<'a>(index: &'a LayerIndex, content: &mut Content<'a>) {
    let (tile, layer) = (content.tile, content.layer.layer());
    let pixel = pixel_m(tile.z());
    let window = tile.extent_mercator();
    let mut pen = Pen::new(tile, 0, content.detail());
    let mut runs: BTreeMap<&str, Vec<Run<'a>>> = BTreeMap::new();
    let mut paths = Paths::default();
    for Found { feature: of, .. } in index.window_mercator_sized(&window, content.smallest_m()) {
        let (Some(text), Shape::Geometry(geometry)) = (text(layer, of), &of.mercator) else { continue };
        let Outcome::Drawn { first, end, kind: PathKind::Lines, .. } = pen.draw(geometry, &window, false, &mut paths) else { continue };
        for path in first..end {
            let points = paths.points(path).to_vec();
            let length = points.windows(2).map(|s| f64::from(s[1][0] - s[0][0]).hypot(f64::from(s[1][1] - s[0][1]))).sum();
            runs.entry(text).or_default().push(Run { of, points, length });
        }
    }
    for mut pieces in runs.into_values() {
        // The longest first; the order must not depend on how the features came.
        pieces.sort_by(|a, b| b.length.total_cmp(&a.length).then(a.of.id.cmp(&b.of.id)).then_with(|| a.points.cmp(&b.points)));
        let Some((run, rest)) = pieces.split_first_mut() else { continue };
        run.extend_over(rest);
        let first = content.paths.count();
        content.paths.push(Role::Line, run.points.iter().copied());
        let size_px = run.length * unit_m(tile.z()) / pixel;
        let source = Source::Label { of: run.of, rank: rank(layer, run.of, size_px) };
        content.features.push(TileFeature::new(source, Drawn::Paths { first, end: first + 1, kind: PathKind::Lines }));
    }
}

/// A piece of a named line inside the tile, tile units.
struct Run<'a> {
    of: &'a Feature,
    points: Vec<[i32; 2]>,
    length: f64,
}

impl Run<'_> {
    /// Goes on at both ends over pieces of the same name, the longest first, each used once.
    fn extend_over(&mut self, rest: &[Self]) {
        let mut used = vec![false; rest.len()];
        for _ in 0..2 {
            while let Some(end) = self.points.last().copied() {
                let goes_on = |piece: &Self| piece.points.first() == Some(&end) || piece.points.last() == Some(&end);
                let Some(next) = (0..rest.len()).find(|at| !used[*at] && goes_on(&rest[*at])) else { break };
                used[next] = true;
                let piece = &rest[next];
                self.length += piece.length;
                if piece.points.first() == Some(&end) {
                    self.points.extend(&piece.points[1..]);
                } else {
                    self.points.extend(piece.points.iter().rev().skip(1));
                }
            }
            self.points.reverse();
        }
    }
}

/// Where a feature's label belongs, from its whole geometry: inside the largest part of an area, halfway along the longest
/// line, at the first of several points.
fn label_point(geometry: &Geometry<f64>) -> Option<[f64; 2]> {
    match kind(geometry) {
        PathKind::Polygons => {
            let mut best: Option<(f64, [f64; 2])> = None;
            each_polygon(geometry, &mut |polygon| {
                let area = doubled_area(&polygon.exterior().0);
                if best.is_none_or(|(largest, _)| area > largest) {
                    let rings: Vec<&[Coord<f64>]> =
                        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(|ring| ring.0.as_slice()).collect();
                    best = inner_point(&rings).map(|point| (area, point)).or(best);
                }
            });
            best.map(|(_, point)| point)
        }
        PathKind::Lines => {
            let mut best: Option<(f64, [f64; 2])> = None;
            each_line(geometry, &mut |line| {
                let length = |s: &[Coord<f64>]| (s[1].x - s[0].x).hypot(s[1].y - s[0].y);
                let whole: f64 = line.0.windows(2).map(length).sum();
                if best.is_none_or(|(longest, _)| whole > longest) {
                    let mut left = whole / 2.0;
                    let half = line.0.windows(2).find_map(|s| {
                        let step = length(s);
                        if left > step {
                            left -= step;
                            return None;
                        }
                        let share = if step > 0.0 { left / step } else { 0.0 };
                        Some([s[0].x + (s[1].x - s[0].x) * share, s[0].y + (s[1].y - s[0].y) * share])
                    });
                    best = half.map(|point| (whole, point)).or(best);
                }
            });
            best.map(|(_, point)| point)
        }
        PathKind::Points => {
            let mut first = None;
            each_point(geometry, &mut |point| {
                first.get_or_insert([point.x, point.y]);
            });
            first
        }
    }
}

/// A point inside rings (the first a shell, the others its holes) with room around it: of the middles of the widest spans
/// at a few heights, the one farthest from any edge.
fn inner_point(rings: &[&[Coord<f64>]]) -> Option<[f64; 2]> {
    let shell = rings.first()?;
    let (south, north) = shell.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), c| (low.min(c.y), high.max(c.y)));
    let corners: usize = rings.iter().map(|ring| ring.len()).sum();
    let probes = if corners > MANY_CORNERS { &PROBES[..1] } else { &PROBES[..] };
    let mut crossings = Vec::new();
    let mut best: Option<(f64, [f64; 2])> = None;
    for probe in probes {
        let y = south + (north - south) * probe;
        crossings.clear();
        for s in rings.iter().flat_map(|ring| ring.windows(2)) {
            if (s[0].y <= y) != (s[1].y <= y) {
                crossings.push(s[0].x + (y - s[0].y) / (s[1].y - s[0].y) * (s[1].x - s[0].x));
            }
        }
        crossings.sort_unstable_by(f64::total_cmp);
        let spans = crossings.chunks_exact(2).map(|span| (span[1] - span[0], [(span[0] + span[1]) / 2.0, y]));
        let Some((width, point)) = spans.max_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
        let room = if probes.len() == 1 { width } else { distance_2_to_edges(rings, point) };
        if best.is_none_or(|(most, _)| room > most) {
            best = Some((room, point));
        }
    }
    best.map(|(_, point)| point)
}

fn distance_2_to_edges(rings: &[&[Coord<f64>]], [x, y]: [f64; 2]) -> f64 {
    let edges = rings.iter().flat_map(|ring| ring.windows(2));
    edges
        .map(|s| {
            let (dx, dy) = (s[1].x - s[0].x, s[1].y - s[0].y);
            let length_2 = dx * dx + dy * dy;
            let along = if length_2 > 0.0 { (((x - s[0].x) * dx + (y - s[0].y) * dy) / length_2).clamp(0.0, 1.0) } else { 0.0 };
            (s[0].x + along * dx - x).powi(2) + (s[0].y + along * dy - y).powi(2)
        })
        .fold(f64::INFINITY, f64::min)
}

fn doubled_area(ring: &[Coord<f64>]) -> f64 {
    let Some(o) = ring.first() else { return 0.0 };
    ring.windows(2).map(|s| (s[0].x - o.x) * (s[1].y - o.y) - (s[1].x - o.x) * (s[0].y - o.y)).sum::<f64>().abs()
}

/// 0 is written before 99: first what kind of thing it is, then how large it shows.
fn rank(layer: Layer, feature: &Feature, size_px: f64) -> u8 {
    let of = |field: &str, order: &[&str]| -> u8 {
        let value = layer.field_index(field).and_then(|field| feature.tag(field as u8)).and_then(|value| value.text());
        value.and_then(|value| order.iter().position(|known| *known == value)).unwrap_or(order.len()) as u8
    };
    const LEVELS: [&str; 6] = ["country", "province", "city", "county", "town", "village"];
    let tens = match layer {
        Layer::Divisions => of("level", &LEVELS),
        Layer::Roads => 2 + of("class", &["expressway", "trunk", "arterial", "collector", "local"]),
        Layer::PlaceNames => {
            match of("class", &["government", "station", "water", "mountain", "island", "park", "square", "hospital", "school"]) {
                first @ 0..=1 => 3 + first,
                second @ 2..=6 => 4 + second / 4,
                _ => 6,
            }
        }
        Layer::BoundaryLines => 4 + of("rank", &LEVELS) / 2,
        Layer::Permits | Layer::PermitFootprints => 5,
        Layer::BoundaryMarkers | Layer::ControlAreas => 6,
        Layer::Zoning => 7,
        Layer::Buildings | Layer::Parcels => 8,
        Layer::DoorPlates => 9,
    };
    // Each step is twice the size: 512 pixels and more come first.
    let units = if size_px >= 1.0 { 9.0 - size_px.log2().floor().min(9.0) } else { 5.0 };
    10 * tens.min(9) + units as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Contains;
    use geo_types::{LineString, Point, Polygon};
    use proptest::prelude::*;

    #[test]
    fn the_label_of_a_horseshoe_lies_on_its_iron() {
        let ring: LineString<f64> =
            vec![(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (8.0, 10.0), (8.0, 1.5), (2.0, 1.5), (2.0, 10.0), (0.0, 10.0)].into();
        let polygon = Polygon::new(ring, vec![]);
        let [x, y] = label_point(&polygon.clone().into()).unwrap();
        assert!(polygon.contains(&Point::new(x, y)), "{x} {y}");
    }

    #[test]
    fn the_label_of_a_line_is_halfway_along() {
        let line: LineString<f64> = vec![(0.0, 0.0), (10.0, 0.0), (10.0, 30.0)].into();
        assert_eq!(label_point(&line.into()), Some([10.0, 10.0]));
    }

    proptest! {
        #[test]
        fn a_star_is_labelled_inside(radii in prop::collection::vec(1.0..100.0f64, 3..40)) {
            let count = radii.len() as f64;
            let ring: Vec<(f64, f64)> = radii.iter().zip(0..).map(|(radius, at)| {
                let angle = std::f64::consts::TAU * f64::from(at) / count;
                (1e7 + radius * angle.cos(), 3e6 + radius * angle.sin())
            }).collect();
            let polygon = Polygon::new(ring.into(), vec![]);
            let [x, y] = label_point(&polygon.clone().into()).unwrap();
            prop_assert!(polygon.contains(&Point::new(x, y)));
        }
    }
}
