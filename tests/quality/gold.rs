//! Asks an index the questions of a gold set, prints the figures beside those of the last run, and fails below a floor.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use yutu::gazetteer::{Answer, Certainty, Index, Kind, Place, Query};

use crate::figures::{self, Figures};

/// One question and what would answer it.
pub struct Question<'a> {
    pub text: String,
    /// What was meant, for the list of misses.
    pub meant: String,
    pub is_right: Box<dyn Fn(&Place) -> bool + Send + Sync + 'a>,
}

/// Questions asked in one way.
pub struct Set<'a> {
    pub way: &'static str,
    pub questions: Vec<Question<'a>>,
    /// How the questions are asked; the text is filled in.
    pub template: Query,
    /// The share of questions (percent) that can have the answer among the first five at all.
    pub ceiling: f64,
    /// The text is wrong, so that nothing may be claimed to be exactly it.
    pub is_never_exact: bool,
}

impl<'a> Set<'a> {
    pub fn new(way: &'static str, questions: Vec<Question<'a>>) -> Self {
        Self { way, questions, template: Query::default(), ceiling: 100.0, is_never_exact: false }
    }
}

/// The table of one gold set is printed in one piece, and the figures are written one set after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Asks all, prints all, then fails if a floor was missed.
///
/// # Panics
/// When a figure is below its floor or a wrong text is claimed to be exact.
pub fn judge(name: &str, index: &Index, sets: &[Set<'_>]) {
    let judged: Vec<(&'static str, Judged)> = sets.iter().map(|set| (set.way, ask(index, set))).collect();
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let last = figures::last();
    let floors = figures::floors();
    let mut table = format!(
        "{name:<22} {:>5} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}  {:>8} {:>8}\n",
        "asked", "top-1", "last", "top-5*", "last", "MRR", "last", "A", "A wrong", "p50", "p99"
    );
    let mut missed = Vec::new();
    let mut measured = Vec::new();
    for (way, judged) in &judged {
        let now = judged.figures;
        let before = last.get(&(name.to_owned(), (*way).to_owned())).copied();
        let change = |of: fn(&Figures) -> f64, digits: usize| match before.map(|before| of(&now) - of(&before)) {
            Some(change) if change.abs() < 5e-5 => "=".to_owned(),
            Some(change) => format!("{change:+.digits$}"),
            None => "new".to_owned(),
        };
        let floor = floors.get(&(name.to_owned(), (*way).to_owned()));
        let _ = write!(
            table,
            "  {way:<20} {:>5} {:>7.2} {:>7} {:>7.2} {:>7} {:>7.4} {:>7} {:>7.2} {:>7.2}  {:>8.1?} {:>8.1?}",
            now.asked,
            now.first,
            change(|figures| figures.first, 2),
            now.five,
            change(|figures| figures.five, 2),
            now.reciprocal,
            change(|figures| figures.reciprocal, 4),
            now.sure,
            now.misled,
            judged.middle,
            judged.slowest
        );
        for goal in floor.iter().flat_map(|floor| floor.goals_missed(&now)) {
            let _ = write!(table, "  {goal}");
        }
        table.push('\n');
        table.push_str(&judged.misses);
        let below = floor.map_or_else(|| vec!["has no line in floors.csv".to_owned()], |floor| floor.missed(&now));
        missed.extend(below.into_iter().map(|what| format!("{name}, {way}: {what}")));
        measured.push(((*way).to_owned(), now));
        missed.extend(judged.claims.iter().map(|claim| format!("{name}, {way}: found exactly in spite of an error: {claim}")));
    }
    eprintln!("{table}");
    if std::env::var_os("YUTU_QUALITY_UPDATE").is_some() {
        figures::keep(name, &measured);
    }
    drop(guard);
    assert!(missed.is_empty(), "below the floor: {missed:#?}");
}

/// Questions of each way whose certainty is looked at.
const RESOLVED: usize = 500;

/// The questions that are answered with certainty A, and of these the ones that are answered wrong.
fn certainty(index: &Index, set: &Set<'_>) -> (Vec<usize>, Vec<usize>) {
    let is_sure = |row: &usize| {
        let question = &set.questions[*row];
        let resolved = index.resolve(&Query { text: question.text.clone(), ..set.template.clone() });
        (resolved.certainty == Some(Certainty::A)).then(|| resolved.hit.is_some_and(|hit| (question.is_right)(&hit.place)))
    };
    // Nobody is sure of a text that is still being typed.
    let count = if set.template.unfinished { 0 } else { set.questions.len().min(RESOLVED) };
    let rows: Vec<usize> = (0..count).collect();
    let sure: Vec<(usize, bool)> = rows.par_iter().filter_map(|row| Some((*row, is_sure(row)?))).collect();
    (sure.iter().map(|(row, _)| *row).collect(), sure.iter().filter(|(_, is_right)| !is_right).map(|(row, _)| *row).collect())
}

struct Judged {
    figures: Figures,
    middle: Duration,
    slowest: Duration,
    misses: String,
    claims: Vec<String>,
}

fn ask(index: &Index, set: &Set<'_>) -> Judged {
    let asked = set.questions.len();
    assert!(asked > 0, "{}: no questions", set.way);
    let outcomes: Vec<(Option<usize>, Duration, Answer)> = set
        .questions
        .par_iter()
        .map(|question| {
            let query = Query { text: question.text.clone(), ..set.template.clone() };
            let started = Instant::now();
            let answer = index.search(&query);
            let took = started.elapsed();
            (answer.hits.iter().position(|hit| (question.is_right)(&hit.place)), took, answer)
        })
        .collect();
    let percent =
        |among: usize| 100.0 * outcomes.iter().filter(|(place, ..)| place.is_some_and(|place| place < among)).count() as f64 / asked as f64;
    let reciprocal = outcomes.iter().filter_map(|(place, ..)| *place).fold(0.0, |sum, place| sum + 1.0 / (place + 1) as f64) / asked as f64;
    let mut times: Vec<Duration> = outcomes.iter().map(|(_, took, _)| *took).collect();
    times.sort_unstable();
    let at = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];
    let (sure, misled) = certainty(index, set);
    let share = |rows: &[usize]| 100.0 * rows.len() as f64 / asked.min(RESOLVED) as f64;
    let (first, five) = (percent(1), 100.0 * percent(5) / set.ceiling);
    let figures = Figures { asked, first, five, reciprocal, sure: share(&sure), misled: share(&misled) };
    let mut claims = Vec::new();
    let mut misses = String::new();
    let words = |row: &usize| format!("    sure and wrong: {} for {}\n", set.questions[*row].text, set.questions[*row].meant);
    misses.extend(misled.iter().map(words));
    let shown = std::env::var("YUTU_QUALITY_MISSES").map(|count| count.parse().unwrap_or(12)).unwrap_or(0);
    let mut worst: Vec<usize> = (0..asked).filter(|row| outcomes[*row].0 != Some(0)).collect();
    worst.sort_by_key(|row| std::cmp::Reverse(outcomes[*row].0.unwrap_or(usize::MAX)));
    for row in worst.into_iter().take(shown) {
        let (place, _, answer) = &outcomes[row];
        let first = answer.hits.first().map_or("nothing".to_owned(), |hit| format!("{} ({:?})", hit.place.label, hit.matched.kind));
        let place = place.map_or("missing".to_owned(), |place| format!("at {}", place + 1));
        let _ = writeln!(misses, "    {place}: {} for {}; first: {first}", set.questions[row].text, set.questions[row].meant);
    }
    if set.is_never_exact {
        let is_claimed = |answer: &Answer| answer.hits.iter().any(|hit| hit.matched.kind == Kind::Exact);
        claims.extend(sure.iter().map(|row| format!("{} (certainty A)", set.questions[*row].text)));
        claims.extend(
            set.questions.iter().zip(&outcomes).filter(|(_, (.., answer))| is_claimed(answer)).map(|(question, _)| question.text.clone()),
        );
    }
    Judged { figures, middle: at(50), slowest: at(99), misses, claims }
}
