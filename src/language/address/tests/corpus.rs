//! The labelled address corpus (Neural Chinese Address Parsing, 2019): how many of its elements the grammar finds to the
//! sign. Reads the shared data folder (`YUTU_REAL_DATA`, else ../shared/data); says loudly when there is none.
//!
//! Which labels are mapped: prov, city, district, devZone, town, community, road and subRoad, roadno and subroadno,
//! houseno, cellno, floorno, roomno; poi together with a subpoi that follows it. Not mapped: person, assist, redundant,
//! otherinfo, country. A part that the corpus calls redundant because it is said twice counts as found too much.
//!
//! The corpus cuts by other rules than the grammar, so [`predicted`] translates: a lane is a roadno and the 号 behind it a
//! houseno, 9组 is a road, a zone of an estate belongs to it.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::ops::Range;
use std::path::PathBuf;

use super::super::*;

fn path(name: &str) -> Option<PathBuf> {
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

pub(super) fn plain_file(name: &str) -> Option<String> {
    Some(std::fs::read_to_string(path(name)?).unwrap())
}

/// A gzip file.
pub(super) fn file(name: &str) -> Option<String> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path(name)?).unwrap()).read_to_string(&mut text).unwrap();
    Some(text)
}

type Spans = Vec<(&'static str, Range<usize>)>;

/// A text with the spans of its labels as they are in the corpus.
type Labelled = (String, Vec<(String, Range<usize>)>);

/// Wanted, found, and found rightly, by label.
type Counts = BTreeMap<&'static str, [usize; 3]>;

fn labelled(text: &str) -> Vec<Labelled> {
    let mut all = Vec::new();
    for block in text.split("\n\n") {
        let (mut address, mut spans): (String, Vec<(String, Range<usize>)>) = Default::default();
        for line in block.lines() {
            let Some((token, label)) = line.rsplit_once(' ') else { continue };
            let start = address.len();
            address.push_str(token);
            match label.split_once('-') {
                Some(("I", label)) if spans.last().is_some_and(|last| last.0 == label.to_lowercase() && last.1.end == start) => {
                    spans.last_mut().unwrap().1.end = address.len();
                }
                Some((_, label)) => spans.push((label.to_lowercase(), start..address.len())),
                None => {}
            }
        }
        if !address.is_empty() {
            all.push((address, spans));
        }
    }
    all
}

fn wanted(spans: &[(String, Range<usize>)]) -> Spans {
    let mut wanted: Spans = Vec::new();
    for (label, span) in spans {
        let kind = match label.as_str() {
            "prov" => "prov",
            "city" => "city",
            "district" => "district",
            "devzone" => "devzone",
            "town" => "town",
            "community" => "community",
            "road" | "subroad" => "road",
            "roadno" | "subroadno" => "roadno",
            "houseno" => "houseno",
            "cellno" => "cellno",
            "floorno" => "floorno",
            "roomno" => "roomno",
            "poi" | "subpoi" => "poi",
            _ => continue,
        };
        match wanted.last_mut() {
            Some(last) if label == "subpoi" && last.0 == "poi" && last.1.end == span.start => last.1.end = span.end,
            _ => wanted.push((kind, span.clone())),
        }
    }
    wanted
}

fn predicted(reading: &Reading) -> Spans {
    use ElementKind::*;
    let mut found: Spans = Vec::new();
    let mut before: Option<&Element> = None;
    for element in &reading.elements {
        let joins = |before: Option<&Element>, kinds: &[ElementKind]| {
            before.is_some_and(|before| kinds.contains(&before.kind) && before.span.end == element.span.start)
        };
        let kind = match element.kind {
            Province => "prov",
            City => "city",
            County => "district",
            DevelopmentZone => "devzone",
            Town => "town",
            Community => "community",
            Group | Road => "road",
            Lane | SubLane => "roadno",
            Number if joins(before, &[Lane, SubLane]) => "houseno",
            Number => "roadno",
            Estate | Block => "poi",
            Building => "houseno",
            Unit => "cellno",
            Floor => "floorno",
            Room => "roomno",
            Country | Occupant | Postcode | Hint | Other => "",
        };
        let joined = joins(before, &[Estate, Block]) && kind == "poi";
        match found.last_mut() {
            Some(last) if joined => *last = (kind, last.1.start..element.span.end),
            _ if kind.is_empty() => {}
            _ => found.push((kind, element.span.clone())),
        }
        before = Some(element);
    }
    found
}

/// The register that stands in for that of a city: the divisions of China down to towns and the communities of Zhejiang
/// by today's code table and, when asked for, the names that the train split labels as district (many are abolished
/// today), town, community, zone, road or poi. No address of the dev split is in it, nor any of the train split that is
/// in the dev split as well.
fn lexicon(with_train: bool) -> Option<Lexicon> {
    use ElementKind::*;
    let mut names = Lexicon::new();
    for (kind, path) in [
        (Province, "cn-divisions/codes/provinces.csv.gz"),
        (City, "cn-divisions/codes/cities.csv.gz"),
        (County, "cn-divisions/codes/areas.csv.gz"),
        (Town, "cn-divisions/codes/streets.csv.gz"),
        (Community, "cn-divisions/codes/villages.csv.gz"),
    ] {
        for row in csv::Reader::from_reader(file(path)?.as_bytes()).records() {
            let row = row.unwrap();
            let is_placeholder = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"].contains(&&row[1]);
            if is_placeholder || kind == Community && &row[3] != "33" {
                continue;
            }
            let is_city = kind == Province && row[1].ends_with('市');
            names.add(if is_city { City } else { kind }, &row[1]);
        }
    }
    if !with_train {
        return Some(names);
    }
    let dev: HashSet<String> = labelled(&file("cn-address-parsing/dev.txt.gz")?).into_iter().map(|(address, _)| address).collect();
    for (address, spans) in labelled(&file("cn-address-parsing/train.txt.gz")?) {
        if dev.contains(&address) {
            continue;
        }
        for (label, span) in spans {
            let kind = match label.as_str() {
                "road" | "subroad" => Road,
                "poi" => Estate,
                "community" => Community,
                "district" => County,
                "devzone" => DevelopmentZone,
                "town" => Town,
                _ => continue,
            };
            names.add(kind, &address[span]);
        }
    }
    Some(names)
}

/// Elements by label, and how many addresses are right in all.
fn counted(addresses: &[Labelled], names: &Lexicon) -> (Counts, usize) {
    let (mut counts, mut whole): (Counts, usize) = Default::default();
    for (address, spans) in addresses {
        let wanted: HashSet<_> = wanted(spans).into_iter().collect();
        let found: HashSet<_> = readings(address, names, 1).first().map(predicted).unwrap_or_default().into_iter().collect();
        wanted.iter().for_each(|span| counts.entry(span.0).or_default()[0] += 1);
        found.iter().for_each(|span| counts.entry(span.0).or_default()[1] += 1);
        wanted.intersection(&found).for_each(|span| counts.entry(span.0).or_default()[2] += 1);
        whole += usize::from(wanted == found);
    }
    (counts, whole)
}

fn recall_and_precision(counts: &Counts, takes: impl Fn(&str) -> bool) -> (f64, f64) {
    let taken = counts.iter().filter(|(label, _)| takes(label)).map(|(_, counts)| counts);
    let [wanted, found, rightly] = taken.fold([0; 3], |sum, counts| std::array::from_fn(|place| sum[place] + counts[place]));
    (rightly as f64 / wanted as f64, rightly as f64 / found as f64)
}

#[test]
fn labelled_addresses_are_read_as_people_read_them() {
    let Some(dev) = file("cn-address-parsing/dev.txt.gz") else { return };
    let dev = labelled(&dev);
    assert_eq!(dev.len(), 2985);
    // floors of recall and precision: with poi, and without
    for (names, with_train, floors, floors_without_poi) in [
        ("divisions only", false, (0.84, 0.84), (0.875, 0.865)),
        ("divisions and the names of the train split", true, (0.87, 0.85), (0.90, 0.87)),
    ] {
        let Some(lexicon) = lexicon(with_train) else { return };
        let (counts, whole) = counted(&dev, &lexicon);
        eprintln!("{names}:");
        for (label, [wanted, found, rightly]) in &counts {
            let (recall, precision) = (*rightly as f64 / *wanted as f64, *rightly as f64 / *found as f64);
            eprintln!("  {label:10} wanted {wanted:5} found {found:5} recall {recall:.3} precision {precision:.3}");
        }
        let all = recall_and_precision(&counts, |_| true);
        let without_poi = recall_and_precision(&counts, |label| label != "poi");
        eprintln!(
            "  all: recall {:.4} precision {:.4}; without poi: recall {:.4} precision {:.4}",
            all.0, all.1, without_poi.0, without_poi.1
        );
        eprintln!("  addresses with every element right and none too much: {:.3}", whole as f64 / dev.len() as f64);
        assert!(all.0 >= floors.0 && all.1 >= floors.1, "{names}: {all:?}");
        assert!(without_poi.0 >= floors_without_poi.0 && without_poi.1 >= floors_without_poi.1, "{names}: {without_poi:?}");
    }
}
