//! The figures of the last run and the floors, as small files in tests/cases/gazetteer.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// What was measured of one way of asking.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub asked: usize,
    /// Percent of the questions.
    pub first: f64,
    /// Percent of what can be among the first five at all.
    pub five: f64,
    pub reciprocal: f64,
    /// Percent that are given out as sure (certainty A), and percent that are sure and wrong.
    pub sure: f64,
    pub misled: f64,
}

/// What must hold (`first`, `five`), and what is wanted in the end where that is more.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    first: f64,
    five: f64,
    goal_first: Option<f64>,
    goal_five: Option<f64>,
    /// At most.
    misled: f64,
}

type Key = (String, String);

impl Floor {
    pub fn missed(&self, now: &Figures) -> Vec<String> {
        let pairs = [("top-1", now.first, self.first), ("top-5", now.five, self.five)];
        let is_below = |(_, is, must): &(&str, f64, f64)| is + 1e-9 < *must;
        let below = pairs.into_iter().filter(is_below).map(|(what, is, must)| format!("{what} {is:.2}, floor {must}"));
        let misled = (now.misled > self.misled + 1e-9).then(|| format!("sure and wrong {:.2}, at most {}", now.misled, self.misled));
        below.chain(misled).collect()
    }

    pub fn goals_missed(&self, now: &Figures) -> Vec<String> {
        let pairs = [("top-1", now.first, self.goal_first), ("top-5", now.five, self.goal_five)];
        let is_below = |(what, is, goal): (&str, f64, Option<f64>)| {
            goal.filter(|goal| is + 1e-9 < *goal).map(|goal| format!("{what} goal {goal} not reached"))
        };
        pairs.into_iter().filter_map(is_below).collect()
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/gazetteer").join(name)
}

fn rows(name: &str) -> Vec<csv::StringRecord> {
    let path = path(name);
    if !path.exists() {
        return Vec::new();
    }
    let rows = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(&path);
    rows.unwrap_or_else(|error| panic!("{}: {error}", path.display())).records().map(|row| row.unwrap()).collect()
}

fn number(row: &csv::StringRecord, column: usize) -> f64 {
    row[column].trim().parse().unwrap_or_else(|_| panic!("{row:?}: {:?} is not a number", &row[column]))
}

pub fn last() -> BTreeMap<Key, Figures> {
    let figures = |row: &csv::StringRecord| Figures {
        asked: number(row, 2) as usize,
        first: number(row, 3),
        five: number(row, 4),
        reciprocal: number(row, 5),
        sure: number(row, 6),
        misled: number(row, 7),
    };
    rows("last.csv").iter().map(|row| ((row[0].to_owned(), row[1].to_owned()), figures(row))).collect()
}

pub fn floors() -> HashMap<Key, Floor> {
    let goal = |row: &csv::StringRecord, column: usize| (!row[column].trim().is_empty()).then(|| number(row, column));
    let floor = |row: &csv::StringRecord| Floor {
        first: number(row, 2),
        five: number(row, 3),
        goal_first: goal(row, 4),
        goal_five: goal(row, 5),
        misled: number(row, 6),
    };
    rows("floors.csv").iter().map(|row| ((row[0].to_owned(), row[1].to_owned()), floor(row))).collect()
}

/// Writes the figures of this set over those of its last run; the other sets keep theirs.
pub fn keep(set: &str, measured: &[(String, Figures)]) {
    let mut all = last();
    all.retain(|(name, _), _| name != set);
    all.extend(measured.iter().map(|(way, figures)| ((set.to_owned(), way.clone()), *figures)));
    let mut text = String::from(
        "# Figures of the last kept run of the gold sets; written by make quality UPDATE=1. top5 is in percent of what can be among five.\n\
         set,way,asked,top1,top5,mrr,sure,misled\n",
    );
    for ((name, way), figures) in &all {
        let Figures { asked, first, five, reciprocal, sure, misled } = figures;
        text.push_str(&format!("{name},{way},{asked},{first:.4},{five:.4},{reciprocal:.6},{sure:.4},{misled:.4}\n"));
    }
    std::fs::write(path("last.csv"), text).unwrap();
}
