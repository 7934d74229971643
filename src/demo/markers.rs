//! Boundary markers (界桩): single ones on the line, pairs on both banks where the line follows the river, and three around the
//! point in the river where three towns meet. Numbered along each line from west to east, or from north to south where it runs
//! that way: both codes, the smaller first, a serial of three digits, and Q, or A and B, or C, D and E (after GB/T 17796).

use super::divisions::Divisions;
use super::plan::{AXIS, Plan, RIVER_ROW};

#[derive(Clone, Debug)]
pub struct Marker {
    /// On the board.
    pub at: [i32; 2],
    pub number: String,
    pub kind: &'static str,
    pub line_code: String,
}

/// Markers stand this far apart, metres of the board; a multiple of the mesh's step, so that each stands on a vertex of its line.
const APART_M: i32 = 480;
/// From the middle of the river to its banks, where pairs stand.
const TO_BANK_M: i32 = 88;

pub fn line_code(left: &str, right: &str) -> String {
    format!("{}{}", left.min(right), left.max(right))
}

pub fn markers(plan: &Plan, divisions: &Divisions) -> Vec<Marker> {
    let mut markers = Vec::new();
    let junction = [plan.us[AXIS], divisions.river_v];
    let banks = [plan.vs[RIVER_ROW], plan.vs[RIVER_ROW + 1]];
    // One numbering for each pair of units, even where their line comes in pieces.
    let mut codes: Vec<String> =
        divisions.lines.iter().filter(|line| line.rank != "village").map(|line| line_code(&line.left, &line.right)).collect();
    codes.sort();
    codes.dedup();
    for code in codes {
        let mut places = Vec::new();
        for line in divisions.lines.iter().filter(|line| line.rank != "village" && line_code(&line.left, &line.right) == code) {
            for pair in line.corners.windows(2) {
                let level = pair[0][1] == pair[1][1];
                let axis = usize::from(!level);
                let (low, high) = (pair[0][axis].min(pair[1][axis]), pair[0][axis].max(pair[1][axis]));
                let mut step = (low.div_euclid(APART_M) + 1) * APART_M;
                while step < high {
                    let at = if level { [step, pair[0][1]] } else { [pair[0][0], step] };
                    let in_river = !level && banks[0] <= step && step <= banks[1];
                    let at_junction = level && at[1] == junction[1] && (at[0] - junction[0]).abs() < APART_M / 2;
                    if !in_river && !at_junction {
                        places.push((at, level && at[1] == divisions.river_v));
                    }
                    step += APART_M;
                }
            }
        }
        let span = |axis: usize| {
            let along = || places.iter().map(|(at, _)| at[axis]);
            along().max().unwrap_or(0) - along().min().unwrap_or(0)
        };
        let westwards = span(0) >= span(1);
        places.sort_by_key(|(at, _)| if westwards { (at[0], at[1]) } else { (-at[1], at[0]) });
        for (serial, (at, on_river)) in places.into_iter().enumerate() {
            let mut add = |at: [i32; 2], letter: char, kind| {
                markers.push(Marker { at, number: format!("{code}{:03}{letter}", serial + 1), kind, line_code: code.clone() });
            };
            if on_river {
                // A stands on the side of the smaller code, which is the north bank here.
                add([at[0], at[1] + TO_BANK_M], 'A', "pair");
                add([at[0], at[1] - TO_BANK_M], 'B', "pair");
            } else {
                add(at, 'Q', "single");
            }
        }
    }
    let code = [0, 1, 2].map(|town: usize| divisions.towns[town].code.as_str()).concat();
    for (offset, letter) in [([-45, TO_BANK_M], 'C'), ([45, TO_BANK_M], 'D'), ([45, -TO_BANK_M], 'E')] {
        let at = [junction[0] + offset[0], junction[1] + offset[1]];
        markers.push(Marker { at, number: format!("{code}001{letter}"), kind: "triple", line_code: code.clone() });
    }
    markers
}
