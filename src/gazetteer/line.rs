//! The line of a road with the house numbers of either side, and where on it a number lies that is not known by itself.

/// One piece of a road.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Line {
    /// WGS 84 longitude, latitude; the parts of a piece one after the other.
    pub points: Vec<[f64; 2]>,
    /// The first and last number of each side, in the direction of the points.
    pub left: Option<[u32; 2]>,
    pub right: Option<[u32; 2]>,
}

/// Where a number is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At {
    pub position: [f64; 2],
    /// The place lies within so many metres if the numbers on this side run in one direction.
    pub error_m: f64,
    pub number: u32,
}

/// A door that is known, with its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Door {
    pub number: u32,
    pub position: [f64; 2],
}

/// Doors farther apart than this tell nothing of what lies between.
const FARTHEST_M: f64 = 1000.0;
/// From the line of a road to its doors, about.
const BESIDE_M: f64 = 15.0;

impl Line {
    /// By the range of a side. Of a side whose ends are odd and even all numbers count, else those of its parity.
    pub(super) fn by_range(&self, number: u32) -> Option<At> {
        let fits = |[from, to]: [u32; 2]| (from.min(to)..=from.max(to)).contains(&number) && (from % 2 != to % 2 || from % 2 == number % 2);
        let sides = [self.left, self.right].into_iter().flatten().filter(|range| fits(*range));
        let [from, to] = sides.min_by_key(|[from, to]| from.abs_diff(*to))?;
        let share = if from == to { 0.5 } else { f64::from(number.abs_diff(from)) / f64::from(to.abs_diff(from)) };
        let plane = Plane::at(*self.points.first()?);
        let line: Vec<[f64; 2]> = self.points.iter().map(|point| plane.metres(*point)).collect();
        let length_m: f64 = line.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
        let mut left_m = share * length_m;
        let mut place = *line.last()?;
        for pair in line.windows(2) {
            let step = distance(pair[0], pair[1]);
            if left_m <= step && step > 0.0 {
                place = between(pair[0], pair[1], left_m / step);
                break;
            }
            left_m -= step;
        }
        Some(At { position: plane.degrees(place), error_m: share.max(1.0 - share) * length_m + BESIDE_M, number })
    }
}

/// Between the nearest known doors below and above of the same side (parity), along the pieces of the road.
pub(super) fn by_doors(lines: &[&Line], doors: &[Door], number: u32) -> Option<At> {
    let same_side = doors.iter().filter(|door| door.number % 2 == number % 2);
    let below = same_side.clone().filter(|door| door.number < number).max_by_key(|door| door.number)?;
    let above = same_side.filter(|door| door.number > number).min_by_key(|door| door.number)?;
    let plane = Plane::at(below.position);
    let [low, high] = [below, above].map(|door| plane.metres(door.position));
    let apart_m = distance(low, high);
    if apart_m > FARTHEST_M {
        return None;
    }
    let pieces: Vec<Vec<[f64; 2]>> = lines.iter().map(|line| line.points.iter().map(|point| plane.metres(*point)).collect()).collect();
    let (foot_low, foot_high) = (foot(&pieces, low)?, foot(&pieces, high)?);
    let share = f64::from(number - below.number) / f64::from(above.number - below.number);
    let on_line = foot(&pieces, between(foot_low, foot_high, share))?;
    // as far beside the line as the doors are
    let beside = between(minus(low, foot_low), minus(high, foot_high), share);
    let place = [on_line[0] + beside[0], on_line[1] + beside[1]];
    let error_m = distance(place, low).max(distance(place, high)).max(share.max(1.0 - share) * apart_m) + 1.0;
    Some(At { position: plane.degrees(place), error_m, number })
}

/// The nearest point of the pieces.
fn foot(pieces: &[Vec<[f64; 2]>], point: [f64; 2]) -> Option<[f64; 2]> {
    let feet = pieces.iter().flat_map(|piece| piece.windows(2)).map(|pair| {
        let along = minus(pair[1], pair[0]);
        let length = along[0] * along[0] + along[1] * along[1];
        let towards = minus(point, pair[0]);
        let share = if length > 0.0 { ((towards[0] * along[0] + towards[1] * along[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
        between(pair[0], pair[1], share)
    });
    feet.min_by(|a, b| distance(*a, point).total_cmp(&distance(*b, point)))
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn between(a: [f64; 2], b: [f64; 2], share: f64) -> [f64; 2] {
    [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Metres around a point; good enough for the length of a street.
#[derive(Clone, Copy)]
struct Plane {
    origin: [f64; 2],
    scale: [f64; 2],
}

impl Plane {
    fn at(origin: [f64; 2]) -> Self {
        const DEGREE_M: f64 = 111_195.0;
        Self { origin, scale: [DEGREE_M * origin[1].to_radians().cos().max(1e-6), DEGREE_M] }
    }

    fn metres(self, point: [f64; 2]) -> [f64; 2] {
        [(point[0] - self.origin[0]) * self.scale[0], (point[1] - self.origin[1]) * self.scale[1]]
    }

    fn degrees(self, point: [f64; 2]) -> [f64; 2] {
        [point[0] / self.scale[0] + self.origin[0], point[1] / self.scale[1] + self.origin[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn east(metres: f64) -> [f64; 2] {
        Plane::at([0.0, 0.0]).degrees([metres, 0.0])
    }

    #[test]
    fn a_number_lies_on_its_side_in_proportion() {
        let line = Line { points: vec![east(0.0), east(50.0), east(100.0)], left: Some([2, 42]), right: Some([1, 41]) };
        let at = line.by_range(12).unwrap();
        assert!((at.position[0] - east(25.0)[0]).abs() < 1e-9 && (at.error_m - 75.0 - BESIDE_M).abs() < 1e-6);
        assert!((line.by_range(31).unwrap().position[0] - east(75.0)[0]).abs() < 1e-9);
        assert_eq!((line.by_range(43), line.by_range(0)), (None, None));
        let backwards = Line { left: Some([42, 2]), right: None, ..line };
        assert!((backwards.by_range(12).unwrap().position[0] - east(75.0)[0]).abs() < 1e-9);
        assert_eq!(backwards.by_range(11), None);
    }

    #[test]
    fn between_two_doors_of_one_side_the_road_is_followed() {
        // an L: east 100 m, then north
        let plane = Plane::at([0.0, 0.0]);
        let line = Line { points: vec![[0.0, 0.0], east(100.0), plane.degrees([100.0, 100.0])], ..Line::default() };
        let door = |number, place| Door { number, position: plane.degrees(place) };
        let doors = [door(2, [20.0, 10.0]), door(10, [80.0, 10.0]), door(7, [50.0, -10.0])];
        let at = by_doors(&[&line], &doors, 6).unwrap();
        let place = plane.metres(at.position);
        assert!((place[0] - 50.0).abs() < 1.0 && (place[1] - 10.0).abs() < 1.0, "{place:?}");
        assert!(at.error_m > 29.0 && at.error_m < 40.0);
        assert_eq!((by_doors(&[&line], &doors, 5), by_doors(&[], &doors, 6)), (None, None));
    }
}
