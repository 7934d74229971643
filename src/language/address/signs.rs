//! A text as folded signs, each of which knows its bytes in the text that was given.

use std::ops::Range;

use super::super::key::{Role, is_unspaced, plain_signs, role};
use super::super::numerals;
use super::{Element, ElementKind};

/// More signs than any address has (the longest of 156,201 in Yilan has 30); what lies beyond is not read.
const MOST_SIGNS: usize = 400;

#[derive(Clone, Copy, Debug)]
pub(super) struct Sign {
    pub sign: char,
    /// Bytes of the given text.
    start: usize,
    end: usize,
    /// Whether a blank or punctuation stood before it.
    pub after_blank: bool,
    /// Whether a comma or the like stood before it.
    pub after_comma: bool,
}

#[derive(Debug)]
pub(super) struct Signs {
    signs: Vec<Sign>,
    unread: Option<Range<usize>>,
}

impl Signs {
    pub fn of(text: &str) -> Signs {
        let mut signs: Vec<Sign> = Vec::new();
        let (mut blank, mut comma) = (false, false);
        for (start, given) in text.char_indices() {
            for sign in plain_signs(given).into_iter().map(variant) {
                let after_digit = signs.last().is_some_and(|last: &Sign| last.sign.is_ascii_digit());
                let kept = match role(sign) {
                    Role::Kept => Some(sign),
                    Role::Nothing => continue,
                    Role::Dash => Some('-'),
                    Role::Blank => Some(sign).filter(|sign| matches!(sign, '#' | '/') && after_digit || *sign == '&'),
                };
                let Some(sign) = kept else {
                    blank = true;
                    comma |= matches!(sign, ',' | ';' | '\n' | '、' | '。' | '(' | ')');
                    continue;
                };
                if signs.len() == MOST_SIGNS {
                    let start = start.max(signs[MOST_SIGNS - 1].end);
                    return Signs { signs, unread: Some(start..text.len()).filter(|unread| !unread.is_empty()) };
                }
                signs.push(Sign { sign, start, end: start + given.len_utf8(), after_blank: blank, after_comma: comma });
                (blank, comma) = (false, false);
            }
        }
        if !signs.iter().any(|sign| sign.sign.is_alphanumeric()) {
            signs.clear();
        }
        Signs { signs, unread: None }
    }

    pub fn is_empty(&self) -> bool {
        self.signs.is_empty()
    }

    pub fn len(&self) -> usize {
        self.signs.len()
    }

    pub fn has_unspaced(&self) -> bool {
        self.signs.iter().any(|sign| is_unspaced(sign.sign))
    }

    pub fn get(&self, place: usize) -> Option<&Sign> {
        self.signs.get(place)
    }

    pub fn at(&self, place: usize) -> Option<char> {
        self.signs.get(place).map(|sign| sign.sign)
    }

    /// Whether an element may begin or end here: not between two signs that were one in the text (½).
    pub fn is_boundary(&self, place: usize) -> bool {
        place == 0 || place >= self.signs.len() || self.signs[place].start >= self.signs[place - 1].end
    }

    pub fn starts_with(&self, place: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(ahead, sign)| self.at(place + ahead) == Some(sign))
    }

    pub fn ends_with(&self, range: Range<usize>, word: &str) -> bool {
        let chars = word.chars().count();
        range.len() >= chars && self.starts_with(range.end - chars, word)
    }

    pub fn is_digit(&self, place: usize) -> bool {
        self.at(place).is_some_and(|sign| sign.is_ascii_digit())
    }

    pub fn is_numeral(&self, place: usize) -> bool {
        self.at(place).is_some_and(|sign| sign.is_ascii_digit() || numerals::is_numeral(sign))
    }

    pub fn is_latin(&self, place: usize) -> bool {
        self.at(place).is_some_and(|sign| sign.is_ascii_lowercase())
    }

    pub fn folded(&self, range: Range<usize>) -> String {
        self.signs[range].iter().map(|sign| sign.sign).collect()
    }

    /// With one blank wherever there was one.
    pub fn folded_words(&self, range: Range<usize>) -> String {
        let mut words = String::new();
        for sign in &self.signs[range] {
            if sign.after_blank && !words.is_empty() {
                words.push(' ');
            }
            words.push(sign.sign);
        }
        words
    }

    pub fn element(&self, kind: ElementKind, range: Range<usize>) -> Element {
        let span = self.signs[range.start].start..self.signs[range.end - 1].end;
        let folded = self.folded_words(range);
        let folded = if self.has_unspaced() { folded.replace(' ', "") } else { folded };
        let value = if kind.is_numbered() { in_digits(&folded) } else { folded };
        Element { kind, span, value }
    }

    /// What was too long to read.
    pub fn unread(&self) -> Option<Element> {
        let span = self.unread.clone()?;
        Some(Element { kind: ElementKind::Other, span, value: String::new() })
    }
}

/// Simplified forms of the signs that end names of roads and estates, beyond the address words of the search key. Source:
/// the sets of generics in `words`, written in traditional characters.
fn variant(sign: char) -> char {
    match sign {
        '園' => '园',
        '廈' => '厦',
        '廣' => '广',
        '場' => '场',
        '莊' => '庄',
        '門' => '门',
        '東' => '东',
        '戶' => '户',
        '衚' => '胡',
        '衕' => '同',
        '橋' => '桥',
        '線' => '线',
        '開' => '开',
        '發' => '发',
        '業' => '业',
        '對' => '对',
        '側' => '侧',
        '邊' => '边',
        '與' => '与',
        '處' => '处',
        '會' => '会',
        '臨' => '临',
        '環' => '环',
        '負' => '负',
        other => other,
    }
}

/// A numbered part with digits for numerals, and 第二村民小组 as 2组.
fn in_digits(folded: &str) -> String {
    let plain = folded.strip_prefix('第').unwrap_or(folded).replace("村民小组", "组").replace('#', "号楼");
    let mut value = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|sign| !numerals::is_numeral(sign)).unwrap_or(rest.len());
        if end == 0 {
            value.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        match numerals::digits(&rest[..end]) {
            Some(digits) => value.push_str(&digits),
            None => value.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    value
}
