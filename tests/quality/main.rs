//! How well the gazetteer finds what people mean: gold sets drawn from real data by a fixed seed, each way of asking with a floor
//! (tests/cases/gazetteer/floors.csv). `make quality` prints the figures beside those of the last run.
#![allow(clippy::unwrap_used)]

mod cambridge;
mod divisions;
mod figures;
mod gold;
mod liechtenstein;
mod names;
mod plates;
mod questions;
mod source;
mod typing;

use std::collections::HashMap;

use gold::{Question, Set, judge};
use questions::{Questions, Way};
use yutu::gazetteer::{Index, Place};

const PLATES: usize = 2000;
const SEED: u64 = 20_261_122;

const ALL_WAYS: [Way; 10] = [
    Way::AsWritten,
    Way::CharacterDeleted,
    Way::CharacterWrong,
    Way::DigitWrong,
    Way::Simplified,
    Way::Pinyin,
    Way::SectionInDigits,
    Way::FullWidth,
    Way::WithoutCounty,
    Way::WithoutVillage,
];

/// Where more than five plates fit a wrong digit, the one that was meant cannot be told, and the question is not asked.
fn judge_plates(name: &str, folder: &str, ways: &[Way]) {
    let Some(plates) = plates::read(folder) else { return };
    let index = Index::build(plates::entries(&plates));
    let row_of: HashMap<_, _> = plates.iter().enumerate().map(|(row, plate)| (plate.id, row)).collect();
    let questions = Questions::new(&plates, SEED);
    let set = |way: &Way| {
        let way = *way;
        let mut asked = questions.drawn(way, PLATES);
        if way == Way::DigitWrong {
            asked.retain(|question| questions.fitting(&question.text) <= 5);
        }
        assert!(asked.len() > PLATES / 5, "{way:?}: only {} questions", asked.len());
        let (questions, plates, row_of) = (&questions, &plates, &row_of);
        let asked = asked.into_iter().map(|question| {
            let (text, meant) = (question.text.clone(), plates[question.plate].address.clone());
            let is_right = move |place: &Place| questions.is_right(way, &question, &plates[row_of[&place.id]]);
            Question { text, meant, is_right: Box::new(is_right) }
        });
        Set { is_never_exact: way == Way::DigitWrong, ..Set::new(way.name(), asked.collect()) }
    };
    judge(name, &index, &ways.iter().map(set).collect::<Vec<_>>());
}

#[test]
fn plates_of_yilan_are_found_however_they_are_written() {
    judge_plates("Yilan", "tw-yilan", &ALL_WAYS);
}

#[test]
fn plates_of_kaohsiung_are_found_among_over_a_million() {
    let ways = [Way::AsWritten, Way::CharacterDeleted, Way::CharacterWrong, Way::DigitWrong, Way::Simplified, Way::WithoutVillage];
    judge_plates("Kaohsiung", "tw-kaohsiung-addresses", &ways);
}

#[test]
fn addresses_of_liechtenstein_are_found_in_any_order_and_with_a_slip() {
    let Some(country) = liechtenstein::read() else { return };
    judge("Liechtenstein", &Index::build(country.entries.clone()), &country.sets(SEED));
}

#[test]
fn names_of_hong_kong_are_found_in_chinese_and_in_english() {
    let Some(names) = names::sha_tin() else { return };
    judge("Sha Tin", &Index::build(names.entries.clone()), &names.sets());
}

#[test]
fn names_of_the_isle_of_man_are_found_with_a_slip() {
    let Some(island) = names::isle_of_man() else { return };
    judge("Isle of Man", &Index::build(island.entries.clone()), &island.sets(SEED));
}

#[test]
fn addresses_of_cambridge_are_found_in_the_forms_of_the_country() {
    let Some(city) = cambridge::read() else { return };
    judge("Cambridge", &Index::build(city.entries.clone()), &city.sets(SEED));
}

#[test]
fn divisions_of_china_are_found_by_name_sound_and_code() {
    let Some(china) = divisions::read() else { return };
    judge("China's divisions", &Index::build(china.entries()), &china.sets(SEED));
}
