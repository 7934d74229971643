//! Toneless Pinyin of a name, for finding it from a Latin keyboard.

use pinyin::{ToPinyin, ToPinyinMulti};

use super::key::search_key;

/// A name as it is typed without tones and blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Romanised {
    /// `zhongzhenglu`
    pub joined: String,
    /// `zzl`
    pub initials: String,
}

/// The Pinyin of a text that has at least one hanzi; letters and digits in it stand for themselves.
///
/// One reading per character, the commonest one, so a place name with a rare reading (六合 Lùhé) is not found by it.
/// `None` without hanzi, or where a sign has no reading.
pub fn romanised(text: &str) -> Option<Romanised> {
    let key = search_key(text);
    let (mut joined, mut initials, mut any) = (String::new(), String::new(), false);
    for sign in key.as_str().chars() {
        if let Some(reading) = sign.to_pinyin() {
            any = true;
            let syllable = search_key(reading.plain());
            joined.push_str(syllable.as_str());
            initials.extend(syllable.as_str().chars().next());
        } else if sign.is_ascii_alphanumeric() {
            joined.push(sign);
            initials.push(sign);
        } else if sign != ' ' {
            return None;
        }
    }
    any.then_some(Romanised { joined, initials })
}

/// At most so many spellings of one text; beyond that only those in which one character is not read in its commonest way.
const SPELLINGS_MAX: usize = 64;

/// Every way of spelling a key in hanzi in joined toneless Pinyin, the one of [`romanised`] first: 朝阳 is `chaoyang` and
/// `zhaoyang`.
/// Letters and digits stand for themselves. Empty where a sign has no reading.
pub fn spellings(key: &str) -> Vec<String> {
    let Some(readings) = key.chars().map(readings).collect::<Option<Vec<_>>>() else { return Vec::new() };
    let ways = readings.iter().try_fold(1usize, |ways, of_sign| ways.checked_mul(of_sign.len()));
    let mut all = vec![String::new()];
    if ways.is_some_and(|ways| ways <= SPELLINGS_MAX) {
        for of_sign in &readings {
            all = all.iter().flat_map(|known| of_sign.iter().map(move |reading| format!("{known}{reading}"))).collect();
        }
        return all;
    }
    let spelt = |other: Option<(usize, usize)>| -> String {
        let reading = |(place, of_sign): (usize, &Vec<String>)| match other {
            Some((sign, reading)) if sign == place => of_sign[reading].clone(),
            _ => of_sign[0].clone(),
        };
        readings.iter().enumerate().map(reading).collect()
    };
    all = vec![spelt(None)];
    for (place, of_sign) in readings.iter().enumerate() {
        all.extend((1..of_sign.len()).map(|reading| spelt(Some((place, reading)))));
    }
    all
}

/// Whether two different hanzi share a reading, tones aside.
pub fn sounds_alike(a: char, b: char) -> bool {
    let (Some(first), Some(second)) = (a.to_pinyin_multi(), b.to_pinyin_multi()) else { return false };
    first.into_iter().any(|reading| second.into_iter().any(|other| other.plain() == reading.plain()))
}

/// Toneless, that of [`romanised`] first, each once.
fn readings(sign: char) -> Option<Vec<String>> {
    if sign.is_ascii_alphanumeric() {
        return Some(vec![sign.to_string()]);
    }
    let all = sign.to_pinyin().into_iter().chain(sign.to_pinyin_multi().into_iter().flatten());
    let mut known: Vec<String> = Vec::new();
    for reading in all {
        let plain = search_key(reading.plain()).into_string();
        if !known.contains(&plain) {
            known.push(plain);
        }
    }
    (!known.is_empty()).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_is_a_spelling_and_the_commonest_comes_first() {
        assert!(["chaoyang1", "zhaoyang1"].iter().all(|spelling| spellings("朝阳1").contains(&(*spelling).to_owned())));
        assert_eq!(spellings("六合")[0], romanised("六合").unwrap().joined);
        assert!(spellings("六合").contains(&"luhe".to_owned()));
        assert!(spellings(&"长".repeat(20)).len() <= SPELLINGS_MAX);
        assert!(spellings("路あ").is_empty());
    }

    #[test]
    fn characters_of_one_sound_are_known() {
        assert!(sounds_alike('正', '证') && sounds_alike('长', '常') && sounds_alike('长', '张'));
        assert!(!sounds_alike('正', '山') && !sounds_alike('a', 'a'));
    }

    #[test]
    fn a_name_is_spelt_joined_and_by_initials() {
        let found = romanised("中正路").unwrap();
        assert_eq!((found.joined.as_str(), found.initials.as_str()), ("zhongzhenglu", "zzl"));
        assert_eq!(romanised("羅東鎮").unwrap().joined, "luodongzhen");
    }

    #[test]
    fn the_two_dots_of_u_are_not_needed() {
        assert_eq!(romanised("绿春县").unwrap().joined, "luchunxian");
    }

    #[test]
    fn a_latin_name_has_no_pinyin() {
        assert_eq!(romanised("Main Street"), None);
        assert_eq!(romanised("路あ"), None);
    }
}
