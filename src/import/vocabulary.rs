//! The words that some typed fields are limited to, so that the map can draw them and the rules can speak of them.

use crate::domain::Layer;

/// The words of a field; `None` when every text is allowed.
pub fn words(layer: Layer, field: &str) -> Option<&'static [&'static str]> {
    const RANKS: &[&str] = &["country", "province", "city", "county", "town", "village"];
    Some(match (layer, field) {
        (Layer::Divisions, "level") | (Layer::BoundaryLines, "rank") => RANKS,
        (Layer::Zoning, "class") => &[
            "residential",
            "public",
            "commercial",
            "industry",
            "storage",
            "transport",
            "utilities",
            "green",
            "farmland",
            "water",
            "reserved",
            "special",
            "mixed",
        ],
        (Layer::Zoning, "status") => &["in_force", "pending", "superseded"],
        (Layer::ControlAreas, "kind") => &[
            "road_red_line",
            "green_line",
            "blue_line",
            "purple_line",
            "yellow_line",
            "farmland",
            "ecology",
            "urban_boundary",
            "overlay",
            "historic",
            "flood",
            "wetland",
            "other",
        ],
        (Layer::Roads, "class") => &["expressway", "trunk", "arterial", "collector", "local", "lane", "service", "path", "rail"],
        (Layer::Permits, "status") => {
            &["applied", "approved", "building", "built", "lapsed", "withdrawn", "refused", "superseded", "breach", "unknown"]
        }
        (Layer::PermitFootprints, "kind") => &["parcel", "building"],
        (Layer::BoundaryMarkers, "kind") => &["single", "pair", "triple"],
        (Layer::PlaceNames, "class") => &[
            "estate",
            "building",
            "bridge",
            "park",
            "square",
            "water",
            "mountain",
            "island",
            "station",
            "school",
            "hospital",
            "government",
            "village",
            "district",
            "other",
        ],
        (Layer::PlaceNames, "status") => &["standard", "historical", "reserved"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limited_field_is_a_field_of_its_layer() {
        for layer in Layer::ALL {
            for field in ["level", "rank", "class", "status", "kind"] {
                assert!(words(layer, field).is_none() || layer.field(field).is_some(), "{layer}.{field}");
            }
        }
    }
}
