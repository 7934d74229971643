//! GCJ-02 (火星坐标系) and BD-09 (百度坐标系), longitude and latitude in degrees.
//!
//! Formulas: as published in the open-source project eviltransform (github.com/googollee/eviltransform) for GCJ-02 and,
//! for BD-09, the widely published `bd_encrypt`. The forward step is exact by definition; the backward step iterates
//! until it is good to far less than a millimetre.

use std::f64::consts::PI;

use crate::domain::Extent;

/// Outside this box GCJ-02 is WGS 84 (the published rough outline of China).
pub(super) const EXTENT: Extent = Extent { min: [72.004, 0.8293], max: [137.8347, 55.8271] };

/// Semi-major axis and first eccentricity squared of the Krassowsky ellipsoid, as the formula has them.
const SEMI_MAJOR_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
const BAIDU_PI: f64 = PI * 3000.0 / 180.0;

pub(super) fn wgs84_to_gcj02(point: [f64; 2]) -> [f64; 2] {
    if !EXTENT.contains_point(point) {
        return point;
    }
    let [dx, dy] = offset(point);
    [point[0] + dx, point[1] + dy]
}

pub(super) fn gcj02_to_wgs84(point: [f64; 2]) -> [f64; 2] {
    if !EXTENT.contains_point(point) {
        return point;
    }
    invert(point, |guess| {
        let [dx, dy] = offset(guess);
        [guess[0] + dx, guess[1] + dy]
    })
}

pub(super) fn gcj02_to_bd09([x, y]: [f64; 2]) -> [f64; 2] {
    let radius = x.hypot(y) + 0.00002 * (y * BAIDU_PI).sin();
    let angle = y.atan2(x) + 0.000003 * (x * BAIDU_PI).cos();
    [radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006]
}

pub(super) fn bd09_to_gcj02(point: [f64; 2]) -> [f64; 2] {
    invert(point, gcj02_to_bd09)
}

/// The point that `forward` takes to `target`. The offset changes by less than a fiftieth of a step, so each round gains
/// more than one decimal place.
fn invert(target: [f64; 2], forward: impl Fn([f64; 2]) -> [f64; 2]) -> [f64; 2] {
    let mut guess = target;
    for _ in 0..30 {
        let reached = forward(guess);
        let (dx, dy) = (target[0] - reached[0], target[1] - reached[1]);
        guess = [guess[0] + dx, guess[1] + dy];
        if dx.abs() < 1e-12 && dy.abs() < 1e-12 {
            break;
        }
    }
    guess
}

fn offset([longitude, latitude]: [f64; 2]) -> [f64; 2] {
    let (x, y) = (longitude - 105.0, latitude - 35.0);
    let root = x.abs().sqrt();
    let waves =
        |value: f64, periods: [(f64, f64); 3]| periods.iter().map(|(height, period)| height * (value * PI / period).sin()).sum::<f64>();
    let shared = 20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin();
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + (shared + waves(y, [(20.0, 1.0), (40.0, 3.0), (160.0, 12.0)]) + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + (shared + waves(x, [(20.0, 1.0), (40.0, 3.0), (150.0, 12.0)]) + 300.0 * (x * PI / 30.0).sin()) * 2.0 / 3.0;

    let radians = latitude.to_radians();
    let magic = 1.0 - ECCENTRICITY_SQUARED * radians.sin().powi(2);
    let meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * magic.sqrt());
    let parallel_m = SEMI_MAJOR_M / magic.sqrt() * radians.cos();
    [(east / parallel_m).to_degrees(), (north / meridian_m).to_degrees()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Latitude, longitude in WGS 84, GCJ-02 and BD-09: values computed with eviltransform and coord-convert.
    const KNOWN: [[f64; 6]; 4] = [
        [30.27415, 120.15507, 30.271821, 120.159765, 30.27765, 120.166328],
        [39.90623, 116.39128, 39.907631, 116.397521, 39.913975, 116.403895],
        [31.23037, 121.4737, 31.228428, 121.478223, 31.234281, 121.484782],
        [43.8255, 87.6168, 43.826705, 87.61965, 43.83285, 87.6261],
    ];

    fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
        let metres = 111_320.0;
        ((a[0] - b[0]) * metres * a[1].to_radians().cos()).hypot((a[1] - b[1]) * metres)
    }

    #[test]
    fn the_published_values_of_four_cities_come_out() {
        for [lat, lon, gcj_lat, gcj_lon, bd_lat, bd_lon] in KNOWN {
            let gcj = wgs84_to_gcj02([lon, lat]);
            assert!(distance_m(gcj, [gcj_lon, gcj_lat]) < 0.15, "GCJ-02 {gcj:?} against {gcj_lon} {gcj_lat}");
            let bd = gcj02_to_bd09(gcj);
            assert!(distance_m(bd, [bd_lon, bd_lat]) < 0.15, "BD-09 {bd:?} against {bd_lon} {bd_lat}");
            assert!(distance_m(gcj02_to_wgs84([gcj_lon, gcj_lat]), [lon, lat]) < 0.15);
            assert!(distance_m(gcj02_to_wgs84(bd09_to_gcj02([bd_lon, bd_lat])), [lon, lat]) < 0.2);
        }
    }

    #[test]
    fn outside_china_nothing_is_shifted() {
        let boston = [-71.1, 42.36];
        assert!(distance_m(wgs84_to_gcj02(boston), boston) < 1e-9);
        assert!(distance_m(gcj02_to_wgs84(boston), boston) < 1e-9);
    }

    proptest! {
        #[test]
        fn there_and_back_is_within_a_tenth_of_a_metre(lon in 73.0..136.0f64, lat in 3.0..54.0f64) {
            let gcj = wgs84_to_gcj02([lon, lat]);
            prop_assert!(distance_m([lon, lat], gcj) > 1.0);
            prop_assert!(distance_m(gcj02_to_wgs84(gcj), [lon, lat]) < 0.001);
            let bd = gcj02_to_bd09(gcj);
            prop_assert!(distance_m(bd09_to_gcj02(bd), gcj) < 0.001);
        }
    }
}
