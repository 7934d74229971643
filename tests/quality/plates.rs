//! The door plates of Yilan County or Kaohsiung as they are in the file, and what the register gives the index of them.

use std::collections::HashMap;
use std::sync::Arc;

use yutu::domain::{FeatureId, Layer};
use yutu::gazetteer::{Division, Entry};

use crate::source;

/// One row of the file.
#[derive(Clone, Debug)]
pub struct Plate {
    pub id: FeatureId,
    pub address: String,
    pub town_code: String,
    pub neighbourhood: String,
    pub road: String,
    pub section: String,
    pub lane: String,
    pub alley: String,
    pub number: String,
    pub position: [f64; 2],
}

/// The rows of `tw-yilan` or `tw-kaohsiung-addresses`.
pub fn read(folder: &str) -> Option<Vec<Plate>> {
    let text = source::unpacked(&format!("{folder}/address_points.csv.gz"))?;
    let mut rows = csv::Reader::from_reader(text.as_slice());
    let plate = |(place, row): (usize, csv::StringRecord)| Plate {
        id: FeatureId::derive("door_plates", "quality", &place.to_string()),
        address: row[0].to_owned(),
        town_code: row[2].to_owned(),
        neighbourhood: row[4].to_owned(),
        road: row[5].to_owned(),
        section: row[6].to_owned(),
        lane: row[7].to_owned(),
        alley: row[8].to_owned(),
        number: row[11].to_owned(),
        position: [row[12].parse().unwrap(), row[13].parse().unwrap()],
    };
    Some(rows.records().map(|row| row.unwrap()).enumerate().map(plate).collect())
}

/// What the register gives the index of these plates.
pub fn entries(plates: &[Plate]) -> Vec<Entry> {
    let text = |text: String| Some(text).filter(|text| !text.is_empty()).map(Arc::from);
    let mut divisions: HashMap<&str, Arc<Division>> = HashMap::new();
    plates
        .iter()
        .map(|plate| {
            let mut entry = Entry::new(Layer::DoorPlates, plate.id);
            entry.address = text(plate.address.clone());
            entry.road = text(format!("{}{}", plate.road, plate.section));
            entry.lane = text(format!("{}{}", plate.lane, plate.alley));
            entry.number = text(plate.number.clone());
            entry.position = Some(plate.position);
            let new = || Arc::new(Division { code: plate.town_code.as_str().into(), name: plate.town().into() });
            entry.division = Some(divisions.entry(&plate.town_code).or_insert_with(new).clone());
            entry
        })
        .collect()
}

impl Plate {
    /// 羅東鎮
    pub fn town(&self) -> String {
        self.address.chars().skip(3).take(3).collect()
    }

    /// 南豪里, as it is written between the town and the neighbourhood; `None` where that is not the order.
    pub fn village(&self) -> Option<&str> {
        let rest = self.address.char_indices().nth(6).map(|(place, _)| &self.address[place..])?;
        let end = rest.find(&self.neighbourhood).filter(|_| !self.neighbourhood.is_empty())?;
        Some(&rest[..end]).filter(|village| village.ends_with(['村', '里']))
    }
}
