//! The names that addresses are made of by how they are spelt in Pinyin, and texts with Pinyin in them as they may be meant.

use std::collections::HashSet;

use rayon::prelude::*;

use super::answer::Part;
use super::columns::Columns;
use super::forms::first_division;
use crate::language::{is_unspaced, romanised, spellings};

/// At most so many readings of one text are tried.
const TEXTS_MAX: usize = 8;
/// At most so many beginnings of names are tried for one text.
const STEPS_MAX: u32 = 2000;

/// Units behind digits, as they are spelt.
const UNITS: [(&str, &str); 9] = [
    ("lin", "邻"),
    ("hao", "号"),
    ("duan", "段"),
    ("xiang", "巷"),
    ("nong", "弄"),
    ("lou", "楼"),
    ("shi", "室"),
    ("zhi", "-"),
    ("jie", "街"),
];

/// Names of divisions, roads and lanes, ascending by spelling; a name with several readings is there several times.
#[derive(Debug, Default)]
pub(super) struct Sounds {
    /// Spelling and key.
    names: Vec<(Box<str>, Box<str>)>,
    longest_bytes: usize,
}

impl Sounds {
    pub fn of(columns: &Columns) -> Self {
        let mut keys: HashSet<&str> = HashSet::new();
        for start in &columns.starts {
            let form = &columns.forms[start.form as usize];
            if columns.groups[form.group as usize].numbered {
                let text = &columns.keys.get(form.before)[start.offset_bytes as usize..];
                keys.extend(names_of(text, start.part).into_iter().filter(|name| is_spelt(name)));
            }
        }
        let spelt = |name: &str| spellings(name).into_iter().map(|spelling| (spelling.into(), name.into())).collect::<Vec<_>>();
        let mut names: Vec<(Box<str>, Box<str>)> = keys.into_par_iter().flat_map_iter(spelt).collect();
        names.par_sort_unstable();
        names.shrink_to_fit();
        let longest_bytes = names.iter().map(|(spelling, _)| spelling.len()).max().unwrap_or(0);
        Self { names, longest_bytes }
    }

    pub fn memory_bytes(&self) -> usize {
        let texts: usize = self.names.iter().map(|(spelling, name)| spelling.len() + name.len()).sum();
        self.names.capacity() * size_of::<(Box<str>, Box<str>)>() + texts
    }

    /// What a text with Pinyin in it may stand for in hanzi; the longest names first. Empty when a part of it is no name.
    pub fn read(&self, text: &str) -> Vec<String> {
        let mut texts = Vec::new();
        if !self.names.is_empty() && text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            self.read_on(text, &mut String::new(), &mut texts, &mut STEPS_MAX.clone());
        }
        texts
    }

    fn read_on(&self, rest: &str, before: &mut String, texts: &mut Vec<String>, steps: &mut u32) {
        let latin = rest.find(|sign: char| sign.is_ascii_lowercase());
        let length = before.len();
        let Some(latin) = latin else {
            before.push_str(rest);
            texts.push(before.clone());
            before.truncate(length);
            return;
        };
        before.push_str(&rest[..latin]);
        let rest = &rest[latin..];
        let run = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != ' ').unwrap_or(rest.len());
        for end in (1..=run.min(2 * self.longest_bytes)).rev() {
            if texts.len() >= TEXTS_MAX || *steps == 0 {
                break;
            }
            *steps -= 1;
            let spelling = rest[..end].replace(' ', "");
            let from = self.names.partition_point(|(known, _)| **known < *spelling);
            let names = self.names[from..].iter().take_while(|(known, _)| **known == *spelling).map(|(_, name)| &**name);
            let follows_digit = before.trim_end().ends_with(|sign: char| sign.is_ascii_digit());
            let units = UNITS.iter().filter(|(known, _)| follows_digit && *known == spelling).map(|(_, unit)| *unit);
            for name in names.chain(units) {
                let length = before.len();
                before.push_str(name);
                self.read_on(&rest[end..], before, texts, steps);
                before.truncate(length);
                if texts.len() >= TEXTS_MAX {
                    break;
                }
            }
        }
        before.truncate(length);
    }
}

/// A text in hanzi by its sound, units behind digits as they are. `None` without hanzi or where a sign has no reading.
pub(super) fn spelt(text: &str) -> Option<String> {
    let mut all = String::new();
    let mut any = false;
    for sign in text.chars() {
        let is_unit = all.ends_with(|last: char| last.is_ascii_digit());
        if is_unspaced(sign) && !is_unit {
            all.push_str(&romanised(sign.encode_utf8(&mut [0; 4]))?.joined);
            any = true;
        } else {
            all.push(sign);
        }
    }
    any.then_some(all)
}

/// The names with which a text begins: a division, or a road and what is named behind it.
fn names_of(text: &str, part: Part) -> Vec<&str> {
    if part == Part::Address {
        return first_division(text).into_iter().collect();
    }
    let road_end = text.char_indices().skip(1).find(|(_, sign)| matches!(sign, '路' | '街' | '道' | '巷' | '弄'));
    let (road, rest) = text.split_at(road_end.map_or(text.len(), |(place, sign)| place + sign.len_utf8()));
    let rest = rest.trim_start_matches(|sign: char| sign.is_ascii_digit() || matches!(sign, '段' | '巷' | '弄'));
    vec![road, rest]
}

fn is_spelt(name: &str) -> bool {
    name.chars().count() > 1 && name.chars().all(is_unspaced)
}
