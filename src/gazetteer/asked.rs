//! A reading of a query as what is looked up: divisions, street, number, and what nobody can look up.

use crate::language::address::{ElementKind, Reading};
use crate::language::search_key;

/// Keys of the parts of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// From the large to the small as they stand in the text.
    pub divisions: Vec<String>,
    /// The same with what they are.
    pub known_divisions: Vec<(ElementKind, String)>,
    /// Road and lane; or the estate or place where there is no road.
    pub street: String,
    pub number: Option<String>,
    /// What stands behind the number inside the house.
    inside: String,
    /// Parts that are looked up nowhere: an occupant, an estate beside a road.
    pub extras: u32,
}

impl Asked {
    /// `None`: there is nothing to look up.
    pub fn of(reading: &Reading, text: &str) -> Option<Self> {
        use ElementKind::*;
        let has_road = reading.first(Road).is_some();
        let mut asked = Self {
            divisions: Vec::new(),
            known_divisions: Vec::new(),
            street: String::new(),
            number: None,
            inside: String::new(),
            extras: 0,
        };
        for element in &reading.elements {
            let key = search_key(&text[element.span.clone()]).into_string();
            match element.kind {
                _ if key.is_empty() => {}
                Country | Postcode | Hint => {}
                kind if kind.is_division() => {
                    asked.divisions.push(key.clone());
                    asked.known_divisions.push((kind, key));
                }
                Road if !asked.street.is_empty() => asked.extras += 1,
                Road | Lane | SubLane => asked.street.push_str(&key),
                Estate | Other if !has_road && asked.street.is_empty() => asked.street = key,
                Number if asked.number.is_none() => asked.number = Some(key),
                Block | Building | Unit | Floor | Room if asked.number.is_some() => asked.inside.push_str(&key),
                _ => asked.extras += 1,
            }
        }
        (!asked.street.is_empty() || asked.number.is_some()).then_some(asked)
    }

    /// The ways the number may be in the register, and whether something is lost in it.
    pub fn numbers(&self) -> Vec<(String, bool)> {
        let Some(number) = &self.number else { return Vec::new() };
        let mut all = Vec::new();
        if !self.inside.is_empty() {
            all.push((format!("{number}{}", self.inside), false));
        }
        let lost = !self.inside.is_empty();
        all.push((number.clone(), lost));
        all.extend(with_other_dash(number).map(|number| (number, lost)));
        if number.ends_with(|sign: char| sign.is_ascii_digit()) {
            all.push((format!("{number}号"), lost));
        }
        if let Some(bare) = number.strip_suffix('号') {
            all.push((bare.to_owned(), lost));
        }
        // of 12-14 the first, of 12a the 12
        let digits = number.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(number.len());
        if digits > 0 && digits < number.len() && !number[digits..].starts_with('号') {
            let unit = if number.ends_with('号') { "号" } else { "" };
            all.push((format!("{}{unit}", &number[..digits]), true));
        }
        all
    }
}

/// 12a for 12-a, and the other way: registers write either. In keys the dash before a letter is a blank.
pub(super) fn with_other_dash(number: &str) -> Option<String> {
    let (digits, rest) = number.split_at(number.find(|sign: char| !sign.is_ascii_digit())?);
    let is_letters = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    match rest.strip_prefix(' ') {
        _ if digits.is_empty() => None,
        Some(letters) => is_letters(letters).then(|| format!("{digits}{letters}")),
        None => is_letters(rest).then(|| format!("{digits} {rest}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_before_a_letter_may_be_there_or_not() {
        let key = |text: &str| search_key(text).into_string();
        assert_eq!(with_other_dash(&key("103A")), Some(key("103-A")));
        assert_eq!(with_other_dash(&key("103-A")), Some(key("103A")));
        for number in ["103", "12-14", "a12", "12号", ""] {
            assert_eq!(with_other_dash(&key(number)), None, "{number}");
        }
    }
}
