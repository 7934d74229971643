//! Addresses of registers as they are, and queries of people: the parts that the source gives in columns, found in the whole
//! text. Reads the shared data folder, as `corpus` does.

use super::super::*;
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
    let sample: Vec<&Plate> = plates.iter().step_by(61).collect();
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

#[test]
fn addresses_of_cambridge_are_read_in_every_order() {
    let Some(text) = super::corpus::file("cambridge-ma/addresses/Master_Address_Database_with_MapLot_and_BldgID.2021-06-14.csv.gz") else {
        return;
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert!(rows.len() > 24_000);
    let key = |text: &str| search_key(text).into_string();
    for form in ["{}", "{}, Cambridge, MA 02139", "{} Apt 3", "Flat 3, 12/F, {}", "street first"] {
        let is_right = |row: &csv::StringRecord| {
            let number = format!("{}{}", &row[1], &row[2]);
            let street = row[6].strip_prefix(&*number)?.strip_prefix(' ')?;
            let text = if form == "street first" { format!("{street} {number}") } else { form.replace("{}", &row[6]) };
            let reading = readings(&text, &NoNames, 1).remove(0);
            let part = |kind| reading.first(kind).map(|part| key(&part.value)).unwrap_or_default();
            let right = part(ElementKind::Number) == key(&number) && part(ElementKind::Road) == key(street);
            Some(right)
        };
        let all: Vec<bool> = rows.iter().filter_map(is_right).collect();
        let right = all.iter().filter(|right| **right).count() as f64 / all.len() as f64;
        eprintln!("{form}: number and street right in {right:.4} of {}", all.len());
        assert!(right >= 0.998, "{form}: {right}");
    }
}

/// Queries of people in Germany, Italy, the Netherlands and Poland. Only those count whose street is written as in the
/// expected answer; the register that knows their towns is made of the expected answers.
#[test]
fn queries_of_people_in_europe_have_their_street_and_number_found() {
    let (mut right, mut all) = (0, 0);
    for name in
        ["germany/test_from_user_input", "germany/hannover/test_housenumbers", "italy/test_from_user_input", "netherlands/test_addresses"]
    {
        let Some(text) = super::corpus::plain_file(&format!("geocoder-queries/{name}.csv")) else { return };
        let delimiter = if text.lines().next().unwrap().contains(';') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let columns = reader.headers().unwrap().clone();
        let column = |name: &str| columns.iter().position(|column| column == name);
        for row in reader.records().map(|row| row.unwrap()) {
            let cell = |name: &str| column(name).and_then(|place| row.get(place)).unwrap_or("").trim();
            let key = |text: &str| search_key(text).into_string();
            let (query, street, number) = (key(cell("query")), key(cell("expected_street")), key(cell("expected_housenumber")));
            let written = !street.is_empty() && query.contains(&street) && (number.is_empty() || query.contains(&format!(" {number}")));
            if !written {
                continue;
            }
            let mut names = Lexicon::new();
            names.add(ElementKind::Town, cell("expected_city"));
            let reading = readings(cell("query"), &names, 1).remove(0);
            let part = |kind| reading.first(kind).map(|part| key(&part.value)).unwrap_or_default();
            let found = part(ElementKind::Road) == street && (number.is_empty() || part(ElementKind::Number) == number);
            (right, all) = (right + usize::from(found), all + 1);
        }
    }
    eprintln!("street and number right in {right} of {all}");
    assert!(all > 90 && right as f64 >= 0.93 * all as f64, "{right} of {all}");
}
