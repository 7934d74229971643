//! The door plates of Yilan County as they are: the parts that the source gives in columns, found in the whole address.
//! Reads the shared data folder, as `corpus` does.

use super::*;
use crate::language::search_key;

/// An address, and its parts from the neighbourhood (鄰) down to the number by the columns of the source.
type Plate = (String, Vec<(ElementKind, String)>);

fn plates() -> Option<(Vec<Plate>, Lexicon)> {
    use ElementKind::*;
    let text = super::corpus::file("tw-yilan/address_points.csv.gz")?;
    let (mut plates, mut names) = (Vec::new(), Lexicon::new());
    names.add(County, "宜蘭縣");
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let address = row[0].to_owned();
        let town: String = address.chars().skip(3).take(3).collect();
        let village = address.strip_prefix("宜蘭縣").and_then(|rest| rest.strip_prefix(&town)).and_then(|rest| rest.split_once(&row[4]));
        village.into_iter().for_each(|(village, _)| names.add(Community, village));
        names.add(Town, &town);
        let road = format!("{}{}", &row[5], &row[6]);
        names.add(Road, &row[5]);
        let mut parts = vec![(Group, row[4].to_owned()), (Road, road)];
        // a lane by name (南英巷) is a road of its own, and the 弄 in it is its lane
        let is_numbered = search_key(&row[7]).as_str().starts_with(|sign: char| sign.is_ascii_digit());
        let (lane, alley) = if is_numbered { (Lane, SubLane) } else { (Road, Lane) };
        parts.extend([(lane, row[7].to_owned()), (alley, row[8].to_owned())]);
        parts.push((Number, row[11].to_owned()));
        parts.retain(|(_, text)| !text.is_empty());
        if row[9].is_empty() && row[10].is_empty() && !row[11].is_empty() {
            plates.push((address, parts));
        }
    }
    Some((plates, names))
}

fn rightly_read(plates: &[Plate], names: &dyn Names) -> f64 {
    let key = |parts: Vec<(ElementKind, String)>| -> Vec<(ElementKind, String)> {
        parts.into_iter().map(|(kind, text)| (kind, search_key(&text).into_string())).collect()
    };
    let sample: Vec<&Plate> = plates.iter().step_by(13).collect();
    let is_right = |(address, parts): &&&Plate| {
        let reading = readings(address, names, 1).remove(0);
        let below = reading.elements.iter().filter(|element| element.kind > ElementKind::Community);
        let read: Vec<_> = below.map(|element| (element.kind, address[element.span.clone()].to_owned())).collect();
        key(read) == key(parts.clone())
    };
    sample.iter().filter(is_right).count() as f64 / sample.len() as f64
}

#[test]
fn plates_of_yilan_are_read_as_their_columns_say() {
    let Some((plates, names)) = plates() else { return };
    assert!(plates.len() > 156_000);
    let (known, patterns) = (rightly_read(&plates, &names), rightly_read(&plates, &NoNames));
    eprintln!("every part right: {known:.4} with the names of the register, {patterns:.4} by patterns alone");
    assert!(known >= 0.995 && patterns >= 0.97, "{known} {patterns}");
}
