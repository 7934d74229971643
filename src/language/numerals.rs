//! Chinese numerals as digits (三十二 = 32, 五〇一 = 501), where an address means a number by them.

/// Signs that make up a Chinese numeral.
pub(super) fn is_numeral(sign: char) -> bool {
    value(sign).is_some() || multiplier(sign).is_some()
}

/// The number that a Chinese numeral below 10,000 writes, in digits. `None` when the signs are not one:
/// colloquial forms (百二), a lone 百 or 千, anything else.
pub fn digits(numeral: &str) -> Option<String> {
    let signs: Vec<char> = numeral.chars().collect();
    if signs.is_empty() || signs.len() > 9 {
        return None;
    }
    if let Some(places) = signs.iter().map(|sign| value(*sign)).collect::<Option<Vec<u32>>>() {
        return Some(places.iter().map(|place| char::from(b'0' + *place as u8)).collect());
    }
    let (mut total, mut pending, mut last, mut zero) = (0, None, 10_000, false);
    for (place, sign) in signs.iter().enumerate() {
        if let Some(step) = multiplier(*sign) {
            let times = match pending.take() {
                Some(times) => times,
                None if place == 0 && step == 10 => 1,
                None => return None,
            };
            if step >= last {
                return None;
            }
            total += times * step;
            last = step;
            zero = false;
        } else {
            match value(*sign)? {
                0 if place > 0 && pending.is_none() => zero = true,
                digit @ 1.. if pending.is_none() => pending = Some(digit),
                _ => return None,
            }
        }
    }
    match pending {
        Some(_) if last == 1 => return None,
        // 百二 is 120 in speech, 一百二 too: not decided here
        Some(_) if last > 10 && !zero => return None,
        Some(ones) => total += ones,
        None if zero => return None,
        None => {}
    }
    Some(total.to_string())
}

fn value(sign: char) -> Option<u32> {
    Some(match sign {
        '〇' | '零' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn multiplier(sign: char) -> Option<u32> {
    match sign {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_numbers_become_digits() {
        for (numeral, expected) in [
            ("一", "1"),
            ("十", "10"),
            ("十八", "18"),
            ("二十", "20"),
            ("四百七十八", "478"),
            ("一百零五", "105"),
            ("一千零一十", "1010"),
            ("三千二百", "3200"),
            ("五〇一", "501"),
            ("一二", "12"),
        ] {
            assert_eq!(digits(numeral).as_deref(), Some(expected), "{numeral}");
        }
    }

    #[test]
    fn what_is_not_a_plain_number_is_left_alone() {
        for numeral in ["", "百", "百二", "一百二", "十十", "二十百", "路", "零十", "一百零"] {
            assert_eq!(digits(numeral), None, "{numeral}");
        }
    }

    #[test]
    fn every_number_below_ten_thousand_comes_back() {
        let signs = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
        for number in 1..10_000usize {
            let (mut text, mut gap) = (String::new(), false);
            for (step, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
                match number / step % 10 {
                    0 => gap = !text.is_empty(),
                    digit => {
                        if std::mem::take(&mut gap) {
                            text += "零";
                        }
                        text += signs[digit];
                        text += name;
                    }
                }
            }
            assert_eq!(digits(&text), Some(number.to_string()), "{text}");
        }
    }
}
