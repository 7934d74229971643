//! What the index is built from: a feature with the texts by which it may be found.

use std::sync::Arc;

use crate::domain::{FeatureId, Layer, Name, Record, Value};

/// The division a feature lies in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Division {
    /// 区划代码, in which the code of a division begins with that of the one above it.
    pub code: Arc<str>,
    /// As it is shown beside the feature: 羅東鎮, or a chain of divisions.
    pub name: Arc<str>,
}

/// One feature. Texts that many features share (roads, divisions) may share one `Arc`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: FeatureId,
    pub layer: Layer,
    /// The name it is shown by.
    pub name: Option<Arc<str>>,
    pub names: Vec<Name>,
    /// Parcel, case, marker or division codes.
    pub codes: Vec<Arc<str>>,
    /// The full address as it is written. Without it, road, lane and number make one.
    pub address: Option<Arc<str>>,
    /// The road of a plate, with its section (段).
    pub road: Option<Arc<str>>,
    /// 巷弄
    pub lane: Option<Arc<str>>,
    /// 门牌号 as in the address: `2之3號`, `12a`.
    pub number: Option<Arc<str>>,
    /// WGS 84 longitude, latitude; kept to 1e-7 degrees. `None`: known, but not where.
    pub position: Option<[f64; 2]>,
    /// Importance within its layer, 0 the greatest: class of a road, level of a division.
    pub rank: u8,
    pub division: Option<Arc<Division>>,
}

impl Entry {
    pub fn new(layer: Layer, id: FeatureId) -> Self {
        Self {
            id,
            layer,
            name: None,
            names: Vec::new(),
            codes: Vec::new(),
            address: None,
            road: None,
            lane: None,
            number: None,
            position: None,
            rank: 0,
            division: None,
        }
    }

    /// What the register knows of a feature, as far as it is searched. `position` is WGS 84 longitude, latitude.
    pub fn of_record(record: &Record, position: Option<[f64; 2]>, division: Option<Arc<Division>>) -> Self {
        let layer = record.layer;
        let text = |field: &str| {
            let value = layer.field(field).and_then(|_| record.fields.get(field))?;
            match value {
                Value::Text(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
                _ => None,
            }
        };
        let mut entry = Self::new(layer, record.id);
        entry.position = position;
        entry.division = division;
        entry.names = record.names.clone();
        entry.address = text("address");
        entry.codes = code_fields(layer).iter().filter_map(|field| text(field)).collect();
        if layer == Layer::DoorPlates {
            entry.road = text("road");
            entry.lane = text("lane");
            entry.number = text("number");
        }
        let name = record.name.as_deref().filter(|name| !name.trim().is_empty());
        // a plate "named" by its own address or number has no name
        let is_plate_text =
            |name: &&str| layer == Layer::DoorPlates && [&entry.address, &entry.number].iter().any(|own| own.as_deref() == Some(*name));
        entry.name = name.filter(|name| !is_plate_text(name)).map(Arc::from);
        entry.rank = rank(layer, text(if layer == Layer::Divisions { "level" } else { "class" }).as_deref());
        entry
    }
}

/// The fields by which people ask for a feature of this layer, besides its names.
fn code_fields(layer: Layer) -> &'static [&'static str] {
    match layer {
        Layer::Divisions | Layer::Parcels | Layer::ControlAreas | Layer::Buildings | Layer::BoundaryLines => &["code"],
        Layer::Zoning => &["plan_code", "land_use"],
        Layer::Roads => &["road_code"],
        Layer::Permits => &["case_no", "certificate_no"],
        Layer::PermitFootprints => &["case_no"],
        Layer::BoundaryMarkers => &["number"],
        Layer::PlaceNames | Layer::DoorPlates => &[],
    }
}

/// Divisions by level and roads by class, the greatest first; all else is equal.
fn rank(layer: Layer, class: Option<&str>) -> u8 {
    let order: &[&str] = match layer {
        Layer::Divisions => &["country", "province", "city", "county", "town", "village"],
        Layer::Roads => &["expressway", "trunk", "arterial", "collector", "local", "lane", "service", "path", "rail"],
        _ => return 0,
    };
    order.iter().position(|known| Some(*known) == class).unwrap_or(order.len()) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Fields, Validity};

    fn record(layer: Layer, name: Option<&str>, fields: &[(&str, &str)]) -> Record {
        let mut all = Fields::new(layer);
        fields.iter().for_each(|(field, value)| all.set(field, Some((*value).into())));
        Record {
            layer,
            region: "10002".to_owned(),
            id: FeatureId::derive(layer.id(), "test", "1"),
            validity: Validity::default(),
            source: "test".to_owned(),
            source_id: "1".to_owned(),
            name: name.map(str::to_owned),
            names: Vec::new(),
            fields: all,
            attributes: serde_json::Map::new(),
            geometry: None,
        }
    }

    #[test]
    fn a_plate_is_searched_by_address_road_and_number_and_has_no_name() {
        let fields = [("number", "2號"), ("road", "南英巷"), ("address", "宜蘭縣羅東鎮南英巷2號"), ("lane", " ")];
        let entry = Entry::of_record(&record(Layer::DoorPlates, Some("2號"), &fields), None, None);
        assert_eq!((entry.name, entry.lane, entry.road.as_deref()), (None, None, Some("南英巷")));
        assert_eq!((entry.address.as_deref(), entry.number.as_deref()), (Some("宜蘭縣羅東鎮南英巷2號"), Some("2號")));
    }

    #[test]
    fn codes_are_searched_and_great_roads_come_first() {
        let case = Entry::of_record(&record(Layer::Permits, None, &[("case_no", "A-1"), ("address", "1 Main St")]), None, None);
        assert_eq!((case.codes, case.address.as_deref()), (vec![Arc::from("A-1")], Some("1 Main St")));
        let rank = |class| Entry::of_record(&record(Layer::Roads, Some("Main St"), &[("class", class)]), None, None).rank;
        assert!(rank("arterial") < rank("local") && rank("local") < rank("unheard of"));
    }

    #[test]
    fn every_field_named_here_is_a_field_of_its_layer() {
        for layer in Layer::ALL {
            assert!(code_fields(layer).iter().all(|field| layer.field(field).is_some()), "{layer}");
        }
    }
}
