//! The index against a loop over all entries, and small cases of what people type.

use std::cmp::Ordering;
use std::sync::Arc;

use proptest::prelude::*;

use super::forms::{self, Form};
use super::score::{distance_m, layer_order};
use super::*;
use crate::domain::{Extent, FeatureId, Layer, Name, NameKind};
use crate::language::address::ElementKind;
use crate::language::{is_unspaced, search_key};

fn id(number: u32) -> FeatureId {
    let mut bytes = [0; 10];
    bytes[6..].copy_from_slice(&number.to_be_bytes());
    FeatureId::from_bytes(bytes)
}

fn named(number: u32, layer: Layer, name: &str) -> Entry {
    Entry { name: Some(name.into()), position: Some([121.7, 24.7]), ..Entry::new(layer, id(number)) }
}

fn plate(number: u32, address: &str, road: &str, door: &str) -> Entry {
    let mut entry = Entry::new(Layer::DoorPlates, id(number));
    entry.address = Some(address.into());
    entry.road = Some(road.into());
    entry.number = Some(door.into());
    entry.position = Some([121.7, 24.7]);
    entry
}

fn ask(text: &str) -> Query {
    Query { text: text.to_owned(), ..Query::default() }
}

fn labels(index: &Index, text: &str) -> Vec<String> {
    index.search(&ask(text)).hits.into_iter().map(|hit| hit.place.label).collect()
}

fn first(index: &Index, text: &str) -> (FeatureId, Match) {
    let hit = index.search(&ask(text)).hits.remove(0);
    (hit.place.id, hit.matched)
}

fn yilan() -> Index {
    let address = |town: &str, number: &str| format!("宜蘭縣{town}3鄰中正路一段{number}");
    let plates = [("羅東鎮南豪里", "2號"), ("羅東鎮南豪里", "12號"), ("羅東鎮南豪里", "2之2號"), ("宜蘭市南門里", "12號8樓之3")];
    let mut entries: Vec<Entry> =
        (0..).zip(plates).map(|(place, (town, number))| plate(place, &address(town, number), "中正路1段", number)).collect();
    entries.push(named(10, Layer::Roads, "中正路"));
    entries.push(named(11, Layer::PlaceNames, "羅東車站"));
    Index::build(entries)
}

#[test]
fn a_plate_is_found_by_every_way_of_writing_its_address() {
    let index = yilan();
    for text in [
        "宜蘭縣羅東鎮南豪里3鄰中正路一段12號",
        "宜兰县羅東鎮南豪里 3鄰 中正路1段１２号".replace('兰', "蘭").as_str(),
        "羅東鎮南豪里3鄰中正路一段12號",
        "羅東鎮中正路1段12號",
        "宜蘭縣羅東鎮中正路一段12號",
        "3鄰中正路一段12號",
        "中正路一段12號",
    ] {
        let (found, matched) = first(&index, text);
        assert_eq!((found, matched.kind), (id(1), Kind::Exact), "{text}");
    }
    assert_eq!(first(&index, "中正路1段2-2號"), (id(2), Match { kind: Kind::Exact, part: Part::StreetAddress }));
    assert_eq!(first(&index, "中正路一段12號8樓之3").0, id(3));
}

#[test]
fn a_number_is_not_found_in_the_middle_of_another() {
    let index = yilan();
    let answer = index.search(&ask("段2號"));
    assert_eq!(answer.hits.iter().map(|hit| hit.place.id).collect::<Vec<_>>(), [id(0)]);
    assert!(index.search(&ask("2號")).hits.iter().all(|hit| hit.place.id != id(1)));
}

#[test]
fn what_is_being_typed_is_found_from_the_first_sign_on() {
    let index = yilan();
    for text in ["羅", "中", "中正", "中正路一", "中正路一段1", "z", "zhongz"] {
        let answer = index.search(&Query { unfinished: true, ..ask(text) });
        assert!(!answer.hits.is_empty(), "{text}");
    }
    assert_eq!(labels(&index, "luodong"), ["羅東車站"]);
    assert_eq!(labels(&index, "ldcz"), ["羅東車站"]);
    assert_eq!(labels(&index, "luo dong"), ["羅東車站"]);
}

#[test]
fn exact_comes_before_prefix_before_substring_and_layers_have_their_order() {
    let index = Index::build(vec![
        named(1, Layer::PlaceNames, "小中山公園"),
        named(2, Layer::PlaceNames, "中山公園"),
        named(3, Layer::PlaceNames, "中山"),
        named(4, Layer::Roads, "中山路"),
    ]);
    assert_eq!(labels(&index, "中山"), ["中山", "中山路", "中山公園", "小中山公園"]);
}

#[test]
fn a_western_plate_is_found_with_the_number_first_or_last() {
    let index = Index::build(vec![
        plate(1, "12 Main St, Cambridge", "Main St", "12"),
        plate(2, "112 Main St, Cambridge", "Main St", "112"),
        plate(3, "Hauptstrasse 12a, 9490 Vaduz", "Hauptstrasse", "12a"),
    ]);
    for text in ["12 Main St", "main st. 12", "12 MAIN ST, CAMBRIDGE", "Main St 12, Cambridge"] {
        assert_eq!((first(&index, text).0, first(&index, text).1.kind), (id(1), Kind::Exact), "{text}");
    }
    assert_eq!(first(&index, "Haupt").0, id(3));
    assert_eq!(first(&index, "12a Hauptstraße"), (id(3), Match { kind: Kind::Exact, part: Part::StreetAddress }));
    assert_eq!(first(&index, "12a Hauptstrasse, 9490 Vaduz"), (id(3), Match { kind: Kind::Exact, part: Part::Address }));
    assert_eq!(first(&index, "12A 9490 Vaduz"), (id(3), Match { kind: Kind::Substring, part: Part::Address }));
    assert!(index.search(&ask("2 Main St")).hits.iter().all(|hit| hit.matched.kind >= Kind::Typo));
}

#[test]
fn what_is_there_as_written_is_answered_at_once_and_the_rest_is_left_to_the_whole_search() {
    let index = yilan();
    let one = |text: &str| Query { limit: 1, reasons: true, ..ask(text) };
    for text in ["羅東鎮中正路一段12號", "中正路1段2-2號", "羅東車站", "宜蘭縣羅東鎮南豪里3鄰中正路一段12號"]
    {
        let easy = index.search_if_easy(&one(text));
        assert_eq!(easy, Some(index.search(&one(text))), "{text}");
    }
    for text in ["羅東鎮中正露一段12號", "中正路一段14號", "nowhere", &"路".repeat(100)] {
        assert_eq!(index.search_if_easy(&one(text)), None, "{text}");
    }
    let in_town = Query { division: Some("羅東鎮".to_owned()), ..one("羅東車站") };
    assert_eq!(index.search_if_easy(&in_town), None, "a division has all groups looked through");
    assert_eq!(index.search_if_easy(&Query { limit: 1000, ..one("羅東車站") }), None);
}

#[test]
fn a_search_that_would_take_long_is_not_easy() {
    let many = (0..30_000).map(|number| named(number, Layer::PlaceNames, &format!("公園{number}")));
    let index = Index::build(many.collect());
    let query = |text: &str| Query { limit: 10, bias: Some([121.0, 24.0]), unfinished: true, ..ask(text) };
    assert_eq!(index.search_if_easy(&query("公園")), None);
    assert!(index.search(&query("公園")).hits.len() == 10);
    assert!(index.search_if_easy(&query("公園29999")).is_some());
}

#[test]
fn old_and_english_names_say_what_they_are() {
    let mut entry = named(1, Layer::Roads, "中正路");
    let name = |text: &str, lang: &str, kind| Name { text: text.to_owned(), lang: lang.to_owned(), kind };
    entry.names = vec![name("Zhongzheng Road", "en", NameKind::Official), name("大馬路", "zh", NameKind::Former)];
    entry.division = Some(Arc::new(Division { code: "1000202".into(), name: "羅東鎮".into() }));
    let index = Index::build(vec![entry]);
    let hit = index.search(&ask("大馬路")).hits.remove(0);
    assert_eq!((hit.matched.part, hit.place.label.as_str()), (Part::FormerName, "中正路 (Zhongzheng Road), 羅東鎮"));
    assert_eq!(note(&hit).unwrap()[0], "「大馬路」是曾用名，现名「中正路」。");
    let hit = index.search(&Query { lang: "en".to_owned(), ..ask("zhongzheng road") }).hits.remove(0);
    assert_eq!((hit.matched.part, hit.place.label.as_str()), (Part::OtherName, "Zhongzheng Road (中正路), 羅東鎮"));
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn was(name: &str, since: Option<&str>) -> Earlier {
    Earlier { said: Said::Name { text: name.into(), lang: "".into() }, since: since.map(day) }
}

fn with_past(entry: Entry, earlier: Vec<Earlier>) -> Entry {
    Entry { past: Some(Box::new(Past { earlier, ended: None })), ..entry }
}

#[test]
fn an_earlier_name_finds_the_place_as_it_is_called_now_behind_those_called_so_today() {
    let renamed =
        with_past(named(1, Layer::Roads, "文四路"), vec![was("文三路", Some("2026-11-22")), was("老街", None), was("文四路", None)]);
    let index = Index::build(vec![named(2, Layer::PlaceNames, "文三路"), renamed.clone()]);
    let query = Query { reasons: true, ..ask("文三路") };
    let hits = index.search(&query).hits;
    assert_eq!(hits.iter().map(|hit| (hit.place.id, hit.matched.kind)).collect::<Vec<_>>(), [(id(2), Kind::Exact), (id(1), Kind::Exact)]);
    assert_eq!((hits[0].former.as_ref(), note(&hits[0])), (None, None));
    assert_eq!((hits[1].place.name.as_deref(), hits[1].matched.part), (Some("文四路"), Part::FormerName));
    assert_eq!(hits[1].former, Some(Former { name: "文三路".to_owned(), since: Some(day("2026-11-22")) }));
    let part = &hits[1].parts[0];
    assert_eq!((part.how, part.asked.as_deref(), part.found.as_deref()), (How::Former, Some("文三路"), Some("文四路")));
    let [zh, en] = note(&hits[1]).unwrap();
    assert_eq!(zh, "「文三路」是曾用名，现名「文四路」，自2026-11-22起。");
    assert_eq!(en, "\u{201C}文三路\u{201D} is a former name; now called 文四路 since 2026-11-22.");
    assert_eq!(index.resolve(&query).certainty, Some(Certainty::A), "the one that is called so");
    assert_eq!(index.resolve(&Query { layers: vec![Layer::Roads], ..query }).certainty, Some(Certainty::B));
    // one feature is one hit, by the better of its names
    assert_eq!(
        index.search(&ask("文")).hits.iter().map(|hit| (hit.place.id, hit.former.is_some())).collect::<Vec<_>>(),
        [(id(1), false), (id(2), false)]
    );
    assert_eq!((first(&index, "laojie").0, first(&index, "文四路").1.part), (id(1), Part::Name));
    // what is kept is given back, less what was not news
    assert_eq!(index.len(), 2);
    let kept = index.get(&id(1)).unwrap().past.unwrap().earlier;
    assert_eq!(kept, vec![was("文三路", Some("2026-11-22")), was("老街", None)]);
    let changed = index.with_changes(&[], vec![named(1, Layer::Roads, "文五路")]);
    assert_eq!((changed.len(), labels(&changed, "老街")), (2, vec![]));
    assert_eq!(labels(&index.with_changes(&[id(2)], Vec::new()).merged(), "文三路"), ["文四路"]);
}

#[test]
fn an_earlier_name_that_is_still_the_english_one_is_labelled_too() {
    let mut road = with_past(named(1, Layer::Roads, "Renamed Street"), vec![was("Main Street", Some("2026-11-22"))]);
    road.names = vec![Name { text: "Main Street".to_owned(), lang: "en".to_owned(), kind: NameKind::Official }];
    let found = Index::build(vec![road]).resolve(&ask("main street"));
    let hit = found.hit.unwrap();
    assert_eq!((hit.matched, found.certainty), (Match { kind: Kind::Exact, part: Part::FormerName }, Some(Certainty::B)));
    assert!(note(&hit).unwrap()[1].ends_with("now called Renamed Street since 2026-11-22."));
}

#[test]
fn a_road_that_was_split_by_name_is_found_in_all_its_parts() {
    let piece = |number: u32, now: &str| with_past(named(number, Layer::Roads, now), vec![was("长街", Some("2020-05-01"))]);
    let index = Index::build(vec![piece(1, "东街"), piece(2, "东街"), piece(3, "西街")]);
    let hits = index.search(&ask("长街")).hits;
    assert_eq!(hits.iter().map(|hit| (hit.place.id, hit.features)).collect::<Vec<_>>(), [(id(1), 2), (id(3), 1)]);
    assert_eq!(index.resolve(&ask("长街")).certainty, Some(Certainty::C));
    let changed = index.with_changes(&[id(2)], vec![piece(2, "东街"), piece(4, "西街")]);
    let hits = changed.search(&ask("长街")).hits;
    assert_eq!(hits.iter().map(|hit| (hit.place.id, hit.features)).collect::<Vec<_>>(), [(id(1), 2), (id(3), 2)]);
}

#[test]
fn an_earlier_address_finds_the_plate_and_says_which_part_was_another() {
    let old = |number: &str| {
        let address = Said::Address {
            address: Some(format!("羅東鎮舊路{number}").into()),
            road: Some("舊路".into()),
            lane: None,
            number: Some(number.into()),
        };
        Earlier { said: address, since: Some(day("2026-11-22")) }
    };
    let now = |id: u32, number: &str| with_past(plate(id, &format!("羅東鎮新路{number}"), "新路", number), vec![old(number)]);
    let index = Index::build(vec![now(1, "12號"), now(2, "14號"), plate(3, "羅東鎮新路16號", "新路", "16號")]);
    for text in ["羅東鎮舊路12號", "舊路12號", "舊路十二號羅東鎮"] {
        let found = index.resolve(&ask(text));
        let hit = found.hit.unwrap();
        assert_eq!((hit.place.id, hit.matched.part), (id(1), Part::FormerName), "{text}");
        assert_eq!(hit.place.address.as_deref(), Some("羅東鎮新路12號"));
        let road = hit.parts.iter().find(|part| part.part == ElementKind::Road).unwrap();
        assert_eq!((road.how, road.asked.as_deref(), road.found.as_deref()), (How::Former, Some("旧路"), Some("新路")), "{text}");
        let number = hit.parts.iter().find(|part| part.part == ElementKind::Number).unwrap();
        assert_eq!(number.how, How::Exact, "{text} {:?}", hit.parts);
        assert_ne!(found.certainty, Some(Certainty::A), "{text}");
    }
    assert_eq!(index.resolve(&ask("羅東鎮舊路12號")).certainty, Some(Certainty::B));
    assert_eq!(index.resolve(&ask("羅東鎮新路12號")).certainty, Some(Certainty::A));
    assert_eq!(index.get(&id(2)).unwrap().past.unwrap().earlier, [old("14號")]);
}

#[test]
fn a_number_on_the_old_name_of_a_road_is_found_on_the_road_as_it_is_called_now() {
    let road = with_past(named(10, Layer::Roads, "新路"), vec![was("舊路", Some("2026-11-22"))]);
    let index = Index::build(vec![plate(1, "羅東鎮新路12號", "新路", "12號"), plate(2, "羅東鎮新路14號", "新路", "14號"), road]);
    for text in ["羅東鎮舊路12號", "舊路12號"] {
        let found = index.resolve(&ask(text));
        let hit = found.hit.unwrap();
        assert_eq!((hit.place.id, hit.matched), (id(1), Match { kind: Kind::Rearranged, part: Part::FormerName }), "{text}");
        assert_eq!(hit.former.as_ref().map(|former| former.name.as_str()), Some("舊路"));
        let road = hit.parts.iter().find(|part| part.part == ElementKind::Road).unwrap();
        assert_eq!((road.how, road.asked.as_deref(), road.found.as_deref()), (How::Former, Some("旧路"), Some("新路")), "{:?}", hit.parts);
        assert_ne!(found.certainty, Some(Certainty::A));
    }
    assert_eq!(first(&index, "舊路99號").1.kind, Kind::Street);
    let hit = index.search(&Query { reasons: true, ..ask("新路99號") }).hits.remove(0);
    let missing = hit.parts.iter().find(|part| part.how == How::Extra).unwrap();
    assert_eq!((missing.part, missing.asked.as_deref()), (ElementKind::Number, Some("99号")), "a door, not a room");
}

#[test]
fn of_several_entries_with_one_id_the_last_counts_and_nothing_is_left_of_the_others() {
    let line = |from: u32| Some(Arc::new(Line { points: vec![[121.7, 24.7], [121.8, 24.7]], left: Some([from, from + 10]), right: None }));
    let great = Entry { rank: 0, line: line(1), ..with_past(named(1, Layer::Roads, "文三路"), vec![was("旧路", Some("2026-11-22"))]) };
    let small =
        Entry { rank: 4, line: line(100), ..with_past(named(1, Layer::Roads, "文三路"), vec![was("老路", Some("2026-11-22"))]) };
    let other = Entry { rank: 5, line: None, ..named(2, Layer::Roads, "文三路") };
    let (door, moved) = (plate(3, "羅東鎮新路7號", "新路", "7號"), plate(3, "羅東鎮新路12345號", "新路", "12345號"));
    let part = |entries: &[&Entry]| {
        let mut part = Gathering::default();
        entries.iter().for_each(|entry| part.add(entry));
        part
    };
    let index = Index::of(vec![part(&[&great, &door]), part(&[&other, &great, &small, &moved])]);
    assert_eq!(index.len(), 3);
    assert_eq!(
        (index.get(&id(1)), index.get(&id(2)), index.get(&id(3))),
        (Some(Entry { rank: 4, ..small.clone() }), Some(Entry { rank: 4, ..other.clone() }), Some(moved.clone()))
    );
    assert!(labels(&index, "旧路").is_empty() && labels(&index, "羅東鎮新路7號").iter().all(|label| label == "羅東鎮新路12345號"));
    let plainly = Index::build(vec![other, small, moved]);
    for text in ["文三路", "老路", "新路", "7號", "文三路105號"] {
        assert_eq!(index.search(&ask(text)), plainly.search(&ask(text)), "{text}");
    }
}

#[test]
fn what_is_no_more_is_found_as_cancelled_unless_another_bears_its_name() {
    let gone = |number: u32, name: &str| {
        let past = Past { earlier: vec![was("旧桥", Some("2010-01-01"))], ended: Some(day("2025-01-01")) };
        Entry { past: Some(Box::new(past)), ..named(number, Layer::PlaceNames, name) }
    };
    let index = Index::build(vec![gone(1, "新桥"), gone(2, "大桥"), named(3, Layer::PlaceNames, "大桥")]);
    let found = index.resolve(&ask("新桥"));
    let hit = found.hit.unwrap();
    assert_eq!((hit.place.status.as_deref(), hit.place.cancelled_on), (Some("cancelled"), Some(day("2025-01-01"))));
    assert_eq!((found.certainty, hit.matched.part), (Some(Certainty::B), Part::Name));
    assert_eq!(note(&hit).unwrap(), ["已注销，自2025-01-01起。", "Cancelled since 2025-01-01."]);
    assert_eq!(index.search(&ask("大桥")).hits.iter().map(|hit| hit.place.id).collect::<Vec<_>>(), [id(3)]);
    let hit = index.search(&ask("旧桥")).hits.remove(0);
    assert_eq!((hit.place.id, hit.former.is_some(), hit.place.status.as_deref()), (id(1), true, Some("cancelled")));
    assert_eq!(index.get(&id(1)), Some(gone(1, "新桥")));
    assert_eq!(index.ids(Layer::PlaceNames), [id(1), id(2), id(3)]);
}

#[test]
fn pieces_of_one_road_are_one_hit_and_the_nearest_stands_for_them() {
    let mut far = named(1, Layer::Roads, "Main St");
    far.position = Some([0.0, 0.0]);
    let index = Index::build(vec![far, named(2, Layer::Roads, "Main St"), named(3, Layer::Roads, "Main St West")]);
    let answer = index.search(&Query { bias: Some([121.0, 24.0]), ..ask("main st") });
    assert_eq!(answer.hits.iter().map(|hit| (hit.place.id, hit.features)).collect::<Vec<_>>(), [(id(2), 2), (id(3), 1)]);
    let changed = index.with_changes(&[id(2)], vec![named(4, Layer::Roads, "Main St")]);
    let hits = changed.search(&ask("main st")).hits;
    assert_eq!(hits.iter().map(|hit| (hit.place.id, hit.features)).collect::<Vec<_>>(), [(id(1), 2), (id(3), 1)]);
}

#[test]
fn filters_keep_what_was_asked_for() {
    let mut here = plate(1, "甲市中正路1號", "中正路", "1號");
    here.division = Some(Arc::new(Division { code: "330106".into(), name: "西湖區".into() }));
    let mut there = plate(2, "乙市中正路1號", "中正路", "1號");
    there.position = Some([10.0, 10.0]);
    there.division = Some(Arc::new(Division { code: "330206".into(), name: "北仑区".into() }));
    let mut nowhere = plate(3, "丙市中正路1號", "中正路", "1號");
    nowhere.position = None;
    let index = Index::build(vec![here, there, nowhere, named(4, Layer::Roads, "中正路")]);
    let ids = |query: Query| index.search(&query).hits.iter().map(|hit| hit.place.id).collect::<Vec<_>>();
    let text = "中正路";
    assert_eq!(ids(Query { division: Some("330100".into()), ..ask(text) }), [id(1)]);
    assert_eq!(ids(Query { division: Some("西湖区".into()), ..ask(text) }), [id(1)]);
    assert_eq!(ids(Query { division: Some("99".into()), ..ask(text) }), []);
    assert_eq!(ids(Query { bbox: Some(Extent::new([9.0, 9.0], [11.0, 11.0])), ..ask(text) }), [id(2)]);
    assert_eq!(ids(Query { layers: vec![Layer::Roads], ..ask(text) }), [id(4)]);
    assert_eq!(ids(Query { limit: 2, ..ask(text) }), [id(4), id(3)]);
    assert_eq!(ids(Query { limit: 0, ..ask(text) }), []);
    assert_eq!(ids(Query { bias: Some([10.0, 10.1]), ..ask("中正路1號") }), [id(2), id(1), id(3)]);
}

#[test]
fn what_is_not_quite_as_written_is_found_and_says_how() {
    let index = yilan();
    for (text, kind) in [
        ("羅東鎮南豪里3鄰中証路一段12號", Kind::Sound),
        ("羅東鎮南豪里3鄰zhong zheng lu一段12號", Kind::Sound),
        ("luodongzhennanhaoli3lin中正路一段12號", Kind::Sound),
        ("螺東鎮南毫里3鄰中証路一段12號", Kind::Sound),
        ("羅東鎮南豪里3鄰中山路一段12號", Kind::Typo),
        ("羅東鎮南豪里3鄰中正一段12號", Kind::Typo),
        ("羅東鎮南豪里3鄰中正路一12號", Kind::Typo),
        ("羅東鎮南豪里3中正路一段12號", Kind::Typo),
        ("羅東鎮豪南里3鄰中正路一段12號", Kind::Typo),
        ("羅東鎮南豪里3鄰中正路一段12呺", Kind::Typo),
        ("羅東鎮南豪里4鄰中正路一段12號", Kind::Typo),
        ("羅東鎮南豪里3鄰中正路一段13號", Kind::Typo),
        ("羅東鎮南豪里3鄰中正路一段1200號", Kind::NearestNumber),
    ] {
        let (found, matched) = first(&index, text);
        assert_eq!((found, matched.kind), (id(1), kind), "{text}");
    }
    assert_eq!(first(&index, "羅東車国").1, Match { kind: Kind::Typo, part: Part::Name });
    assert_eq!(first(&index, "羅東車戰").1, Match { kind: Kind::Sound, part: Part::Name });
    assert!(labels(&index, "天地玄黃").is_empty());
    assert!(labels(&index, "羅山").is_empty());
}

#[test]
fn a_western_street_with_an_edit_is_found_with_the_number_on_either_side() {
    let index =
        Index::build(vec![plate(1, "12 Main St, Cambridge", "Main St", "12"), plate(2, "12 Broadway, Cambridge", "Broadway", "12")]);
    for text in ["12 Mian St", "mai st 12", "12 Maine St, Cambridge", "12 nain st cambridge"] {
        assert_eq!((first(&index, text).0, first(&index, text).1.kind), (id(1), Kind::Typo), "{text}");
    }
}

#[test]
fn what_is_there_as_written_is_not_followed_by_guesses() {
    let index = yilan();
    let kinds = |text: &str| index.search(&ask(text)).hits.iter().map(|hit| hit.matched.kind).collect::<Vec<_>>();
    assert_eq!(kinds("羅東鎮中正路1段12號"), [Kind::Exact]);
    let typed = index.search(&Query { unfinished: true, ..ask("羅東鎮中正路1段1") });
    assert!(typed.hits.iter().all(|hit| hit.matched.kind == Kind::Prefix));
}

#[test]
fn a_changed_name_replaces_a_guess() {
    let index = yilan();
    assert_eq!(first(&index, "羅東新站").1.kind, Kind::Typo);
    let changed = index.with_changes(&[], vec![named(11, Layer::PlaceNames, "羅東新站")]);
    assert_eq!(first(&changed, "羅東新站").1.kind, Kind::Exact);
    assert_eq!(first(&changed, "羅東車站"), (id(11), Match { kind: Kind::Typo, part: Part::Name }));
}

#[test]
fn a_search_that_gives_up_says_so() {
    let entries: Vec<Entry> = (0..1000).map(|number| named(number, Layer::PlaceNames, &format!("路{number}"))).collect();
    let columns = super::build::columns(Gathering::of(&entries));
    // every entry begins with it, and the filter leaves none
    let nowhere = Query { bbox: Some(Extent::new([0.0, 0.0], [1.0, 1.0])), ..ask("路") };
    let gave_up = |query: &Query, work_limit| super::find::find(&columns, query, &[], work_limit).1;
    assert!(gave_up(&nowhere, 500));
    assert!(!gave_up(&nowhere, 5000));
    assert!(!gave_up(&ask("路7"), 500));
}

#[test]
fn merging_changes_nothing_but_the_delta() {
    let index = yilan().with_changes(&[id(0), id(77)], vec![named(11, Layer::PlaceNames, "羅東新站"), named(20, Layer::Roads, "新路")]);
    let merged = index.merged();
    assert_eq!((index.len(), merged.len()), (6, 6));
    for text in ["羅東", "中正路", "新", "2號", "車站", "一段"] {
        assert_eq!(index.search(&ask(text)), merged.search(&ask(text)), "{text}");
    }
    assert_eq!(index.get(&id(11)).and_then(|entry| entry.name).as_deref(), Some("羅東新站"));
    assert_eq!(index.get(&id(0)), None);
    assert_eq!(index.get(&id(1)), merged.get(&id(1)));
}

/// A text with the places at which a match in it counts as a beginning.
fn texts(entry: &Entry) -> Vec<(Form, String)> {
    let shares = entry.name.is_none() && entry.names.is_empty() && entry.codes.is_empty();
    let address = forms::address(entry);
    let split = address.as_deref().filter(|_| shares).and_then(|address| forms::split(address, entry.number.as_deref()));
    let (forms, number) = match split {
        Some(split) => {
            let forms = forms::street_forms(split.before, split.after, entry.road.as_deref(), entry.lane.as_deref());
            (forms, search_key(split.number).into_string())
        }
        None => (forms::own_forms(entry), String::new()),
    };
    forms.into_iter().map(|form| (form.clone(), format!("{}{number}{}", form.before, form.after))).collect()
}

/// The best way in which a query meets an entry: kind, length, part.
fn met(entry: &Entry, query: &Query) -> Option<(Kind, usize, Part)> {
    let key = search_key(&query.text);
    let (written, compact) = (key.as_str().to_owned(), key.compact());
    let numeral = key.with_final_numeral_as_digits().map(|key| key.into_string());
    let single = query.unfinished && written.chars().count() == 1 && !written.chars().any(is_unspaced);
    let mut ways = Vec::new();
    for (form, text) in texts(entry) {
        let joined = form.part.is_typed_joined();
        for (wanted, of_joined) in [(Some(&written), false), (Some(&compact), true), (numeral.as_ref(), false)] {
            let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty() && joined == of_joined) else { continue };
            for start in &form.starts {
                let rest = &text[start.offset_bytes..];
                if rest.starts_with(wanted.as_str()) {
                    let kind = if rest == wanted { Kind::Exact } else { Kind::Prefix };
                    ways.push((kind, rest.chars().count(), start.part));
                }
            }
            let splits_a_number = |place: usize| {
                let digit = |sign: Option<char>| sign.is_some_and(|sign| sign.is_ascii_digit());
                form.part.keeps_numbers_whole() && digit(text[..place].chars().next_back()) && digit(text[place..].chars().next())
            };
            let mut places = text.char_indices().map(|(place, _)| place).filter(|place| text[*place..].starts_with(wanted.as_str()));
            if !joined && !single && places.any(|place| !splits_a_number(place)) {
                ways.push((Kind::Substring, text.chars().count(), form.part));
            }
        }
    }
    ways.into_iter().min()
}

type Row = (FeatureId, Match, u32);

/// Kind, earlier or not, layer, rank, length, distance, text, id, part.
type Ordered = (Kind, bool, u8, u8, usize, f64, String, FeatureId, Part);

/// All that the index does, by a loop over all entries.
fn brute_force(entries: &[Entry], query: &Query) -> Vec<Row> {
    // still its name in another language
    let texts = |entry: &Entry| {
        super::earlier::rows(entry)
            .into_iter()
            .map(|row| search_key(row.entry.name.as_deref().or(row.entry.address.as_deref()).unwrap()))
            .collect::<Vec<_>>()
    };
    let was_shown: Vec<FeatureId> =
        entries.iter().filter(|entry| texts(entry).contains(&search_key(&query.text))).map(|entry| entry.id).collect();
    // what it was called before is looked at like another entry
    let before = entries
        .iter()
        .flat_map(|entry| super::earlier::rows(entry).into_iter().map(|row| (row.entry, Some((row.since, entry.name.clone())))));
    let entries: Vec<_> = entries.iter().map(|entry| (entry.clone(), None)).chain(before).collect();
    let place = |(entry, was): &(Entry, Option<_>)| {
        let is_road = entry.layer == Layer::Roads && forms::address(entry).is_none() && entry.name.is_some();
        is_road.then(|| (entry.division.clone(), entry.name.clone(), entry.names.clone(), entry.codes.clone(), was.clone()))
    };
    let mut rows: Vec<Ordered> = Vec::new();
    let mut places = Vec::new();
    for both @ (entry, was) in &entries {
        let in_bbox = query.bbox.is_none_or(|bbox| entry.position.is_some_and(|position| bbox.contains_point(position)));
        let in_layers = query.layers.is_empty() || query.layers.contains(&entry.layer);
        let in_division = query
            .division
            .as_ref()
            .is_none_or(|wanted| entry.division.as_ref().is_some_and(|division| division.code.starts_with(wanted.as_str())));
        let Some((kind, length, part)) = met(entry, query).filter(|_| in_bbox && in_layers && in_division) else { continue };
        let distance = query.bias.map_or(0.0, |bias| entry.position.map_or(f64::INFINITY, |position| distance_m(bias, position)));
        let first = entry.name.as_deref().or(entry.names.first().map(|name| name.text.as_str()));
        let text = first.or(entry.codes.first().map(|code| code.as_ref())).map(str::to_owned);
        let text = text.or(forms::address(entry).map(|address| address.into_owned())).unwrap_or_default();
        let rank = entries.iter().filter(|other| place(other).is_some() && place(other) == place(both)).map(|other| other.0.rank).min();
        let is_both = (kind, part) == (Kind::Exact, Part::OtherName) && was_shown.contains(&entry.id);
        let part = if was.is_some() || is_both { Part::FormerName } else { part };
        rows.push((kind, was.is_some(), layer_order(entry.layer), rank.unwrap_or(entry.rank), length, distance, text, entry.id, part));
        places.push(place(both));
    }
    let compare = |a: &usize, b: &usize| -> Ordering {
        let [a, b] = [&rows[*a], &rows[*b]];
        let order = |row: &Ordered| (row.0, row.1, row.2, row.3, row.4);
        order(a).cmp(&order(b)).then(a.5.total_cmp(&b.5)).then_with(|| (&a.6, a.7).cmp(&(&b.6, b.7)))
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(compare);
    let mut answer: Vec<(usize, u32)> = Vec::new();
    for row in order {
        match answer.iter_mut().find(|(known, _)| places[row].is_some() && places[*known] == places[row]) {
            Some((_, features)) => *features += 1,
            None => answer.push((row, 1)),
        }
    }
    let mut known = std::collections::HashSet::new();
    answer.retain(|(row, _)| known.insert(rows[*row].7));
    answer.truncate(query.limit);
    answer.into_iter().map(|(row, features)| (rows[row].7, Match { kind: rows[row].0, part: rows[row].8 }, features)).collect()
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let position = prop_oneof![Just(None), (0..4u8, 0..4u8).prop_map(|(x, y)| Some([f64::from(x), f64::from(y)]))];
    let division = prop_oneof![Just(None), "3[012]{1,2}".prop_map(Some)];
    let kind = prop_oneof![
        // plates in hanzi
        ("(甲縣)?(乙市|丙鎮)?(丁里)?([1-3]鄰)?", "[中正一]{1,2}路([一1]段)?", "([1-2]巷)?", "[12]{1,2}(之[12])?號([12]樓)?").prop_map(
            |(divisions, road, lane, number)| {
                let mut entry = Entry::new(Layer::DoorPlates, id(0));
                entry.address = Some(format!("{divisions}{road}{lane}{number}").into());
                (entry.road, entry.lane, entry.number) = (Some(road.into()), Some(lane.into()), Some(number.into()));
                entry
            }
        ),
        // Western plates, some with nothing but road and number
        ("[ab]{1,2}( st)?", "[12]{1,2}[a-b]?", "(, [ab1]{1,2})?", 0..4u8).prop_map(|(road, number, town, form)| {
            let mut entry = Entry::new(Layer::DoorPlates, id(0));
            entry.address = match form {
                0 => Some(format!("{number} {road}{town}").into()),
                1 => Some(format!("{road} {number}{town}").into()),
                2 => Some(format!("{road}{number}{town}").into()),
                _ => None,
            };
            (entry.road, entry.number) = (Some(road.into()), Some(number.into()));
            entry
        }),
        // names
        ("[中正ab1 ]{0,4}", prop::collection::vec("[中山ab 1]{1,4}", 0..2), prop::collection::vec("[A1-]{1,3}", 0..2), 0..3usize).prop_map(
            |(name, names, codes, layer)| {
                let mut entry = Entry::new([Layer::Roads, Layer::PlaceNames, Layer::DoorPlates][layer], id(0));
                entry.name = Some(name).filter(|name| !name.is_empty()).map(Arc::from);
                let further = |text| Name { text, lang: "en".to_owned(), kind: NameKind::Official };
                entry.names = names.into_iter().map(further).collect();
                entry.codes = codes.into_iter().map(Arc::from).collect();
                entry
            }
        ),
    ];
    let before = prop_oneof![
        3 => Just(None),
        1 => ("[中正山ab1]{1,3}", prop::option::of(0..2u32)).prop_map(|(name, since)| Some(was(&name, since.map(|since| ["2020-01-01", "2021-01-01"][since as usize])))),
        1 => ("[中正一]{1,2}路", "[12]{1,2}號").prop_map(|(road, number)| {
            let said = Said::Address { address: Some(format!("乙市{road}{number}").into()), road: Some(road.into()), lane: None, number: Some(number.into()) };
            Some(Earlier { said, since: None })
        }),
    ];
    (kind, position, division, 0..2u8, prop::collection::vec(before, 0..3)).prop_map(|(mut entry, position, division, rank, before)| {
        let earlier: Vec<Earlier> = before.into_iter().flatten().collect();
        entry.past = (!earlier.is_empty()).then(|| Box::new(Past { earlier, ended: None }));
        entry.position = position;
        entry.rank = rank;
        entry.division = division.map(|code| Arc::new(Division { name: code.as_str().into(), code: code.into() }));
        entry
    })
}

fn corpus() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(any_entry(), 0..40).prop_map(|mut entries| {
        (1..).zip(&mut entries).for_each(|(number, entry)| entry.id = id(number));
        entries
    })
}

fn query() -> impl Strategy<Value = Query> {
    let text = prop_oneof![
        "[甲乙丙丁縣市里1-3鄰中正一路段巷號之樓]{1,7}",
        "([中正一]{1,2}路)?([一1]段)?([12]巷)?([12]{1,2}(之[12])?號?)?",
        "(丁里)?([1-3]鄰)?[正一]{0,2}路[12]{0,2}",
        "[12]{0,2}[ab]? ?[ab]{0,2}( s?t?)?",
        "[ab]{1,2}( st)? [12]{1,2}(, [ab1])?",
        "[中正山zsh1 -]{1,4}",
    ];
    let bbox = prop_oneof![Just(None), Just(Some(Extent::new([0.5, 0.0], [2.0, 2.0])))];
    let layers = prop_oneof![Just(vec![]), Just(vec![Layer::DoorPlates]), Just(vec![Layer::Roads, Layer::PlaceNames])];
    let bias = prop_oneof![Just(None), Just(Some([1.0, 1.2]))];
    let division = prop_oneof![3 => Just(None), 1 => Just(Some("31".to_owned()))];
    (text, 0..12usize, bias, bbox, layers, division, any::<bool>()).prop_map(|(text, limit, bias, bbox, layers, division, unfinished)| {
        Query { text, limit, bias, bbox, layers, division, unfinished, lang: "zh".to_owned(), ..Query::default() }
    })
}

fn rows(answer: &Answer) -> Vec<Row> {
    let as_written = answer.hits.iter().filter(|hit| hit.matched.kind <= Kind::Substring);
    as_written.map(|hit| (hit.place.id, hit.matched, hit.features)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_answer_equals_that_of_a_loop_over_all_entries(entries in corpus(), queries in prop::collection::vec(query(), 8)) {
        let index = Index::build(entries.clone());
        for query in queries {
            let answer = index.search(&query);
            prop_assert_eq!(rows(&answer), brute_force(&entries, &query), "{:?}", query);
            prop_assert!(!answer.truncated);
            prop_assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
            let query = Query { reasons: true, ..query };
            if let Some(easy) = index.search_if_easy(&query) {
                prop_assert_eq!(easy, index.search(&query), "{:?}", query);
            }
        }
    }

    #[test]
    fn an_index_of_parts_answers_like_that_of_the_whole(
        entries in corpus(), cut in any::<prop::sample::Index>(), queries in prop::collection::vec(query(), 6)
    ) {
        let whole = Index::build(entries.clone());
        let (first, second) = entries.split_at(cut.index(entries.len() + 1));
        let part = |entries: &[Entry]| {
            let mut part = Gathering::default();
            entries.iter().for_each(|entry| part.add(entry));
            part
        };
        let of_parts = Index::of(vec![part(first), Gathering::default(), part(second)]);
        // In another layer everything once more, of which nothing may be left.
        let elsewhere = |entry: &Entry| Entry { layer: Layer::Parcels, id: id(1000 + u32::from(entry.id.as_bytes()[9])), ..entry.clone() };
        let others: Vec<Entry> = entries.iter().map(elsewhere).collect();
        let with_others = of_parts.with_layer(Layer::Parcels, vec![part(&others)]);
        prop_assert_eq!(with_others.ids(Layer::Parcels).is_empty(), Index::build(others).is_empty());
        let without = with_others.with_layer(Layer::Parcels, Vec::new());
        for other in [of_parts, without] {
            prop_assert_eq!(other.len(), whole.len());
            for entry in &entries {
                prop_assert_eq!(other.get(&entry.id), whole.get(&entry.id));
            }
            for query in &queries {
                prop_assert_eq!(other.search(query), whole.search(query));
            }
        }
    }

    #[test]
    fn an_index_with_changes_answers_like_one_built_anew(
        before in corpus(), after in corpus(), gone in prop::collection::vec(1..40u32, 0..9), queries in prop::collection::vec(query(), 4)
    ) {
        // one rank for all: a road with pieces in both parts takes the better rank of those that are left
        // no past: an earlier name in one part and the present one in the other are counted apart
        let flat = |entries: Vec<Entry>| entries.into_iter().map(|entry| Entry { rank: 0, past: None, ..entry }).collect::<Vec<_>>();
        let (before, mut after) = (flat(before), flat(after));
        after.truncate(9);
        (20..).zip(&mut after).for_each(|(number, entry)| entry.id = id(number));
        let gone: Vec<FeatureId> = gone.into_iter().map(id).collect();
        let index = Index::build(before.clone()).with_changes(&gone, after[..after.len() / 2].to_vec());
        let index = index.with_changes(&[], after[after.len() / 2..].to_vec());
        let is_left = |entry: &&Entry| !gone.contains(&entry.id) && after.iter().all(|other| other.id != entry.id);
        let now: Vec<Entry> = before.iter().filter(is_left).chain(&after).cloned().collect();
        let merged = index.merged();
        for query in queries {
            // pieces of a road may be cut off by the limit before they are counted together
            let query = Query { limit: 50, ..query };
            prop_assert_eq!(rows(&index.search(&query)), brute_force(&now, &query), "{:?}", query);
            let few = Query { limit: 3, ..query.clone() };
            if let Some(easy) = index.search_if_easy(&few) {
                prop_assert_eq!(easy, index.search(&few), "{:?}", few);
            }
            prop_assert_eq!(rows(&merged.search(&query)), brute_force(&now, &query), "{:?}", query);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn one_wrong_character_of_a_street_is_always_found(place in 0..13usize, wrong in any::<char>(), way in 0..3u8, plate in 0..3usize) {
        let index = yilan();
        let street = "宜蘭縣羅東鎮南豪里3鄰中正路";
        let rest = ["1段2號", "1段12號", "1段2之2號"][plate];
        let mut signs: Vec<char> = street.chars().collect();
        match way {
            0 => signs[place] = wrong,
            1 => signs.insert(place, wrong),
            _ => drop(signs.remove(place)),
        }
        let asked = signs.iter().collect::<String>();
        let key = search_key(&asked);
        // a sign that folds to nothing, several signs or a join of numbers is not one edit
        prop_assume!(key.as_str().chars().count() == signs.len() && !key.as_str().contains(' ') && !wrong.is_ascii_digit());
        prop_assume!(!"一二三四五六七八九十百千〇零之-~/".contains(wrong));
        let hits = index.search(&ask(&format!("{asked}{rest}"))).hits;
        prop_assert!(hits.iter().any(|hit| hit.place.id == id([0, 1, 2][plate])), "{asked}{rest}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_query_of_any_bytes_panics_or_runs_away(bytes in prop::collection::vec(any::<u8>(), 0..4096), text in "\\PC{0,1300}") {
        let index = yilan();
        for text in [String::from_utf8_lossy(&bytes).into_owned(), text, "路".repeat(1300), "1 ".repeat(2048), "中正路1段".repeat(20), "1號羅東鎮".repeat(25), "a 1 ".repeat(36)] {
            let started = std::time::Instant::now();
            index.search(&ask(&text));
            index.resolve(&ask(&text));
            index.search(&Query { unfinished: true, reasons: true, bias: Some([f64::NAN, 1e300]), division: Some(text.clone()), ..ask(&text) });
            prop_assert!(started.elapsed().as_millis() < 500);
        }
    }

    #[test]
    fn entries_of_any_text_are_found_by_their_own_name(name in "\\PC{1,40}", other in "\\PC{0,20}") {
        let mut entry = plate(1, &format!("{name}{other}"), &name, &other);
        let index = Index::build(vec![entry.clone(), named(2, Layer::PlaceNames, &name)]);
        if !search_key(&name).is_empty() {
            prop_assert!(index.search(&ask(&name)).hits.iter().any(|hit| hit.place.id == id(2) && hit.matched.kind == Kind::Exact));
        }
        entry.position = Some([f64::NAN, 91.0]);
        let index = index.with_changes(&[], vec![entry]);
        prop_assert_eq!(index.get(&id(1)).and_then(|entry| entry.position), None);
    }
}

#[test]
fn a_place_found_by_its_text_is_shown_like_one_found_by_its_id() {
    let index = yilan();
    let hit = index.search(&ask("羅東車站")).hits.remove(0);
    assert_eq!(index.place(&id(11), "zh"), Some(hit.place));
}

#[test]
fn parts_in_another_order_left_out_or_extra_are_understood() {
    let index = yilan();
    for (text, wanted, kind) in [
        ("南豪里中正路一段12號羅東鎮", 1, Kind::Rearranged),
        ("12號中正路一段羅東鎮", 1, Kind::Rearranged),
        ("宜蘭縣南豪里中正路一段12號", 1, Kind::Rearranged),
        ("羅東鎮3鄰中正路一段12號", 1, Kind::Rearranged),
        ("羅東鎮中正路一段12號3樓", 1, Kind::Partial),
        ("羅東鎮中正路一段12號 王小明", 1, Kind::Partial),
        ("台灣省宜蘭縣羅東鎮中正路一段12號", 1, Kind::Partial),
        ("羅東鎮北成里中正路一段12號", 1, Kind::Elsewhere),
        ("台北市中正路一段12號", 1, Kind::Elsewhere),
        ("宜蘭市中正路一段2之2號", 3, Kind::NearestNumber),
    ] {
        let hits = index.search(&Query { reasons: true, ..ask(text) }).hits;
        let first = hits.first().unwrap_or_else(|| panic!("{text} is not found"));
        assert_eq!((first.place.id, first.matched.kind), (id(wanted), kind), "{text}");
    }
    let twin =
        index.search(&Query { reasons: true, ..ask("宜蘭市中正路一段2之2號") }).hits.into_iter().find(|hit| hit.place.id == id(2)).unwrap();
    let town = twin.parts.iter().find(|part| part.part == ElementKind::Town).unwrap();
    assert_eq!(
        (twin.matched.kind, town.how, town.asked.as_deref(), town.found.as_deref()),
        (Kind::Elsewhere, How::Differs, Some("宜兰市"), Some("羅東鎮"))
    );
}

#[test]
fn how_sure_a_hit_is_follows_from_what_differs() {
    let index = yilan();
    let sure = |text: &str| index.resolve(&ask(text)).certainty.unwrap();
    for text in ["宜蘭縣羅東鎮南豪里3鄰中正路一段12號", "宜蘭縣羅東鎮南豪里3鄰中正路1段１２號", "南豪里3鄰宜蘭縣羅東鎮中正路一段12號"]
    {
        assert_eq!(sure(text), Certainty::A, "{text} {:?}", index.resolve(&ask(text)));
    }
    for text in [
        "宜兰县罗东镇南豪里3邻中正路一段12号",
        "羅東鎮中正路一段12號",
        "宜蘭縣羅東鎮南豪里3鄰中証路一段12號",
        "宜蘭縣羅東鎮南豪里3鄰zhongzhenglu一段12號",
        "宜蘭縣羅東鎮南豪里3鄰中山路一段12號",
        "宜蘭縣羅東鎮南豪里3鄰中正路一段12號5樓",
    ] {
        assert_eq!(sure(text), Certainty::B, "{text} {:?}", index.resolve(&ask(text)));
    }
    for text in [
        "宜蘭縣羅東鎮南豪里3鄰中正路一段13號",
        "宜蘭縣羅東鎮南豪里3鄰中正路一段22號",
        "宜蘭縣五結鄉南豪里3鄰中正路一段12號",
        "羅東鎮中証路一段12號",
        "羅東",
    ] {
        assert_eq!(sure(text), Certainty::C, "{text} {:?}", index.resolve(&ask(text)));
    }
    assert_eq!(index.resolve(&ask("天地玄黃")), Resolution::default());
}

#[test]
fn a_number_between_known_ones_is_interpolated_and_a_missing_one_gives_the_road() {
    let at = |entry: Entry, lon: f64| Entry { position: Some([lon, 42.0]), ..entry };
    let line = |left, right| Some(Arc::new(Line { points: vec![[-71.0, 42.0], [-70.99, 42.0]], left, right }));
    let cambridge = Arc::new(Division { code: "1".into(), name: "Cambridge".into() });
    let ranged = Entry { line: line(Some([2, 100]), Some([1, 99])), ..named(10, Layer::Roads, "Main St") };
    let plain = Entry { line: line(None, None), division: Some(cambridge), ..named(11, Layer::Roads, "Oak St") };
    let index = Index::build(vec![
        at(plate(1, "12 Main St, Cambridge", "Main St", "12"), -70.999),
        at(plate(2, "10 Oak St, Cambridge", "Oak St", "10"), -70.999),
        at(plate(3, "30 Oak St, Cambridge", "Oak St", "30"), -70.997),
        ranged,
        plain,
    ]);
    for (text, wanted, lon) in [("50 Main Street", 10, -70.995102), ("20 Oak St", 11, -70.998), ("20 oak st, cambridge", 11, -70.998)] {
        let found = index.resolve(&ask(text));
        let hit = found.hit.unwrap();
        assert_eq!(
            (hit.place.id, hit.matched.kind, found.certainty),
            (id(wanted), Kind::Interpolated, Some(Certainty::B)),
            "{text} {:?}",
            hit.parts
        );
        assert!((hit.place.position.unwrap()[0] - lon).abs() < 1e-5 && hit.error_m.is_some(), "{text} {:?}", hit.place.position);
    }
    let hits = index.search(&ask("250 Main St")).hits;
    assert_eq!((hits[0].place.id, hits[0].matched.kind), (id(10), Kind::Street));
    for text in ["12-14 Main St Apt 3", "12 Main Street, Cambridge", "Cambridge, Main St 12", "12 Main St Apt 3"] {
        assert_eq!(index.search(&ask(text)).hits[0].place.id, id(1), "{text}");
    }
}

#[test]
fn a_door_in_pinyin_comes_before_the_road_of_that_name_in_latin_letters() {
    let mut road = named(10, Layer::Roads, "中和北路");
    road.names = vec![Name { text: "Zhonghe Beilu".to_owned(), lang: "en".to_owned(), kind: NameKind::Official }];
    let index = Index::build(vec![road, plate(1, "云汀市鹤汀街道中和北路54号", "中和北路", "54号")]);
    assert_eq!((first(&index, "zhonghe beilu 54").0, first(&index, "zhonghe beilu").0), (id(1), id(10)));
    // without such a door the road, flagged
    let (found, matched) = first(&index, "zhonghe beilu 9");
    assert_eq!((found, matched.kind), (id(10), Kind::Street));
}

#[test]
fn a_plate_that_is_gone_leaves_its_road_and_its_neighbours() {
    let index = Index::build(vec![
        plate(1, "27 Highland Ave", "Highland Ave", "27"),
        plate(2, "31 Highland Ave", "Highland Ave", "31"),
        named(3, Layer::Roads, "Highland Ave"),
    ]);
    let changed = index.with_changes(&[id(2)], Vec::new());
    let kinds: Vec<_> = changed.search(&ask("31 Highland Ave")).hits.iter().map(|hit| (hit.place.id, hit.matched.kind)).collect();
    assert_eq!(kinds, [(id(3), Kind::Street), (id(1), Kind::NearestNumber)]);
}

#[test]
fn a_plate_lies_in_the_divisions_that_its_address_names() {
    let mut town = named(20, Layer::Divisions, "羅東鎮");
    town.codes = vec!["1000202".into()];
    let index = yilan().with_changes(&[], vec![]).merged();
    let index = Index::build((0..30).filter_map(|number| index.get(&id(number))).chain([town]).collect());
    let ids = |division: &str| {
        let query = Query { division: Some(division.into()), layers: vec![Layer::DoorPlates], ..ask("中正路一段") };
        index.search(&query).hits.iter().map(|hit| hit.place.id).collect::<Vec<_>>()
    };
    assert_eq!(ids("罗东镇"), [id(0), id(1), id(2)]);
    assert_eq!(ids("1000202"), [id(0), id(1), id(2)]);
    assert_eq!(ids("宜蘭市"), [id(3)]);
    assert_eq!(ids("南豪里").len(), 3);
    assert!(ids("五結鄉").is_empty() && ids("99").is_empty() && ids("").is_empty());
}
