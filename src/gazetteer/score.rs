//! What comes first, and the number that says so.
//!
//! The order of an answer is: kind of match, whether it is called so now or was before, layer, rank in the layer, length of the text that was met (from where it was
//! met when that is a beginning; how far a number is from the one asked for), distance to the place asked about, displayed text, id. The score is made of the first
//! five with weights so far apart that it never contradicts the order.

use std::cmp::Ordering;

use super::answer::Kind;
use crate::domain::Layer;

const EXACT_WEIGHT: f64 = 0.90;
const PREFIX_WEIGHT: f64 = 0.81;
const SUBSTRING_WEIGHT: f64 = 0.72;
const REARRANGED_WEIGHT: f64 = 0.63;
const INTERPOLATED_WEIGHT: f64 = 0.54;
const STREET_WEIGHT: f64 = 0.45;
const SOUND_WEIGHT: f64 = 0.36;
const TYPO_WEIGHT: f64 = 0.27;
const PARTIAL_WEIGHT: f64 = 0.18;
const NEAREST_NUMBER_WEIGHT: f64 = 0.09;
const ELSEWHERE_WEIGHT: f64 = 0.00;
/// For what is called so today and is still there. With all that follows less than the step from one kind to the next.
const CURRENT_WEIGHT: f64 = 0.045;
/// Divisions get all of it, the last layer nearly nothing. With all that follows less than the weight before it.
const LAYER_WEIGHT: f64 = 0.04;
/// Within a layer; less than the step from one layer to the next.
const RANK_WEIGHT: f64 = 0.003;
/// Short texts get nearly all of it; less than the step from one rank to the next.
const BREVITY_WEIGHT: f64 = 0.000_01;

/// Everything of the order but the texts and the id. Distance in metres, 0 where no place was asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub kind: Kind,
    /// By an earlier name, or no more.
    pub is_former: bool,
    /// Of [`layer_order`].
    pub layer: u8,
    pub rank: u8,
    /// Of the text met; for the nearest number how far it is from the one asked for. A digit too many or too few weighs
    /// like [`super::altered::GREATER_CHANGE_CHARS`].
    pub length_chars: u32,
    pub distance_m: f64,
}

impl Order {
    /// Without the distance: what can be known of a whole group at once.
    pub fn cmp_before_distance(&self, other: &Self) -> Ordering {
        (self.kind, self.is_former, self.layer, self.rank, self.length_chars).cmp(&(
            other.kind,
            other.is_former,
            other.layer,
            other.rank,
            other.length_chars,
        ))
    }

    pub fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_before_distance(other).then(self.distance_m.total_cmp(&other.distance_m))
    }

    pub fn score(&self) -> f64 {
        self.weights().iter().map(|(_, weight)| weight).sum()
    }

    /// What the score is the sum of.
    pub fn weights(&self) -> [(&'static str, f64); 5] {
        let kind = match self.kind {
            Kind::Exact => EXACT_WEIGHT,
            Kind::Prefix => PREFIX_WEIGHT,
            Kind::Substring => SUBSTRING_WEIGHT,
            Kind::Rearranged => REARRANGED_WEIGHT,
            Kind::Sound => SOUND_WEIGHT,
            Kind::Typo => TYPO_WEIGHT,
            Kind::Partial => PARTIAL_WEIGHT,
            Kind::Interpolated => INTERPOLATED_WEIGHT,
            Kind::Street => STREET_WEIGHT,
            Kind::NearestNumber => NEAREST_NUMBER_WEIGHT,
            Kind::Elsewhere => ELSEWHERE_WEIGHT,
        };
        [
            ("kind", kind),
            ("current", if self.is_former { 0.0 } else { CURRENT_WEIGHT }),
            ("layer", LAYER_WEIGHT * (1.0 - f64::from(self.layer) / Layer::ALL.len() as f64)),
            ("rank", RANK_WEIGHT * (1.0 - f64::from(self.rank) / 256.0)),
            ("brevity", BREVITY_WEIGHT / (1.0 + f64::from(self.length_chars))),
        ]
    }
}

/// Which layer people mean first when a text fits in several; 0 comes first.
pub(super) fn layer_order(layer: Layer) -> u8 {
    match layer {
        Layer::Divisions => 0,
        Layer::Roads => 1,
        Layer::PlaceNames => 2,
        Layer::Buildings => 3,
        Layer::DoorPlates => 4,
        Layer::Permits => 5,
        Layer::BoundaryMarkers => 6,
        Layer::BoundaryLines => 7,
        Layer::Zoning => 8,
        Layer::ControlAreas => 9,
        Layer::Parcels => 10,
        Layer::PermitFootprints => 11,
    }
}

/// Great-circle distance on a sphere of the mean Earth radius (haversine), in metres; longitude, latitude in degrees.
pub(super) fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    const MEAN_RADIUS_M: f64 = 6_371_008.8;
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let chord = half(a[1], b[1]) + a[1].to_radians().cos() * b[1].to_radians().cos() * half(a[0], b[0]);
    2.0 * MEAN_RADIUS_M * chord.clamp(0.0, 1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order() -> impl Strategy<Value = Order> {
        use Kind::*;
        let kinds = [Exact, Prefix, Substring, Rearranged, Sound, Typo, Partial, Interpolated, Street, NearestNumber, Elsewhere];
        let kind = prop::sample::select(kinds.to_vec());
        (kind, any::<bool>(), 0..12u8, any::<u8>(), 0..400u32).prop_map(|(kind, is_former, layer, rank, length_chars)| Order {
            kind,
            is_former,
            layer,
            rank,
            length_chars,
            distance_m: 0.0,
        })
    }

    proptest! {
        #[test]
        fn what_comes_first_never_scores_less(a in order(), b in order()) {
            match a.cmp(&b) {
                Ordering::Less => prop_assert!(a.score() > b.score()),
                Ordering::Equal => prop_assert!((a.score() - b.score()).abs() < f64::EPSILON),
                Ordering::Greater => prop_assert!(a.score() < b.score()),
            }
        }
    }

    #[test]
    fn layers_have_different_places() {
        let mut places = Layer::ALL.map(layer_order);
        places.sort_unstable();
        assert!(places.iter().enumerate().all(|(place, order)| place == *order as usize));
    }

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        assert!((distance_m([121.0, 24.0], [121.0, 25.0]) - 111_195.0).abs() < 1.0);
    }
}
