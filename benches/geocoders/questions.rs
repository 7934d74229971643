//! What is asked of every geocoder alike, and what is right: the gold set of Liechtenstein.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Map, Value as Json, json};
use yutu::domain::Layer;
use yutu::gazetteer::{Entry, Place};

use crate::gold::Set;
use crate::liechtenstein::{self, Country};
use crate::typing::Chance;

/// As in `make quality`.
const SEED: u64 = 20_261_122;
const MOST_BEGINNINGS: usize = 2000;
const REVERSE_POINTS: usize = 2000;
/// As far as two geocoders may differ about where one house is: 110 m to the north, 75 m to the east.
const SAME_PLACE_DEGREES: f64 = 0.001;

/// Questions asked in one way.
#[derive(Debug)]
pub struct Asked {
    pub way: &'static str,
    pub unfinished: bool,
    /// How many of the first hits may be the right one.
    pub among: usize,
    /// The share of questions (percent) that can be answered so.
    pub ceiling: f64,
    pub questions: Vec<(String, Wanted)>,
}

/// What answers a question.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// The house with this number at one of these places, longitude and latitude.
    House(Vec<(Arc<str>, [f64; 2])>),
    Street(String),
}

/// A hit, however a geocoder says it.
#[derive(Clone, Debug)]
pub struct Found {
    pub name: Option<String>,
    pub number: Option<String>,
    pub position: [f64; 2],
}

impl Wanted {
    pub fn is(&self, found: &Found) -> bool {
        match self {
            Self::Street(name) => found.name.as_ref() == Some(name),
            Self::House(houses) => houses.iter().any(|(number, position)| {
                let is_near = |axis: usize| (found.position[axis] - position[axis]).abs() < SAME_PLACE_DEGREES;
                found.number.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(number)) && is_near(0) && is_near(1)
            }),
        }
    }
}

/// `None`: the data is not there.
pub fn drawn() -> Option<(Country, Vec<Asked>)> {
    let country = liechtenstein::read()?;
    let ways = ["number behind", "number in front", "with a slip", "beginning of a street"];
    let sets = country.sets(SEED).into_iter().filter(|set| ways.contains(&set.way)).map(|set| asked(set, &country.entries)).collect();
    Some((country, sets))
}

fn asked(set: Set<'_>, entries: &[Entry]) -> Asked {
    let unfinished = set.template.unfinished;
    let houses: Vec<(Place, &Entry)> = entries.iter().filter(|entry| entry.number.is_some()).map(|entry| (place(entry), entry)).collect();
    let drawn = if unfinished { Chance::new(SEED).some(set.questions, MOST_BEGINNINGS) } else { set.questions };
    let questions = drawn.into_iter().map(|question| {
        let wanted = if unfinished {
            Wanted::Street(question.meant)
        } else {
            let right = houses.iter().filter(|(place, _)| (question.is_right)(place)).map(|(_, entry)| *entry);
            Wanted::House(right.filter_map(|entry| Some((entry.number.clone()?, entry.position?))).collect())
        };
        (question.text, wanted)
    });
    let among = if unfinished { 5 } else { 1 };
    Asked { way: set.way, unfinished, among, ceiling: set.ceiling, questions: questions.collect() }
}

fn place(entry: &Entry) -> Place {
    Place {
        label: String::new(),
        name: entry.name.as_deref().map(str::to_owned),
        name_en: None,
        layer: entry.layer,
        id: entry.id,
        address: entry.address.as_deref().map(str::to_owned),
        status: None,
        cancelled_on: None,
        division: entry.division.clone(),
        position: entry.position,
    }
}

/// Points up to some 50 m from houses drawn by the seed.
pub fn points(country: &Country) -> Vec<[f64; 2]> {
    let mut chance = Chance::new(SEED);
    let houses: Vec<[f64; 2]> = country.entries.iter().filter(|entry| entry.number.is_some()).filter_map(|entry| entry.position).collect();
    let drawn = chance.some(houses, REVERSE_POINTS);
    let mut beside = |degree: f64| degree + (chance.below(1001) as f64 - 500.0) * 1e-6;
    drawn.into_iter().map(|[lon, lat]| [beside(lon), beside(lat)]).collect()
}

/// Where it is, and its houses by number.
type Street = ([f64; 2], Map<String, Json>);

/// The same streets and houses in addok's own form, a line of JSON for each street of a town. A street or house without a town
/// is in the town of the nearest house that has one.
pub fn for_addok(country: &Country) -> Result<String> {
    let towns: Vec<([f64; 2], &str)> =
        country.entries.iter().filter_map(|entry| Some((entry.position?, entry.division.as_ref()?.name.as_ref()))).collect();
    let nearest = |[lon, lat]: [f64; 2]| {
        let apart = |[other_lon, other_lat]: [f64; 2]| ((lon - other_lon) * lat.to_radians().cos()).hypot(lat - other_lat);
        towns.iter().min_by(|a, b| apart(a.0).total_cmp(&apart(b.0))).map(|(_, town)| *town)
    };
    let mut streets: BTreeMap<(&str, &str), Street> = BTreeMap::new();
    for entry in &country.entries {
        let house = entry.road.as_deref().zip(entry.number.as_deref());
        let street = house.map(|(street, _)| street).or_else(|| entry.name.as_deref().filter(|_| entry.layer == Layer::Roads));
        let (Some(street), Some(position)) = (street, entry.position) else { continue };
        let town = entry.division.as_ref().map(|town| town.name.as_ref()).or_else(|| nearest(position)).context("no house has a town")?;
        let (_, houses) = streets.entry((street, town)).or_insert_with(|| (position, Map::new()));
        if let Some((_, number)) = house {
            houses.entry(number).or_insert_with(|| json!({ "lat": position[1], "lon": position[0] }));
        }
    }
    let mut lines = String::new();
    for (row, ((name, city), ([lon, lat], houses))) in streets.into_iter().enumerate() {
        let street = json!({ "_id": row.to_string(), "id": row.to_string(), "type": "street", "name": name, "city": city, "lon": lon, "lat": lat,
            "importance": 0.1, "housenumbers": houses });
        lines.push_str(&format!("{street}\n"));
    }
    Ok(lines)
}
