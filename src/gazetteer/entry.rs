//! What the index is built from: a feature with the texts by which it may be found.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;

use super::Line;
use super::earlier::Past;
use super::forms;
use crate::domain::{FeatureId, Fields, Layer, Name, Value};

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
    /// Of a road: its line, on which numbers are interpolated.
    pub line: Option<Arc<Line>>,
    /// Of a place name that is not in use: historical, reserved.
    pub status: Option<Arc<str>>,
    /// What it was called before; of one that is no more, since when.
    pub past: Option<Box<Past>>,
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
            line: None,
            status: None,
            past: None,
        }
    }

    /// The address as it is displayed: the one given, else road, lane and number.
    pub fn full_address(&self) -> Option<Cow<'_, str>> {
        forms::address(self)
    }

    /// Of one that is no more: since when.
    pub(super) fn ended(&self) -> Option<NaiveDate> {
        self.past.as_deref().and_then(|past| past.ended)
    }

    /// What is searched of a feature: its names, codes and address, without what is `hidden` from the public. `None`: there is no
    /// text to find it by.
    pub fn of(
        layer: Layer,
        id: FeatureId,
        name: Option<&str>,
        names: &[Name],
        fields: &Fields,
        hidden: Option<&HashSet<String>>,
    ) -> Option<Self> {
        let text = |field: &str| match fields.get(field) {
            Some(Value::Text(text)) if !text.trim().is_empty() && hidden.is_none_or(|hidden| !hidden.contains(field)) => {
                Some(Arc::clone(text))
            }
            _ => None,
        };
        let mut entry = Self::new(layer, id);
        entry.names = names.to_vec();
        entry.address = text("address");
        entry.codes = code_fields(layer).iter().filter_map(|field| text(field)).collect();
        if layer == Layer::DoorPlates {
            entry.road = text("road");
            entry.lane = text("lane");
            entry.number = text("number");
        }
        let name = name.filter(|name| !name.trim().is_empty());
        // a plate "named" by its own address or number has no name
        let is_plate_text =
            |name: &&str| layer == Layer::DoorPlates && [&entry.address, &entry.number].iter().any(|own| own.as_deref() == Some(*name));
        entry.name = name.filter(|name| !is_plate_text(name)).map(Arc::from);
        entry.status = text("status").filter(|status| layer == Layer::PlaceNames && **status != *"standard");
        entry.rank = rank(layer, fields.text(if layer == Layer::Divisions { "level" } else { "class" }));
        let findable =
            entry.name.is_some() || !entry.names.is_empty() || !entry.codes.is_empty() || entry.address.is_some() || entry.number.is_some();
        findable.then_some(entry)
    }
}

/// The fields by which people ask for a feature of this layer, besides its names.
fn code_fields(layer: Layer) -> &'static [&'static str] {
    match layer {
        Layer::Divisions | Layer::Parcels | Layer::ControlAreas | Layer::Buildings | Layer::BoundaryLines => &["code"],
        Layer::Roads => &["road_code"],
        Layer::Permits => &["case_no", "certificate_no"],
        Layer::BoundaryMarkers => &["number"],
        // a zone is asked for by place, and a footprint is found through its case
        Layer::Zoning | Layer::PermitFootprints | Layer::PlaceNames | Layer::DoorPlates => &[],
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

    fn entry(layer: Layer, name: Option<&str>, fields: &[(&str, &str)], hidden: &[&str]) -> Option<Entry> {
        let mut all = Fields::new(layer);
        fields.iter().for_each(|(field, value)| all.set(field, Some((*value).into())));
        let hidden = hidden.iter().map(|name| (*name).to_owned()).collect();
        Entry::of(layer, FeatureId::derive(layer.id(), "test", "1"), name, &[], &all, Some(&hidden))
    }

    #[test]
    fn a_plate_is_searched_by_address_road_and_number_and_has_no_name() {
        let fields = [("number", "2號"), ("road", "南英巷"), ("address", "宜蘭縣羅東鎮南英巷2號"), ("lane", " ")];
        let entry = entry(Layer::DoorPlates, Some("2號"), &fields, &[]).unwrap();
        assert_eq!((entry.name, entry.lane, entry.road.as_deref()), (None, None, Some("南英巷")));
        assert_eq!(entry.number.as_deref(), Some("2號"));
    }

    #[test]
    fn a_case_is_found_by_its_number_unless_that_is_hidden() {
        let fields = [("case_no", "PB-001"), ("status", "built")];
        assert_eq!(entry(Layer::Permits, None, &fields, &[]).unwrap().codes, ["PB-001".into()]);
        assert_eq!(entry(Layer::Permits, None, &fields, &["case_no"]), None);
    }

    #[test]
    fn a_feature_without_any_text_is_not_searched() {
        assert_eq!(entry(Layer::Buildings, Some(" "), &[("use", "residential")], &[]), None);
    }

    #[test]
    fn great_roads_come_before_small_ones() {
        let rank = |class| entry(Layer::Roads, Some("人民路"), &[("class", class)], &[]).unwrap().rank;
        assert!(rank("arterial") < rank("lane") && rank("lane") < rank("unheard of"));
    }
}
