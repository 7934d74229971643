//! Traditional characters as simplified ones, for comparing: 羅東 and 罗东 are the same to somebody who searches.

use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

const FIRST: char = '\u{4E00}';
const LAST: char = '\u{9FFF}';

/// For each sign from [`FIRST`] to [`LAST`] its simplified form.
static FORMS: LazyLock<Box<[char]>> = LazyLock::new(|| {
    let converter = OpenCC::from_config(BuiltinConfig::T2s).expect("the table is part of the program");
    let once = |sign: char| {
        let converted = converter.convert(sign.encode_utf8(&mut [0; 4]));
        let mut signs = converted.chars();
        let only = signs.next().filter(|one| signs.next().is_none() && (FIRST..=LAST).contains(one));
        only.unwrap_or(sign)
    };
    // the form of a variant may be traditional itself
    let form = |sign: char| once(once(sign));
    (FIRST..=LAST).map(form).collect()
});

/// The simplified form of a character by the table of the OpenCC project, one for one; any other sign is its own.
///
/// Where the form depends on the word (乾 in 乾隆 and in 乾杯) the commoner one is taken for all: for comparing only.
pub(super) fn simplified(sign: char) -> char {
    match u32::from(sign).checked_sub(u32::from(FIRST)) {
        Some(place) => FORMS.get(place as usize).copied().unwrap_or(sign),
        None => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_characters_become_simplified_ones_and_these_stay() {
        let text: String = "羅東鎮龜山島臺灣號里乾a\u{3400}".chars().map(simplified).collect();
        assert_eq!(text, "罗东镇龟山岛台湾号里干a\u{3400}");
    }

    #[test]
    fn a_simplified_form_is_its_own() {
        for sign in FIRST..=LAST {
            assert_eq!(simplified(simplified(sign)), simplified(sign), "{sign}");
        }
    }
}
