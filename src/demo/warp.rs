//! From the drawing board to the ground. The city is planned on a board of straight lines, whole metres (`u` east, `v` north);
//! this bends the board smoothly, so that the river winds and the old town is irregular, while what touches still touches.

use super::dice::Dice;
use super::shape::Point;

/// Half the board, metres.
pub const HALF_U: i32 = 3200;
pub const HALF_V: i32 = 2700;

/// The bending of one district.
#[derive(Debug)]
pub struct Warp {
    /// Centre of the district, metres in the working system.
    centre: [f64; 2],
    turn: [f64; 2],
    phase: [f64; 8],
    river_v: f64,
    old_town: [f64; 2],
}

impl Warp {
    pub fn new(dice: &mut Dice, centre: [f64; 2], river_v: i32, old_town: [i32; 2]) -> Self {
        let slope = (dice.unit() - 0.5) * 0.16;
        let length = (1.0 + slope * slope).sqrt();
        let mut phase = [0.0; 8];
        for slot in &mut phase {
            *slot = dice.unit();
        }
        Self { centre, turn: [1.0 / length, slope / length], phase, river_v: f64::from(river_v), old_town: old_town.map(f64::from) }
    }

    /// Where the point of the board lies on the ground.
    pub fn at(&self, u: f64, v: f64) -> Point {
        let [x, y] = self.bend(u, v);
        let x_m = self.centre[0] + x * self.turn[0] - y * self.turn[1];
        let y_m = self.centre[1] + x * self.turn[1] + y * self.turn[0];
        [(x_m * 1000.0).round() as i64, (y_m * 1000.0).round() as i64]
    }

    /// Unit vector on the ground that points along growing `u` at this place.
    pub fn east_at(&self, u: f64, v: f64) -> [f64; 2] {
        let (a, b) = (self.at(u - 5.0, v), self.at(u + 5.0, v));
        let (dx, dy) = ((b[0] - a[0]) as f64, (b[1] - a[1]) as f64);
        let length = (dx * dx + dy * dy).sqrt();
        [dx / length, dy / length]
    }

    fn bend(&self, u: f64, v: f64) -> [f64; 2] {
        let (a, b) = (u / f64::from(HALF_U), v / f64::from(HALF_V));
        let p = &self.phase;
        let near_river = bump((v - self.river_v) / 2000.0);
        let (du, dv) = ((u - self.old_town[0]) / 950.0, (v - self.old_town[1]) / 750.0);
        let in_old_town = bump((du * du + dv * dv).sqrt());
        let x = u * (1.0 - 0.11 * b * b)
            + 60.0 * wave(v / 3300.0 + p[0])
            + 18.0 * wave(v / 1250.0 + p[1])
            + in_old_town * 17.0 * wave(v / 430.0 + p[2]);
        let y = v * (1.0 - 0.14 * a * a)
            + 45.0 * wave(u / 3100.0 + p[3])
            + 16.0 * wave(u / 1180.0 + p[4])
            + near_river * (230.0 * wave(u / 5600.0 + p[5]) + 30.0 * wave(u / 2300.0 + p[6]))
            + in_old_town * 15.0 * wave(u / 390.0 + p[7]);
        [x, y]
    }
}

/// A hill of height 1 that ends smoothly at distance 1.
fn bump(distance: f64) -> f64 {
    let rest = 1.0 - distance * distance;
    if rest > 0.0 && distance.abs() < 1.0 { rest * rest } else { 0.0 }
}

/// The sine of a whole turn per unit. A Taylor sum on the reduced angle: only additions and products, which every machine
/// rounds alike; the system's own sine does not promise that.
pub fn wave(turns: f64) -> f64 {
    let turns = turns - turns.floor();
    let (quarter, sign) = if turns < 0.5 { (turns, 1.0) } else { (turns - 0.5, -1.0) };
    let angle = std::f64::consts::TAU * if quarter > 0.25 { 0.5 - quarter } else { quarter };
    let square = angle * angle;
    sign * angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0 * (1.0 - square / 110.0)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wave_is_the_sine() {
        for step in -400..400 {
            let turns = f64::from(step) / 100.0;
            assert!((wave(turns) - (turns * std::f64::consts::TAU).sin()).abs() < 1e-7, "{turns}");
        }
    }

    #[test]
    fn no_place_folds_over_another() {
        for seed in 0..40 {
            let warp = Warp::new(&mut Dice::new(seed, 0, 1), [0.0, 0.0], -570, [-820, -150]);
            for u in (-HALF_U..=HALF_U).step_by(25) {
                for v in (-HALF_V..=HALF_V).step_by(25) {
                    let (u, v) = (f64::from(u), f64::from(v));
                    let [o, e, n] = [warp.bend(u, v), warp.bend(u + 1.0, v), warp.bend(u, v + 1.0)];
                    let determinant = (e[0] - o[0]) * (n[1] - o[1]) - (n[0] - o[0]) * (e[1] - o[1]);
                    assert!(determinant > 0.35, "seed {seed} at {u} {v}: {determinant}");
                }
            }
        }
    }
}
