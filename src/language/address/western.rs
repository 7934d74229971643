//! Addresses without hanzi, read by words from left to right: commas part them, the number stands before or after its
//! street, and parts of a building follow their word (Apt 3) or a floor its mark (12/F).

use std::ops::Range;

use super::ElementKind::{self, *};
use super::names::Names;
use super::signs::Signs;
use super::words;
use super::{Element, Reading};

/// Words of the longest name that is looked up.
const MOST_WORDS: usize = 6;
/// What a name costs of which nothing is known.
const UNKNOWN: u32 = 100;

#[derive(Debug)]
struct Word {
    range: Range<usize>,
    text: String,
    after_comma: bool,
}

pub(super) fn reading(signs: &Signs, names: &dyn Names) -> Reading {
    let words = words_of(signs);
    let mut reader = Reader { signs, names, words: &words, elements: Vec::new(), penalty: 0 };
    let mut place = 0;
    while place < words.len() {
        place = reader.next(place);
    }
    reader.elements.extend(signs.unread());
    Reading { elements: reader.elements, penalty: reader.penalty }
}

fn words_of(signs: &Signs) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for place in 0..signs.len() {
        let Some(sign) = signs.get(place) else { break };
        let apart = sign.after_blank || sign.sign == '&' || place > 0 && signs.at(place - 1) == Some('&');
        match words.last_mut() {
            Some(last) if !apart || !signs.is_boundary(place) => last.range.end = place + 1,
            _ => words.push(Word { range: place..place + 1, text: String::new(), after_comma: sign.after_comma }),
        }
    }
    for word in &mut words {
        word.text = signs.folded(word.range.clone());
    }
    without_dashes(words)
}

/// A dash between blanks parts as a comma does, but joins two short numbers: 1 - 3.
fn without_dashes(words: Vec<Word>) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    let mut dash = false;
    for mut word in words {
        if word.text.bytes().all(|sign| sign == b'-') {
            dash = true;
            continue;
        }
        match kept.last_mut() {
            Some(last) if dash && is_number(&last.text) && is_number(&word.text) && word.text.len() < 4 => {
                last.range.end = word.range.end;
                last.text = format!("{}-{}", last.text, word.text);
            }
            _ => {
                word.after_comma |= dash;
                kept.push(word);
            }
        }
        dash = false;
    }
    kept
}

struct Reader<'a> {
    signs: &'a Signs,
    names: &'a dyn Names,
    words: &'a [Word],
    elements: Vec<Element>,
    penalty: u32,
}

impl Reader<'_> {
    /// Reads what begins at this word; where the rest begins.
    fn next(&mut self, place: usize) -> usize {
        if let Some(end) = self.inside(place).or_else(|| self.postcode(place)) {
            return end;
        }
        if let Some((kind, end)) = self.known(place) {
            return self.push(kind, place..end);
        }
        if self.joins_roads(place) {
            return self.push(Hint, place..place + 1);
        }
        if self.is_number_sign(place) {
            return self.push(Other, place..place + 1);
        }
        if is_number(self.text(place)) && !self.has(Number) {
            let mut end = place + 1;
            while self.same_part(end) && (is_fraction(self.text(end)) || self.text(end) == "bis") {
                end += 1;
            }
            if end == place + 1 && self.same_part(end) && self.has(Road) && self.is_letter_of_number(end) {
                end += 1;
            }
            return self.push(Number, place..end);
        }
        self.name(place)
    }

    fn text(&self, place: usize) -> &str {
        self.words.get(place).map_or("", |word| &word.text)
    }

    /// The d of Lister Meile 29 d.
    fn is_letter_of_number(&self, place: usize) -> bool {
        matches!(self.text(place).as_bytes(), [b'a'..=b'k'])
    }

    /// The n of "via Gessi n. 2", not of "Main St N 2".
    fn is_number_sign(&self, place: usize) -> bool {
        let after_type = place > 0 && words::STREET_TYPES.contains(&self.text(place - 1));
        !after_type && words::NUMBER_SIGNS.contains(&self.text(place)) && self.same_part(place + 1) && is_number(self.text(place + 1))
    }

    /// Whether there is such a word and no comma before it.
    fn same_part(&self, place: usize) -> bool {
        self.words.get(place).is_some_and(|word| !word.after_comma)
    }

    fn has(&self, kind: ElementKind) -> bool {
        self.elements.iter().any(|element| element.kind == kind)
    }

    fn push(&mut self, kind: ElementKind, words: Range<usize>) -> usize {
        let range = self.words[words.start].range.start..self.words[words.end - 1].range.end;
        self.elements.push(self.signs.element(kind, range));
        words.end
    }

    /// Apt 3, Block B, 12/F, 3rd Floor.
    fn inside(&mut self, place: usize) -> Option<usize> {
        let word = self.text(place);
        let kind = words::INSIDE.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
        if let Some(kind) = kind
            && self.same_part(place + 1)
            && is_label(self.text(place + 1))
        {
            return Some(self.push(kind, place..place + 2));
        }
        if self.same_part(place + 1) && matches!(self.text(place + 1), "floor" | "fl") && is_ordinal_or_number(word) {
            return Some(self.push(Floor, place..place + 2));
        }
        let floor = word.strip_suffix("/f").or_else(|| word.strip_suffix('f')).unwrap_or("");
        if !floor.is_empty() && (floor.bytes().all(|sign| sign.is_ascii_digit()) || word == "g/f") {
            return Some(self.push(Floor, place..place + 1));
        }
        None
    }

    /// 9490 Vaduz after the street, or alone; MA 02138.
    fn postcode(&mut self, place: usize) -> Option<usize> {
        let is_code = |text: &str| matches!(text.len(), 4..=6) && text.bytes().all(|sign| sign.is_ascii_digit());
        if self.has(Number) && self.text(place).len() == 2 && self.same_part(place + 1) && is_code(self.text(place + 1)) {
            self.push(Province, place..place + 1);
            return Some(self.push(Postcode, place + 1..place + 2));
        }
        if !is_code(self.text(place)) {
            return None;
        }
        let end = self.end_of_name(place + 1);
        let before_street = self.end_of_street(place + 1, end).is_some();
        let number_comes = (end..self.words.len()).any(|place| is_number(self.text(place)));
        let ends_address = place > 0 && end == place + 1 && self.has(Number);
        let before_town =
            end > place + 1 && !before_street && (self.has(Number) || place == 0 && (number_comes || self.text(place).len() > 4));
        let after_street = self.text(place).len() == 5 && (self.has(Road) || self.has(Estate)) && !before_street;
        (ends_address || before_town || after_street).then(|| self.push(Postcode, place..place + 1))
    }

    /// The longest known name that begins here, whole.
    fn known(&self, place: usize) -> Option<(ElementKind, usize)> {
        let most = (place + 1..=self.words.len().min(place + MOST_WORDS)).take_while(|end| *end == place + 1 || self.same_part(end - 1));
        let name = |end: usize| self.signs.folded_words(self.words[place].range.start..self.words[end - 1].range.end);
        let found = most.filter_map(|end| {
            let known = self.names.known(&name(end)).iter().find(|known| known.whole)?;
            Some((known.kind, end))
        });
        found.last()
    }

    /// & or "and" between two streets.
    fn joins_roads(&self, place: usize) -> bool {
        let after_road = self.elements.last().is_some_and(|last| last.kind == Road);
        match self.text(place) {
            "&" => true,
            "and" | "at" => after_road && self.words.get(place + 1).is_some(),
            _ => false,
        }
    }

    /// Where the words of a name end that begins here: before a comma, a number, a part of a building, or &.
    fn end_of_name(&self, start: usize) -> usize {
        let mut end = start;
        while end < self.words.len() && (end == start || self.same_part(end)) {
            let text = self.text(end);
            let is_inside = words::INSIDE.iter().any(|(name, _)| *name == text) && self.same_part(end + 1) && is_label(self.text(end + 1));
            let joins = text == "&" || text == "and" && self.end_of_street(start, end).is_some();
            if is_number(text)
                || self.is_number_sign(end)
                || is_inside
                || joins
                || text.ends_with("/f")
                || end > start && self.known(end).is_some()
            {
                break;
            }
            end += 1;
        }
        end
    }

    /// Where a street ends that begins here, by its type: main st, hauptstrasse.
    fn end_of_street(&self, start: usize, end: usize) -> Option<usize> {
        let is_glued = |text: &str| words::GLUED_STREET_ENDS.iter().any(|glued| text.len() > glued.len() + 2 && text.ends_with(glued));
        let is_type = |place: usize| words::STREET_TYPES.contains(&self.text(place));
        let mut last = (start..end.max(start)).find(|place| *place > start && is_type(*place) || is_glued(self.text(*place)))?;
        while last + 1 < end && is_type(last + 1) {
            last += 1;
        }
        let direction = ["n", "s", "e", "w", "ne", "nw", "se", "sw", "north", "south", "east", "west"];
        if last + 1 < end && direction.contains(&self.text(last + 1)) {
            last += 1;
        }
        Some(last + 1)
    }

    /// A name by where it stands: beside the number the street, before it an estate, after it the town.
    fn name(&mut self, place: usize) -> usize {
        let end = self.end_of_name(place);
        if end == place {
            self.penalty += UNKNOWN;
            return self.push(Other, place..place + 1);
        }
        let wants_road = !self.has(Road) || self.elements.last().is_some_and(|last| last.kind == Hint);
        if wants_road {
            if let Some(street) = (place..end).find(|place| words::STREET_BEGINNINGS.contains(&self.text(*place)) && place + 1 < end) {
                return if street == place { self.push(Road, place..end) } else { self.push(Estate, place..street) };
            }
            if let Some(end) = self.end_of_street(place, end) {
                return self.push(Road, place..end);
            }
            self.penalty += UNKNOWN;
            let after_number = self.elements.last().is_some_and(|last| last.kind == Number) && self.same_part(place);
            let street_follows = self.end_of_street(end + 1, self.end_of_name(end + 1)).is_some();
            let before_number = is_number(self.text(end)) && !self.has(Number) && (self.same_part(end) || !street_follows);
            let after_postcode = self.elements.last().is_some_and(|last| last.kind == Postcode);
            if after_postcode {
                return self.push(Town, place..end);
            }
            return self.push(if after_number || before_number { Road } else { Estate }, place..end);
        }
        self.penalty += UNKNOWN;
        let kind = if self.has(Town) { Other } else { Town };
        self.push(kind, place..end)
    }
}

/// 12, 12a, 12-14, 12/3, 221b; not 5th.
fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_lowercase).count();
    text.starts_with(|sign: char| sign.is_ascii_digit())
        && text.len() <= 12
        && text.bytes().all(|sign| sign.is_ascii_digit() || sign.is_ascii_lowercase() || matches!(sign, b'-' | b'/'))
        && letters <= 2
        && letters < digits + 1
        && !["st", "nd", "rd", "th"].iter().any(|ordinal| text.ends_with(ordinal))
}

fn is_fraction(text: &str) -> bool {
    matches!(text.split_once('/'), Some((top, bottom)) if top.len() == 1 && bottom.len() == 1 && is_number(text))
}

/// The name of a part of a building: a number, or one or two letters.
fn is_label(text: &str) -> bool {
    text.bytes().any(|sign| sign.is_ascii_digit()) || text.chars().count() <= 1
}

fn is_ordinal_or_number(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_digit()) || matches!(text, "ground" | "first" | "second" | "third" | "top")
}
