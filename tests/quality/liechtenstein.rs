//! Liechtenstein (OpenStreetMap, 2022): addresses with their towns, number in front or behind, with a slip, and streets as they are
//! being typed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use yutu::domain::{FeatureId, Layer};
use yutu::gazetteer::{Division, Entry, Place, Query};

use crate::gold::{Question, Set};
use crate::source::{self, Row};
use crate::typing::{Chance, slip};

const FILE: &str = "osm-liechtenstein/liechtenstein-2022-12-15.osm.pbf";
const COUNT: usize = 2000;

/// An address of the country. Several objects may have the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    street: String,
    number: String,
    /// `addr:city`, where there is one.
    town: Option<String>,
}

pub struct Country {
    pub entries: Vec<Entry>,
    addresses: Vec<Address>,
    streets: BTreeSet<String>,
}

pub fn read() -> Option<Country> {
    let mut country = Country { entries: Vec::new(), addresses: Vec::new(), streets: BTreeSet::new() };
    let mut divisions: HashMap<String, Arc<Division>> = HashMap::new();
    let mut addresses = BTreeSet::new();
    for layer in ["points", "lines", "multipolygons"] {
        for (row, (fields, position)) in source::osm(FILE, layer)?.into_iter().enumerate() {
            let id = |kind: &str| FeatureId::derive(kind, "quality", &format!("{layer}/{row}"));
            let field = |name: &str| fields.get(name).filter(|value| !value.trim().is_empty());
            if let (Some(number), Some(street)) = (field("addr:housenumber"), field("addr:street").or(field("addr:place"))) {
                let mut entry = Entry::new(Layer::DoorPlates, id("door_plates"));
                entry.address = Some(format!("{street} {number}").into());
                entry.road = Some(street.as_str().into());
                entry.number = Some(number.as_str().into());
                let town = field("addr:city");
                let new = |town: &String| Arc::new(Division { code: town.as_str().into(), name: town.as_str().into() });
                entry.division = town.map(|town| divisions.entry(town.clone()).or_insert_with(|| new(town)).clone());
                entry.position = position;
                country.entries.push(entry);
                addresses.insert(Address { street: street.clone(), number: number.clone(), town: town.cloned() });
            }
            if let (Some(kind), Some(name)) = (named(layer, &fields), field("name")) {
                let mut entry = Entry::new(kind, id(kind.id()));
                entry.name = Some(name.as_str().into());
                entry.position = position;
                entry.rank = if kind == Layer::Divisions { 4 } else { 0 };
                country.entries.push(entry);
                if kind == Layer::Roads {
                    country.streets.insert(name.clone());
                }
            }
        }
    }
    country.addresses = addresses.into_iter().collect();
    Some(country)
}

/// The layer into which the `osm` pack puts a named object, in short.
fn named(layer: &str, fields: &Row) -> Option<Layer> {
    let has = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
    match layer {
        "lines" if has(&["highway"]) => Some(Layer::Roads),
        "multipolygons" if fields.get("boundary").is_some_and(|kind| kind == "administrative") => Some(Layer::Divisions),
        "points" | "multipolygons"
            if has(&["place", "natural", "railway", "amenity", "leisure", "waterway", "tourism", "historic", "building"]) =>
        {
            Some(Layer::PlaceNames)
        }
        _ => None,
    }
}

impl Country {
    pub fn sets(&self, seed: u64) -> Vec<Set<'_>> {
        let drawn = |way: u64| {
            let mut chance = Chance::new(seed ^ way << 32);
            let addresses = chance.some(self.addresses.iter().collect(), COUNT);
            (chance, addresses)
        };
        let (_, addresses) = drawn(1);
        let behind = addresses.into_iter().map(|address| self.question(address, written(address, false))).collect();
        let (_, addresses) = drawn(2);
        let in_front = addresses.into_iter().map(|address| self.question(address, written(address, true))).collect();
        let (mut chance, addresses) = drawn(3);
        let slipped = |address: &Address| {
            let with_slip = Address { street: slip(&address.street, &mut chance)?, ..address.clone() };
            Some((with_slip, chance.below(2) == 0))
        };
        let slips: Vec<_> = addresses.iter().copied().map(slipped).collect();
        let typos = addresses
            .iter()
            .zip(slips)
            .filter_map(|(address, slipped)| slipped.map(|(slipped, is_front)| self.question(address, written(&slipped, is_front))))
            .collect();
        let (_, addresses) = drawn(4);
        let without_town = addresses
            .into_iter()
            .map(|address| {
                let is_right = move |place: &Place| place.address.as_deref() == Some(&*format!("{} {}", address.street, address.number));
                let text = written(&Address { town: None, ..address.clone() }, false);
                Question { text, meant: format!("{address:?}"), is_right: Box::new(is_right) }
            })
            .collect();
        vec![
            Set::new("number behind", behind),
            Set::new("number in front", in_front),
            Set::new("with a slip", typos),
            Set::new("without town", without_town),
            self.prefixes(),
        ]
    }

    fn question<'a>(&'a self, address: &'a Address, text: String) -> Question<'a> {
        let plate = format!("{} {}", address.street, address.number);
        let is_right = move |place: &Place| {
            let town = place.division.as_ref().map(|division| division.name.as_ref());
            place.address.as_deref() == Some(plate.as_str()) && (address.town.is_none() || town == address.town.as_deref())
        };
        Question { text, meant: format!("{address:?}"), is_right: Box::new(is_right) }
    }

    /// Every beginning of every street from three signs on. Of more than five streets that begin so, or fewer when one is
    /// called just so, no more can be among the first five.
    fn prefixes(&self) -> Set<'_> {
        let mut beginning: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for street in &self.streets {
            let signs: Vec<char> = street.chars().collect();
            for length in 3..signs.len() {
                beginning.entry(signs[..length].iter().collect()).or_default().push(street);
            }
        }
        let mut possible = 0;
        let mut questions = Vec::new();
        for (text, streets) in beginning {
            possible += streets.len().min(5 - usize::from(self.streets.contains(&text)));
            for street in streets {
                let is_right = move |place: &Place| place.name.as_ref() == Some(street);
                questions.push(Question { text: text.clone(), meant: street.clone(), is_right: Box::new(is_right) });
            }
        }
        let ceiling = 100.0 * possible as f64 / questions.len() as f64;
        Set { ceiling, template: Query { unfinished: true, ..Query::default() }, ..Set::new("beginning of a street", questions) }
    }
}

fn written(address: &Address, is_front: bool) -> String {
    let Address { street, number, town } = address;
    let line = if is_front { format!("{number} {street}") } else { format!("{street} {number}") };
    match town {
        Some(town) => format!("{line}, {town}"),
        None => line,
    }
}
