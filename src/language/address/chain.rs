//! The cheapest chains of elements that cover a hanzi address.

use super::candidates::{self, Candidate};
use super::names::Names;
use super::signs::Signs;
use super::weights;
use super::{Element, ElementKind, Reading};

/// Chains kept for each place and last element.
const KEPT: usize = 2;
/// Kinds, and one more for the beginning.
const STATES: usize = ElementKind::ALL.len() + 1;

/// The end of a chain: its last element and where it came from.
#[derive(Clone, Copy, Debug)]
struct Link {
    penalty: u32,
    /// `None` for a separator.
    kind: Option<ElementKind>,
    start: usize,
    from: (usize, usize),
}

#[derive(Clone, Debug, Default)]
struct Cell {
    links: Vec<Link>,
}

impl Cell {
    fn offer(&mut self, link: Link) {
        if self.links.len() == KEPT && self.links[KEPT - 1].penalty <= link.penalty {
            return;
        }
        let place = self.links.partition_point(|kept| kept.penalty <= link.penalty);
        self.links.insert(place, link);
        self.links.truncate(KEPT);
    }
}

pub(super) fn readings(signs: &Signs, names: &dyn Names, most: usize) -> Vec<Reading> {
    let cells = chains(signs, names);
    let mut ends: Vec<(u32, usize, usize)> = Vec::new();
    for state in 0..STATES {
        let links = &cells[signs.len() * STATES + state].links;
        ends.extend(links.iter().enumerate().map(|(which, link)| (link.penalty, state, which)));
    }
    ends.sort_unstable();
    let mut readings: Vec<Reading> = Vec::new();
    for (penalty, state, which) in ends {
        let elements = elements(signs, &cells, state, which);
        if readings.len() < most && readings.iter().all(|other| other.elements != elements) {
            readings.push(Reading { elements, penalty });
        }
    }
    readings
}

fn chains(signs: &Signs, names: &dyn Names) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); (signs.len() + 1) * STATES];
    cells[0].links.push(Link { penalty: 0, kind: None, start: 0, from: (0, 0) });
    let mut blanks = vec![0; signs.len() + 1];
    for place in 0..signs.len() {
        blanks[place + 1] = blanks[place] + u32::from(signs.get(place).is_some_and(|sign| sign.after_blank));
    }
    let mut found: Vec<Candidate> = Vec::new();
    for place in 0..signs.len() {
        if (0..STATES).all(|state| cells[place * STATES + state].links.is_empty()) {
            continue;
        }
        candidates::at(signs, place, names, &mut found);
        for state in 0..STATES {
            let before = state.checked_sub(1).map(|kind| ElementKind::ALL[kind]);
            for which in 0..cells[place * STATES + state].links.len() {
                let so_far = cells[place * STATES + state].links[which].penalty;
                let from = (place * STATES + state, which);
                for next in &found {
                    let follows = weights::after(before, next);
                    if follows >= weights::NEVER {
                        continue;
                    }
                    let across = weights::BLANK_INSIDE * (blanks[next.end] - blanks[place + 1]);
                    let penalty = so_far + next.penalty + follows + across;
                    let cell = next.end * STATES + 1 + next.kind as usize;
                    cells[cell].offer(Link { penalty, kind: Some(next.kind), start: place, from });
                }
                if matches!(signs.at(place), Some('-' | '#' | '/' | '&')) {
                    let penalty = so_far + weights::SEPARATOR;
                    cells[(place + 1) * STATES + state].offer(Link { penalty, kind: None, start: place, from });
                }
            }
        }
    }
    cells
}

fn elements(signs: &Signs, cells: &[Cell], state: usize, which: usize) -> Vec<Element> {
    let mut elements: Vec<Element> = signs.unread().into_iter().collect();
    let (mut cell, mut which, mut end) = (signs.len() * STATES + state, which, signs.len());
    while end > 0 {
        let link = cells[cell].links[which];
        if let Some(kind) = link.kind {
            elements.push(signs.element(kind, link.start..end));
        }
        end = link.start;
        (cell, which) = link.from;
    }
    elements.reverse();
    elements
}
