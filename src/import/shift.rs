//! Does a layer lie beside its neighbours by the 300 to 900 m that undeclared GCJ-02 coordinates cause?
//!
//! Two independent looks: areas with the same division code from two sources, whose middles must agree; and points that
//! say in which village they are, which must lie in that village's area. A shift is told only when most pairs agree on it.

use std::collections::HashMap;

use geo::{Centroid, Contains};
use geo_types::{Geometry, Point};

use super::defect::Problem;
use crate::crs::{self, Crs};
use crate::domain::{Layer, Record};

/// Distances that are suspected.
const SUSPECT_M: std::ops::RangeInclusive<f64> = 300.0..=900.0;
/// Fewer pairs prove nothing.
const LEAST_PAIRS: usize = 8;
/// How far pairs may scatter around the common shift: generalisation and redrawn borders move middles, too.
const SCATTER_M: f64 = 150.0;
/// How many points are looked at per layer.
const MOST_POINTS: usize = 600;
const MOST_AREAS: usize = 20_000;

/// What is remembered of an import to compare its layers.
#[derive(Debug, Default)]
pub struct Evidence {
    areas: Vec<Areas>,
    points: Vec<Points>,
}

/// The divisions of one source.
#[derive(Debug)]
struct Areas {
    source: String,
    members: Vec<AreaMember>,
}

#[derive(Debug)]
struct AreaMember {
    code: Option<String>,
    name: Option<String>,
    middle: [f64; 2],
    shape: Geometry<f64>,
}

#[derive(Debug)]
struct Points {
    source: String,
    seen: usize,
    every: usize,
    members: Vec<(String, [f64; 2])>,
}

/// A common shift of most pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    pub east_m: f64,
    pub north_m: f64,
    pub pairs: usize,
}

/// A shift found in one source against another.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspicion {
    pub source: String,
    pub problem: Problem,
}

impl Evidence {
    /// Remembers what can be compared later.
    pub fn note(&mut self, record: &Record) {
        let Some(shape) = &record.geometry else { return };
        match record.layer {
            Layer::Divisions => {
                let Some(middle) = shape.centroid() else { return };
                let place = self.areas.iter().position(|areas| areas.source == record.source).unwrap_or_else(|| {
                    self.areas.push(Areas { source: record.source.clone(), members: Vec::new() });
                    self.areas.len() - 1
                });
                let members = &mut self.areas[place].members;
                if members.len() < MOST_AREAS {
                    let code = record.fields.text("code").map(str::to_owned);
                    members.push(AreaMember { code, name: record.name.clone(), middle: [middle.x(), middle.y()], shape: shape.clone() });
                }
            }
            Layer::DoorPlates => {
                let (Some(village), Geometry::Point(point)) = (record.fields.text("village"), shape) else { return };
                let place = self.points.iter().position(|points| points.source == record.source).unwrap_or_else(|| {
                    self.points.push(Points { source: record.source.clone(), seen: 0, every: 1, members: Vec::new() });
                    self.points.len() - 1
                });
                let points = &mut self.points[place];
                points.seen += 1;
                if points.seen.is_multiple_of(points.every) {
                    points.members.push((village.to_owned(), [point.x(), point.y()]));
                    // thins itself out evenly, however many rows come
                    if points.members.len() >= 2 * MOST_POINTS {
                        let mut keep = false;
                        points.members.retain(|_| {
                            keep = !keep;
                            keep
                        });
                        points.every *= 2;
                    }
                }
            }
            _ => {}
        }
    }

    /// The sources that seem shifted. Which of two is the shifted one is told by the shift that GCJ-02 would have there;
    /// where that does not decide, both are named.
    pub fn suspicions(&self, working: &Crs) -> Vec<Suspicion> {
        let mut found = Vec::new();
        for (index, one) in self.areas.iter().enumerate() {
            for other in &self.areas[index + 1..] {
                let codes: HashMap<&str, [f64; 2]> =
                    other.members.iter().filter_map(|area| Some((area.code.as_deref()?, area.middle))).collect();
                let pairs: Vec<[[f64; 2]; 2]> =
                    one.members.iter().filter_map(|area| Some([*codes.get(area.code.as_deref()?)?, area.middle])).collect();
                let Some(shift) = between(&pairs) else { continue };
                let reverse = Shift { east_m: -shift.east_m, north_m: -shift.north_m, pairs: shift.pairs };
                let (first_like, second_like) = (like_gcj02(&pairs, shift, working), like_gcj02(&pairs, reverse, working));
                if first_like || !second_like {
                    found.push(suspicion(&one.source, &other.source, shift, first_like));
                }
                if second_like || !first_like {
                    found.push(suspicion(&other.source, &one.source, reverse, second_like));
                }
            }
        }
        for points in &self.points {
            for areas in &self.areas {
                if let Some((shift, at)) = points_against_areas(&points.members, &areas.members) {
                    let like = like_gcj02(&[[at, at]], shift, working);
                    found.push(suspicion(&points.source, &areas.source, shift, like));
                }
            }
        }
        found
    }
}

/// The shift from the first to the second of each pair that most pairs have in common, when it is suspicious.
pub fn between(pairs: &[[[f64; 2]; 2]]) -> Option<Shift> {
    if pairs.len() < LEAST_PAIRS {
        return None;
    }
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let east_m = middle(pairs.iter().map(|[from, to]| to[0] - from[0]).collect());
    let north_m = middle(pairs.iter().map(|[from, to]| to[1] - from[1]).collect());
    let agreeing = pairs.iter().filter(|[from, to]| (to[0] - from[0] - east_m).hypot(to[1] - from[1] - north_m) <= SCATTER_M).count();
    let shift = Shift { east_m, north_m, pairs: pairs.len() };
    (SUSPECT_M.contains(&east_m.hypot(north_m)) && agreeing * 2 > pairs.len()).then_some(shift)
}

/// The shift of points against the areas that they say they are in: the one that brings most of them home, when without it few are.
fn points_against_areas(points: &[(String, [f64; 2])], areas: &[AreaMember]) -> Option<(Shift, [f64; 2])> {
    let mut by_name: HashMap<&str, Option<&AreaMember>> = HashMap::new();
    for area in areas {
        // a name that two areas have says nothing
        by_name.entry(area.name.as_deref()?).and_modify(|known| *known = None).or_insert(Some(area));
    }
    let step = (points.len() / MOST_POINTS).max(1);
    let pairs: Vec<(&AreaMember, [f64; 2])> =
        points.iter().step_by(step).filter_map(|(name, point)| Some(((*by_name.get(name.as_str())?)?, *point))).collect();
    if pairs.len() < LEAST_PAIRS * 4 {
        return None;
    }
    let home = |east: f64, north: f64| {
        pairs.iter().filter(|(area, point)| area.shape.contains(&Point::new(point[0] - east, point[1] - north))).count()
    };
    let at_home = home(0.0, 0.0);
    if at_home * 10 >= pairs.len() * 9 {
        return None;
    }
    let mut best: (usize, f64, f64) = (at_home, 0.0, 0.0);
    let mut search = |around: (f64, f64), reach: i32, step_m: f64| {
        for east in -reach..=reach {
            for north in -reach..=reach {
                let (east, north) = (around.0 + f64::from(east) * step_m, around.1 + f64::from(north) * step_m);
                let count = home(east, north);
                // of equal ones the smaller shift
                if count > best.0 || (count == best.0 && east.hypot(north) < best.1.hypot(best.2)) {
                    best = (count, east, north);
                }
            }
        }
        (best.1, best.2)
    };
    let coarse = search((0.0, 0.0), 10, 100.0);
    search(coarse, 4, 20.0);
    let (count, east_m, north_m) = best;
    let gained = count.saturating_sub(at_home);
    let convincing = SUSPECT_M.contains(&east_m.hypot(north_m)) && gained * 5 >= pairs.len() && count * 2 > pairs.len();
    convincing.then_some((Shift { east_m, north_m, pairs: pairs.len() }, pairs[pairs.len() / 2].1))
}

/// Whether GCJ-02 at the places of these pairs would shift as measured.
fn like_gcj02(pairs: &[[[f64; 2]; 2]], shift: Shift, working: &Crs) -> bool {
    let Ok(gcj02) = Crs::parse("GCJ-02") else { return false };
    let Some([place, _]) = pairs.get(pairs.len() / 2) else { return false };
    let mut globe = [*place];
    if crs::transform_points(&mut globe, working, &Crs::wgs84()).is_err() {
        return false;
    }
    // GCJ-02 numbers taken for WGS 84 ones
    let mut taken = globe;
    if crs::transform_points(&mut taken, &Crs::wgs84(), &gcj02).is_err()
        || crs::transform_points(&mut taken, &Crs::wgs84(), working).is_err()
    {
        return false;
    }
    let (east, north) = (taken[0][0] - place[0], taken[0][1] - place[1]);
    east.hypot(north) > 100.0 && (east - shift.east_m).hypot(north - shift.north_m) <= SCATTER_M
}

fn suspicion(source: &str, against: &str, shift: Shift, like_gcj02: bool) -> Suspicion {
    let problem =
        Problem::Shifted { against: against.to_owned(), east_m: shift.east_m, north_m: shift.north_m, pairs: shift.pairs, like_gcj02 };
    Suspicion { source: source.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(count: usize, shift: [f64; 2], scatter: f64) -> Vec<[[f64; 2]; 2]> {
        (0..count)
            .map(|index| {
                let from = [index as f64 * 1000.0, (index % 7) as f64 * 800.0];
                let wobble = [((index * 37) % 11) as f64 / 10.0 - 0.5, ((index * 53) % 13) as f64 / 12.0 - 0.5];
                [from, [from[0] + shift[0] + wobble[0] * scatter, from[1] + shift[1] + wobble[1] * scatter]]
            })
            .collect()
    }

    #[test]
    fn a_common_shift_of_hundreds_of_metres_is_found() {
        let shift = between(&pairs(40, [480.0, -250.0], 100.0)).unwrap();
        assert!((shift.east_m - 480.0).abs() < 30.0 && (shift.north_m + 250.0).abs() < 30.0);
    }

    #[test]
    fn small_large_scattered_or_few_differences_are_no_suspicion() {
        assert_eq!(between(&pairs(40, [20.0, 10.0], 50.0)), None);
        assert_eq!(between(&pairs(40, [4000.0, 0.0], 50.0)), None);
        assert_eq!(between(&pairs(40, [480.0, -250.0], 4000.0)), None);
        assert_eq!(between(&pairs(5, [480.0, -250.0], 0.0)), None);
    }

    fn villages() -> Vec<AreaMember> {
        (0..36)
            .map(|index| {
                let (x, y) = (f64::from(index % 6) * 1500.0, f64::from(index / 6) * 1500.0);
                let ring = vec![(x, y), (x + 1500.0, y), (x + 1500.0, y + 1500.0), (x, y + 1500.0), (x, y)];
                let shape = geo_types::Polygon::new(ring.into(), vec![]).into();
                AreaMember { code: None, name: Some(format!("village {index}")), middle: [x + 750.0, y + 750.0], shape }
            })
            .collect()
    }

    fn plates(shift: [f64; 2]) -> Vec<(String, [f64; 2])> {
        let mut random = 7u64;
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as f64 / (1u64 << 31) as f64
        };
        (0..500)
            .map(|index| {
                let village = index % 36;
                let at = [f64::from(village % 6) * 1500.0 + next() * 1500.0, f64::from(village / 6) * 1500.0 + next() * 1500.0];
                (format!("village {village}"), [at[0] + shift[0], at[1] + shift[1]])
            })
            .collect()
    }

    #[test]
    fn points_beside_the_villages_they_name_are_found_and_points_at_home_are_not() {
        let (shift, _) = points_against_areas(&plates([460.0, -240.0]), &villages()).unwrap();
        assert!((shift.east_m - 460.0).abs() < 80.0 && (shift.north_m + 240.0).abs() < 80.0, "{shift:?}");
        assert!(points_against_areas(&plates([0.0, 0.0]), &villages()).is_none());
        assert!(points_against_areas(&plates([20.0, 20.0]), &villages()).is_none());
    }
}
