//! The ways in which one Western street is written: Main St, Main Street; Hauptstr, Hauptstrasse.

/// Street types whole and short. Source: USPS Publication 28, appendix C1 (the common ones).
const TYPES: &[&[&str]] = &[
    &["street", "st", "str"],
    &["road", "rd"],
    &["avenue", "ave", "av"],
    &["lane", "ln"],
    &["drive", "dr"],
    &["court", "ct"],
    &["place", "pl"],
    &["square", "sq"],
    &["terrace", "ter", "terr"],
    &["boulevard", "blvd"],
    &["highway", "hwy"],
    &["parkway", "pkwy"],
    &["circle", "cir"],
    &["crescent", "cres"],
    &["alley", "aly"],
    &["turnpike", "tpke"],
];
/// Directions and the word that comes first.
const WORDS: &[&[&str]] = &[&["north", "n"], &["south", "s"], &["east", "e"], &["west", "w"], &["saint", "st", "sankt"], &["mount", "mt"]];

/// A street as it is and with each of its words in its other spellings, one at a time; hanzi and unknown words stay alone.
pub fn street_spellings(street: &str) -> Vec<String> {
    let mut all = vec![street.to_owned()];
    if !street.is_ascii() {
        return all;
    }
    let words: Vec<&str> = street.split(' ').collect();
    let with = |place: usize, other: &str| {
        let mut changed = words.clone();
        changed[place] = other;
        changed.join(" ")
    };
    for (place, word) in words.iter().enumerate() {
        let tables = if place > 0 { [TYPES, WORDS] } else { [WORDS, &[]] };
        for group in tables.into_iter().flatten().filter(|group| group.contains(word)) {
            all.extend(group.iter().filter(|other| *other != word).map(|other| with(place, other)));
        }
        for (end, other) in [("strasse", "str"), ("str", "strasse"), ("straat", "str")] {
            if let Some(stem) = word.strip_suffix(end).filter(|stem| stem.len() > 2) {
                all.push(with(place, &format!("{stem}{other}")));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::street_spellings;

    #[test]
    fn a_street_type_is_written_whole_or_short() {
        assert!(street_spellings("main street").contains(&"main st".to_owned()));
        assert!(street_spellings("hauptstr").contains(&"hauptstrasse".to_owned()));
        assert!(street_spellings("st james ave").contains(&"saint james ave".to_owned()));
        assert_eq!(street_spellings("中正路"), ["中正路"]);
        assert_eq!(street_spellings(""), [""]);
    }
}
