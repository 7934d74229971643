//! Toneless Pinyin of a name, for finding it from a Latin keyboard.

use pinyin::ToPinyin;

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

#[cfg(test)]
mod tests {
    use super::*;

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
