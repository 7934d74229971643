//! The door plates of Yilan County (156,201 rows) as they are: every way of writing an address finds its plate.
//! Reads the shared data folder (`YUTU_REAL_DATA`, else ../shared/data); says loudly when there is none.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Division, Entry, Index, Kind, Query};
use crate::domain::{FeatureId, Layer};
use crate::language::search_key;

fn file(name: &str) -> Option<PathBuf> {
    let asked = std::env::var_os("YUTU_REAL_DATA").map(PathBuf::from);
    let folder = asked.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(asked.is_none(), "YUTU_REAL_DATA is set, but there is no {}", path.display());
    eprintln!("NOT RUN: {} is not there; set YUTU_REAL_DATA to the folder with the shared data", path.display());
    None
}

fn plates(path: PathBuf) -> Vec<Entry> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut divisions: HashMap<String, Arc<Division>> = HashMap::new();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let rows = rows.records().map(|row| row.unwrap());
    let text = |text: String| Some(text).filter(|text| !text.is_empty()).map(Arc::from);
    rows.enumerate()
        .map(|(place, row)| {
            let mut entry = Entry::new(Layer::DoorPlates, FeatureId::derive("door_plates", "test", &place.to_string()));
            entry.address = text(row[0].to_owned());
            entry.road = text(format!("{}{}", &row[5], &row[6]));
            entry.lane = text(format!("{}{}", &row[7], &row[8]));
            entry.number = text(row[11].to_owned());
            entry.position = Some([row[12].parse().unwrap(), row[13].parse().unwrap()]);
            let new = || Arc::new(Division { code: row[3].into(), name: row[0].chars().skip(3).take(3).collect::<String>().into() });
            entry.division = Some(divisions.entry(row[3].to_owned()).or_insert_with(new).clone());
            entry
        })
        .collect()
}

#[test]
fn a_plate_of_yilan_is_found_by_its_address_and_by_its_road_and_number() {
    let Some(path) = file("tw-yilan/address_points.csv.gz") else { return };
    let entries = plates(path);
    assert_eq!(entries.len(), 156_201);
    let index = Index::build(entries.clone());
    assert_eq!(index.len(), entries.len());
    assert!(index.memory_bytes() < 100 * entries.len(), "{} bytes for each plate", index.memory_bytes() / entries.len());

    let (mut asked, mut short_asked) = (0, 0);
    let mut key_of = HashMap::new();
    for entry in entries.iter().step_by(61) {
        let address = entry.address.as_deref().unwrap();
        let key = search_key(address);
        let answer = index.search(&Query { text: address.to_owned(), ..Query::default() });
        let first = answer.hits.first().unwrap_or_else(|| panic!("{address} is not found"));
        // 51 addresses are there twice: any of the same text counts
        assert_eq!(first.place.address.as_deref().map(search_key), Some(key.clone()), "{address}");
        assert_eq!(first.matched.kind, Kind::Exact, "{address}");
        asked += 1;

        let street = [&entry.road, &entry.lane, &entry.number].map(|part| part.as_deref().unwrap_or("")).concat();
        let Some(short) = Some(search_key(&street)).filter(|_| entry.number.is_some() && (entry.road.is_some() || entry.lane.is_some()))
        else {
            continue;
        };
        let query = Query { text: street.clone(), limit: 20, bias: entry.position, ..Query::default() };
        let hits = index.search(&query).hits;
        assert!(hits.iter().take(5).any(|hit| hit.place.address.as_deref().map(search_key) == Some(key.clone())), "{street} of {address}");
        assert!(hits[0].matched.kind == Kind::Exact, "{street}");
        key_of.insert(short, address);
        short_asked += 1;
    }
    assert!(asked > 2500 && short_asked > 2400 && key_of.len() > 2000, "{asked} and {short_asked} addresses, {} texts", key_of.len());
}
