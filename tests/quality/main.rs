//! How well the gazetteer finds what people mean: gold sets made from real plates, each with a floor. `make quality` prints
//! the table.
#![allow(clippy::unwrap_used)]

mod plates;
mod questions;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use questions::{Questions, Way};
use rayon::prelude::*;
use yutu::gazetteer::{Index, Kind, Query};

const PLATES: usize = 2000;
const SEED: u64 = 20_261_122;

/// A way of asking, and the share in percent that has to be first and among the first five.
const SETS: [(Way, f64, f64); 10] = [
    (Way::AsWritten, 99.5, 99.5),
    (Way::CharacterDeleted, 98.0, 99.0),
    (Way::CharacterWrong, 98.0, 99.0),
    (Way::DigitWrong, 75.0, 100.0),
    (Way::Simplified, 99.5, 99.5),
    (Way::Pinyin, 97.0, 97.0),
    (Way::SectionInDigits, 99.0, 99.0),
    (Way::FullWidth, 99.0, 99.0),
    (Way::WithoutCounty, 99.0, 99.0),
    (Way::WithoutVillage, 99.0, 99.0),
];

/// Place of the right plate in one answer, from 0.
struct Outcome {
    place: Option<usize>,
    is_exact: bool,
    took: Duration,
    text: String,
}

#[test]
fn plates_of_yilan_are_found_however_they_are_written() {
    let Some(plates) = plates::read() else { return };
    let index = Index::build(plates::entries(&plates));
    let row_of: HashMap<_, _> = plates.iter().enumerate().map(|(row, plate)| (plate.id, row)).collect();
    let questions = Questions::new(&plates, SEED);
    let mut missed = Vec::new();
    eprintln!("{:<18} {:>5}  {:>6}  {:>6}  {:>6}  {:>8}  {:>8}", "Yilan", "asked", "top-1", "top-5", "MRR", "p50", "p99");
    for (way, first_floor, five_floor) in SETS {
        let mut asked = questions.drawn(way, PLATES);
        if way == Way::DigitWrong {
            asked.retain(|question| questions.fitting(&question.text) <= 5);
        }
        let outcomes: Vec<Outcome> = asked
            .par_iter()
            .map(|question| {
                let started = Instant::now();
                let answer = index.search(&Query { text: question.text.clone(), ..Query::default() });
                let took = started.elapsed();
                let place = answer.hits.iter().position(|hit| questions.is_right(way, question, &plates[row_of[&hit.place.id]]));
                let is_exact = answer.hits.iter().any(|hit| hit.matched.kind == Kind::Exact);
                Outcome { place, is_exact, took, text: format!("{} for {}", question.text, plates[question.plate].address) }
            })
            .collect();
        assert!(outcomes.len() > PLATES / 5, "{way:?}: only {} questions", outcomes.len());
        let share = |among: usize| {
            let found = outcomes.iter().filter(|outcome| outcome.place.is_some_and(|place| place < among)).count();
            100.0 * found as f64 / outcomes.len() as f64
        };
        let mean_reciprocal_rank =
            outcomes.iter().filter_map(|outcome| outcome.place).map(|place| 1.0 / (place + 1) as f64).sum::<f64>() / outcomes.len() as f64;
        let mut times: Vec<Duration> = outcomes.iter().map(|outcome| outcome.took).collect();
        times.sort_unstable();
        let at = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];
        let (first, five) = (share(1), share(5));
        eprintln!(
            "{:<18} {:>5}  {first:>6.2}  {five:>6.2}  {mean_reciprocal_rank:>6.4}  {:>8.1?}  {:>8.1?}",
            format!("{way:?}"),
            outcomes.len(),
            at(50),
            at(99)
        );
        if std::env::var_os("YUTU_QUALITY_MISSES").is_some() {
            let mut worst: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.place != Some(0)).collect();
            worst.sort_by_key(|outcome| std::cmp::Reverse(outcome.place.unwrap_or(usize::MAX)));
            worst.iter().take(12).for_each(|outcome| eprintln!("    {:?} {}", outcome.place, outcome.text));
        }
        if first < first_floor || five < five_floor {
            missed.push(format!("{way:?}: top-1 {first:.2} (floor {first_floor}), top-5 {five:.2} (floor {five_floor})"));
        }
        if way == Way::DigitWrong {
            let claims: Vec<_> = outcomes.iter().filter(|outcome| outcome.is_exact).map(|outcome| &outcome.text).collect();
            assert!(claims.is_empty(), "found exactly in spite of a wrong digit: {claims:?}");
        }
    }
    assert!(missed.is_empty(), "below the floor: {missed:#?}");
}
