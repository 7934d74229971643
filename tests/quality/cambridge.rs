//! Cambridge's master addresses in the ways Americans write them.

use std::collections::{BTreeMap, HashMap};

use yutu::domain::{FeatureId, Layer};
use yutu::gazetteer::{Entry, Place};

use crate::gold::{Question, Set};
use crate::source;
use crate::typing::{Chance, slip};

const COUNT: usize = 2000;

/// The city's abbreviations and what they stand for (USPS Publication 28).
const SUFFIXES: [(&str, &str); 18] = [
    ("St", "Street"),
    ("Ave", "Avenue"),
    ("Rd", "Road"),
    ("Pl", "Place"),
    ("Dr", "Drive"),
    ("Ct", "Court"),
    ("Ter", "Terrace"),
    ("Cir", "Circle"),
    ("Ln", "Lane"),
    ("Pkwy", "Parkway"),
    ("Pk", "Park"),
    ("Sq", "Square"),
    ("Hwy", "Highway"),
    ("Blvd", "Boulevard"),
    ("Gdns", "Gardens"),
    ("Ctr", "Center"),
    ("Lndg", "Landing"),
    ("Tpke", "Turnpike"),
];

pub struct City {
    pub entries: Vec<Entry>,
    /// Full address: number, suffix of the number, street.
    addresses: BTreeMap<String, (String, String, String)>,
}

pub fn read() -> Option<City> {
    let mut city = City { entries: Vec::new(), addresses: BTreeMap::new() };
    for row in source::table("cambridge-ma/addresses/derived_address_positions_from_parcels.csv.gz")? {
        let address = row["full_address"].clone();
        let Some((first, street)) = address.split_once(' ') else { continue };
        if city.addresses.contains_key(&address) {
            continue;
        }
        let mut entry = Entry::new(Layer::DoorPlates, FeatureId::derive("door_plates", "quality", &address));
        entry.address = Some(address.as_str().into());
        entry.road = Some(street.into());
        entry.number = Some(first.into());
        entry.position = row["lon"].parse().ok().zip(row["lat"].parse().ok()).map(|(lon, lat)| [lon, lat]);
        city.entries.push(entry);
        let parts = (row["street_number"].clone(), row["street_number_suffix"].clone(), street.to_owned());
        city.addresses.insert(address, parts);
    }
    Some(city)
}

type Written<'w> = &'w mut dyn FnMut(&str, (&str, &str, &str), &mut Chance) -> Option<String>;

impl City {
    pub fn sets(&self, seed: u64) -> Vec<Set<'_>> {
        let whole: HashMap<&str, &str> = SUFFIXES.into_iter().collect();
        let spelt = |street: &str| {
            let (front, last) = street.rsplit_once(' ')?;
            Some(format!("{front} {}", whole.get(last)?))
        };
        vec![
            self.set("as written", seed, &mut |address, _, _| Some(address.to_owned())),
            self.set("suffix spelt out", seed, &mut |_, (number, suffix, street), _| {
                suffix.is_empty().then(|| spelt(street)).flatten().map(|street| format!("{number} {street}"))
            }),
            self.set("city state ZIP", seed, &mut |address, _, chance| {
                Some(format!("{}, Cambridge, MA{}", address, chance.one_of(&["", " 02138", " 02139-4307"])?))
            }),
            self.set("with an apartment", seed, &mut |address, _, chance| {
                Some(format!("{address}{}", chance.one_of(&[" Apt 3", ", Apt. 12B", " #4", ", Unit 2", ", 2nd Floor"])?))
            }),
            self.set("number's letter", seed, &mut |_, (number, suffix, street), chance| {
                let joint = chance.one_of(&["", " ", "-"])?;
                let is_letter = suffix.len() == 1 && suffix.chars().all(char::is_alphabetic);
                is_letter.then(|| format!("{number}{joint}{suffix} {street}"))
            }),
            self.set("number behind", seed, &mut |_, (number, suffix, street), _| suffix.is_empty().then(|| format!("{street} {number}"))),
            self.set("capitals without type", seed, &mut |address, _, _| {
                let (line, _) = address.rsplit_once(' ').filter(|(line, last)| whole.contains_key(last) && line.contains(' '))?;
                Some(line.to_uppercase())
            }),
            self.set("with a slip", seed, &mut |address, (.., street), chance| {
                let number = address.strip_suffix(street)?;
                Some(format!("{number}{}", slip(street, chance)?))
            }),
        ]
    }

    /// Any address of the same text, its type of street left open where the question leaves it open, is right.
    fn set(&self, way: &'static str, seed: u64, write: Written<'_>) -> Set<'_> {
        let mut chance = Chance::new(seed ^ way.len() as u64 ^ (way.as_bytes()[0] as u64) << 32);
        let drawn = chance.some(self.addresses.iter().collect(), self.addresses.len());
        let mut questions = Vec::new();
        for (address, (number, suffix, street)) in drawn {
            if questions.len() == COUNT {
                break;
            }
            let Some(text) = write(address, (number, suffix, street), &mut chance) else { continue };
            let open = way == "capitals without type";
            let asked = text.clone();
            let is_right = move |place: &Place| {
                let Some(found) = place.address.as_deref() else { return false };
                found == address || open && found.rsplit_once(' ').is_some_and(|(line, _)| line.to_uppercase() == asked)
            };
            questions.push(Question { text, meant: address.clone(), is_right: Box::new(is_right) });
        }
        Set::new(way, questions)
    }
}
