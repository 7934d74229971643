//! The house numbers in their order.

use rayon::prelude::*;

use crate::gazetteer::columns::{NONE, Numbers};
use crate::gazetteer::first_signs::FirstSigns;
use crate::gazetteer::gather::Row;
use crate::gazetteer::texts::Texts;
use crate::language::search_key;

/// Those of `texts` that the rows have, and the new number of each old one.
pub(super) fn numbers(texts: &Texts, rows: &[Row]) -> (Numbers, Vec<u32>) {
    let mut renumbered = vec![NONE; texts.len()];
    rows.iter().filter(|row| row.number != NONE).for_each(|row| renumbered[row.number as usize] = 0);
    let used: Vec<u32> = (0..texts.len() as u32).filter(|number| renumbered[*number as usize] == 0).collect();
    let mut all: Vec<(u32, String, &str, u32)> = used
        .into_par_iter()
        .map(|old| {
            let displayed = texts.get(old);
            let key = search_key(displayed).into_string();
            (key.chars().count() as u32, key, displayed, old)
        })
        .collect();
    all.par_sort_unstable();
    let mut numbers = Numbers::default();
    for (place, (chars, key, displayed, old)) in all.iter().enumerate() {
        numbers.keys.push(key);
        numbers.displayed.push(displayed);
        numbers.chars.push(*chars);
        numbers.signs.extend(key.chars());
        renumbered[*old as usize] = place as u32;
        if numbers.signs.len() > 1 << 16 {
            numbers.signs.sort_unstable();
            numbers.signs.dedup();
        }
    }
    numbers.signs.sort_unstable();
    numbers.signs.dedup();
    numbers.firsts = FirstSigns::of(all.iter().map(|(_, key, ..)| key.as_str()));
    numbers.by_key = (0..all.len() as u32).collect();
    numbers.by_key.par_sort_by(|a, b| numbers.keys.get(*a).cmp(numbers.keys.get(*b)));
    numbers.place = vec![0; all.len()];
    for (place, number) in numbers.by_key.iter().enumerate() {
        numbers.place[*number as usize] = place as u32;
    }
    (numbers, renumbered)
}
