//! Web mercator (EPSG:3857) in closed form, for the many points of tiles where a PROJ object would be in the way.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

/// Equatorial radius of WGS 84, which web mercator takes for a sphere, in metres.
const RADIUS_M: f64 = 6_378_137.0;

/// Metres to longitude, latitude in degrees (EPSG Guidance Note 7-2, method 1024).
pub fn mercator_to_wgs84([x, y]: [f64; 2]) -> [f64; 2] {
    let latitude = FRAC_PI_2 - 2.0 * (-y / RADIUS_M).exp().atan();
    [(x / RADIUS_M).to_degrees(), latitude.to_degrees()]
}

/// Longitude, latitude in degrees to metres (EPSG Guidance Note 7-2, method 1024). The poles are infinitely far.
pub fn wgs84_to_mercator([longitude, latitude]: [f64; 2]) -> [f64; 2] {
    let y = (FRAC_PI_4 + latitude.to_radians() / 2.0).tan().ln();
    [RADIUS_M * longitude.to_radians(), RADIUS_M * y]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_closed_form_equals_proj() {
        let proj = proj::Proj::new_known_crs("EPSG:4326", "EPSG:3857", None).unwrap();
        for point in [[120.15507, 30.27415], [-71.1, 42.36], [-179.9, -84.9], [0.0, 0.0], [9.5, 47.1]] {
            let (x, y) = proj.convert((point[0], point[1])).unwrap();
            let ours = wgs84_to_mercator(point);
            assert!((ours[0] - x).abs() < 1e-6 && (ours[1] - y).abs() < 1e-6, "{point:?}: {ours:?} against {x} {y}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_point(longitude in -180.0..180.0f64, latitude in -85.0..85.0f64) {
            let back = mercator_to_wgs84(wgs84_to_mercator([longitude, latitude]));
            prop_assert!((back[0] - longitude).abs() < 1e-11 && (back[1] - latitude).abs() < 1e-11);
        }
    }
}
