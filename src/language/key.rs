//! The search key: what is left of a text when everything is taken away that people do not mean to say.

use std::fmt;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::numerals;
use super::simplified::simplified;

/// A text in the form in which texts are compared. Equal keys mean: the same to somebody who searches.
///
/// What a key holds may grow finer or coarser from one version to the next; it is never stored or shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SearchKey(String);

impl SearchKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Without blanks, as Pinyin is compared.
    pub fn compact(&self) -> String {
        self.0.replace(' ', "")
    }

    /// The key that this one may be on the way to: a numeral at its end in digits, since 中山路一 may become 中山路一段,
    /// whose key is 中山路1段. `None` when it does not end in one.
    pub fn with_final_numeral_as_digits(&self) -> Option<SearchKey> {
        let start = self.0.trim_end_matches(numerals::is_numeral).len();
        let digits = numerals::digits(&self.0[start..])?;
        Some(SearchKey(format!("{}{digits}", &self.0[..start])))
    }
}

impl fmt::Debug for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Whether words of this script are written without blanks between them (hanzi, kana, bopomofo).
pub fn is_unspaced(sign: char) -> bool {
    matches!(sign, '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3040}'..='\u{312F}'
        | '\u{31A0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The key of a text:
/// 1. Unicode NFKC (full width becomes half width), lower case, Latin diacritics removed, letters like ß and ø in their
///    plain spelling, traditional characters as the simplified ones (one for one, without regard to the word);
/// 2. dashes of all kinds, ~ and 之 between numbers become `-`; `/` stays between numbers; apostrophes vanish; all other
///    punctuation counts as a blank; blanks are one space between words, and nothing beside hanzi and kana;
/// 3. Chinese numerals become digits in front of an address unit (三段 = 3段, 十八號 = 18号); in names (文三路) they stay.
///
/// A key is its own key. Any text has one; that of a text of punctuation is empty.
pub fn search_key(text: &str) -> SearchKey {
    let signs = plainly_folded(text).unwrap_or_else(|| folded(text));
    SearchKey(digits_before_units(joined(&signs)))
}

const LATIN_FIRST: char = '\u{C0}';
const LATIN_LAST: char = '\u{17F}';

/// What each letter from [`LATIN_FIRST`] to [`LATIN_LAST`] (ä, é, ł) becomes by rule 1.
static LATIN: LazyLock<Box<[Box<[char]>]>> = LazyLock::new(|| {
    let whole = |sign: char| folded(sign.encode_utf8(&mut [0; 4])).into();
    (LATIN_FIRST..=LATIN_LAST).map(whole).collect()
});

/// Rule 1 for texts of signs that become what they become whatever stands beside them: ASCII, Latin letters in one sign, the main
/// block of hanzi. `None`: there are others.
fn plainly_folded(text: &str) -> Option<Vec<char>> {
    let mut signs = Vec::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            _ if is_plain(sign) => signs.push(fold_plain(sign)),
            LATIN_FIRST..=LATIN_LAST => signs.extend(&*LATIN[sign as usize - LATIN_FIRST as usize]),
            _ => return None,
        }
    }
    Some(signs)
}

/// Signs that no Unicode normalisation changes: ASCII and the main block of hanzi.
fn is_plain(sign: char) -> bool {
    sign.is_ascii() || matches!(sign, '\u{4E00}'..='\u{9FFF}')
}

/// What one sign becomes by rule 1, before anything is read in its surroundings: most often one sign, none for a mark that
/// only changes the one before it.
pub(super) fn plain_signs(sign: char) -> Vec<char> {
    let mut bytes = [0; 4];
    let text = sign.encode_utf8(&mut bytes);
    plainly_folded(text).unwrap_or_else(|| folded(text))
}

fn fold_plain(sign: char) -> char {
    if sign.is_ascii() { sign.to_ascii_lowercase() } else { plain_hanzi(sign) }
}

fn folded(text: &str) -> Vec<char> {
    let mut spaced = String::with_capacity(text.len());
    for sign in text.chars() {
        // 18½ is 18 1/2, not 181/2
        if matches!(sign, '\u{BC}'..='\u{BE}' | '\u{2150}'..='\u{215F}' | '\u{2189}') {
            spaced.push(' ');
        }
        spaced.push(sign);
    }
    let mut now: Vec<char> = spaced.chars().collect();
    // one round is enough for nearly every text; a few signs need their lower case composed anew
    for _ in 0..4 {
        let compatible = now.iter().copied().nfkc().flat_map(char::to_lowercase);
        let bare = compatible.nfd().filter(|sign| !matches!(sign, '\u{300}'..='\u{36F}')).nfc();
        let next: Vec<char> = bare.flat_map(|sign| plain_letters(sign).chars().chain(kept(sign))).collect();
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// The plain spelling of letters that have no decomposition; empty for all others.
fn plain_letters(sign: char) -> &'static str {
    match sign {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ς' => "σ",
        '\u{2044}' => "/",
        _ => "",
    }
}

fn kept(sign: char) -> Option<char> {
    plain_letters(sign).is_empty().then(|| plain_hanzi(sign))
}

/// The simplified form, one sign for one sign, and one sign for both ways of writing an address word.
fn plain_hanzi(sign: char) -> char {
    match sign {
        '衖' => '巷',
        other => simplified(other),
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role {
    Kept,
    Blank,
    Dash,
    Nothing,
}

pub(super) fn role(sign: char) -> Role {
    match sign {
        _ if sign.is_ascii_alphanumeric() => Role::Kept,
        '-' | '~' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{301C}' | '\u{2E3A}' | '\u{2E3B}' => Role::Dash,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{2BC}' | '`' | '\u{B4}' => Role::Nothing,
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' => {
            Role::Nothing
        }
        _ if sign.is_alphanumeric() => Role::Kept,
        _ if sign.is_ascii() || sign.is_whitespace() || sign.is_control() => Role::Blank,
        '\u{A1}'..='\u{BF}' | '\u{2000}'..='\u{206F}' | '\u{3001}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}' | '\u{30FB}' => {
            Role::Blank
        }
        // symbols, rare marks and private characters may be all that a name has
        _ => Role::Kept,
    }
}

fn counts(sign: char) -> bool {
    sign.is_ascii_digit() || numerals::is_numeral(sign)
}

fn joined(signs: &[char]) -> Vec<char> {
    let mut key: Vec<char> = Vec::with_capacity(signs.len());
    let mut place = 0;
    let mut blank = false;
    while place < signs.len() {
        let sign = signs[place];
        let joins = matches!(sign, '之' | '/') || role(sign) == Role::Dash;
        if joins && key.last().is_some_and(|last| counts(*last)) {
            let next = signs[place + 1..].iter().position(|next| role(*next) == Role::Kept && !matches!(next, '之'));
            let next = next.map(|ahead| signs[place + 1 + ahead]);
            if next.is_some_and(counts) {
                key.push(if sign == '/' { '/' } else { '-' });
                blank = false;
                place += 1;
                while place < signs.len() && !counts(signs[place]) {
                    place += 1;
                }
                continue;
            }
            // 2之 is on the way to 2之2; nothing follows it that could tell
            if sign == '之' && next.is_none() && !signs[place + 1..].iter().any(|next| role(*next) == Role::Kept) {
                break;
            }
        }
        match role(sign) {
            Role::Nothing => {}
            Role::Blank | Role::Dash => blank = true,
            Role::Kept => {
                let between_words = key.last().is_some_and(|last| !is_unspaced(*last)) && !is_unspaced(sign);
                // a mark that stood apart must not come to stand on the sign before it
                if blank && (between_words || (!key.is_empty() && is_combining_mark(sign))) {
                    key.push(' ');
                }
                blank = false;
                key.push(sign);
            }
        }
        place += 1;
    }
    key
}

/// Units whose number is written either way.
fn is_unit(sign: char) -> bool {
    matches!(sign, '段' | '号' | '巷' | '弄' | '邻' | '楼' | '层' | '室' | '栋' | '幢' | '座' | '单' | '组' | '队')
}

fn digits_before_units(signs: Vec<char>) -> String {
    if !signs.iter().copied().any(numerals::is_numeral) {
        return signs.into_iter().collect();
    }
    // from the end, so that 三-五号 sees 5号 when it comes to 三
    let mut key: Vec<char> = Vec::with_capacity(signs.len());
    let mut end = signs.len();
    while end > 0 {
        let start = signs[..end].iter().rposition(|sign| !numerals::is_numeral(*sign)).map_or(0, |place| place + 1);
        if start == end {
            end -= 1;
            key.push(signs[end]);
            continue;
        }
        let followed = match key.last() {
            Some('-') => key.len() > 1 && key[key.len() - 2].is_ascii_digit(),
            Some(sign) => is_unit(*sign),
            None => false,
        };
        let numeral: String = signs[start..end].iter().collect();
        match numerals::digits(&numeral).filter(|_| followed) {
            Some(digits) => key.extend(digits.chars().rev()),
            None => key.extend(numeral.chars().rev()),
        }
        end = start;
    }
    key.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> String {
        search_key(text).into_string()
    }

    #[test]
    fn width_case_and_diacritics_do_not_count() {
        assert_eq!(key("ＭＡＩＮ　Ｓｔ．"), "main st");
        assert_eq!(key("Straße"), key("STRASSE"));
        assert_eq!(key("Lǚshùn Kǒu"), "lushun kou");
        assert_eq!(key("Ærøskøbing"), "aeroskobing");
        assert_eq!(key("文三路４７８号"), "文三路478号");
    }

    #[test]
    fn blanks_vanish_beside_hanzi_and_stay_between_words() {
        assert_eq!(key("中正路 12 號"), "中正路12号");
        assert_eq!(key("  Saint-Denis,  Main   St "), "saint denis main st");
        assert_eq!(key("O'Brien’s"), "obriens");
        assert_eq!(key("MRT 中山"), "mrt中山");
    }

    #[test]
    fn all_signs_between_numbers_are_one_dash() {
        for text in ["2之2號", "2-2號", "2－2号", "2 – 2 號", "2~2號", "二之二號"] {
            assert_eq!(key(text), "2-2号", "{text}");
        }
        assert_eq!(key("8樓之3"), "8楼之3");
        assert_eq!(key("12/3"), "12/3");
        assert_eq!(key("18½ Main"), "18 1/2 main");
        assert_eq!(key("2之"), "2");
    }

    #[test]
    fn numerals_count_as_digits_before_a_unit_only() {
        assert_eq!(key("五結中路三段"), key("五結中路3段"));
        assert_eq!(key("文三路四百七十八号三幢五〇一室"), "文三路478号3幢501室");
        assert_eq!(key("東四十二條21號"), "东四十二条21号");
        assert_eq!(key("羅東鎮"), key("罗东镇"));
    }

    #[test]
    fn a_numeral_at_the_end_may_become_a_section() {
        assert_eq!(search_key("中山路一").with_final_numeral_as_digits(), Some(search_key("中山路1")));
        assert_eq!(search_key("中山路").with_final_numeral_as_digits(), None);
    }

    #[test]
    fn dakuten_and_hangul_survive() {
        assert_eq!(key("がぎ"), "がぎ");
        assert_eq!(key("か \u{3099}"), "か \u{3099}");
        assert_eq!(key("서울"), "서울");
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,24}") {
            let once = key(&text);
            prop_assert_eq!(key(&once), once);
        }

        #[test]
        fn a_key_of_address_signs_is_its_own_key(text in "[0-9一二十百〇之號号巷段路aB '/~,-]{0,14}") {
            let once = key(&text);
            prop_assert_eq!(key(&once), once);
        }

        #[test]
        fn the_short_way_for_plain_signs_gives_the_same(text in "[ -~À-ſ一-龥]{0,20}") {
            let long = SearchKey(digits_before_units(joined(&folded(&text))));
            prop_assert_eq!(search_key(&text), long);
        }
    }
}
