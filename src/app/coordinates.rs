//! A longitude and a latitude as people type them into a search box.

/// Longitude and latitude in degrees; `None` for any other text. Without marks two numbers are latitude and longitude, as maps
/// show them, unless only the other order is possible: 24.75,121.75 and 121.75 24.75 are the same place.
pub fn coordinates(text: &str) -> Option<[f64; 2]> {
    if text.len() > 100 {
        return None;
    }
    let plain: String = text.chars().map(half_width).collect();
    let mut values: Vec<Value> = Vec::new();
    let mut rest = plain.trim();
    while !rest.is_empty() {
        let (value, after) = Value::read(rest)?;
        values.push(value);
        rest = after.trim_start_matches(|sign: char| sign.is_whitespace() || matches!(sign, ',' | ';' | '/'));
    }
    let [a, b] = values[..] else { return None };
    // whole numbers alone (12 34) are hardly ever meant so
    if !(a.is_marked || a.has_fraction) || !(b.is_marked || b.has_fraction) {
        return None;
    }
    let [lon, lat] = match (a.is_latitude, b.is_latitude) {
        (Some(true), Some(true)) | (Some(false), Some(false)) => return None,
        (Some(true), _) | (_, Some(false)) => [b.degrees, a.degrees],
        (Some(false), _) | (_, Some(true)) => [a.degrees, b.degrees],
        (None, None) if a.degrees.abs() > 90.0 => [a.degrees, b.degrees],
        (None, None) => [b.degrees, a.degrees],
    };
    (lon.abs() <= 180.0 && lat.abs() <= 90.0).then_some([lon, lat])
}

#[derive(Clone, Copy)]
struct Value {
    degrees: f64,
    has_fraction: bool,
    is_marked: bool,
    is_latitude: Option<bool>,
}

impl Value {
    /// The value with which a text begins, and the rest: 24.75, N24°45'00", 24°45'N, 北纬24.75.
    fn read(text: &str) -> Option<(Self, &str)> {
        let (mut side, mut rest) = side(text);
        let mut value = Self { degrees: 0.0, has_fraction: false, is_marked: side.is_some(), is_latitude: None };
        let negative = rest.starts_with('-');
        rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        let mut unit = 1.0;
        let mut any = false;
        for marks in [&['°', '度'][..], &['\'', '′', '分', '’'], &['"', '″', '秒', '”']] {
            let end = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(rest.len());
            let Ok(number) = rest[..end].parse::<f64>() else { break };
            let marked = rest[end..].chars().next().filter(|mark| marks.contains(mark));
            if unit > 1.0 && (marked.is_none() || number >= 60.0) {
                return None;
            }
            value.degrees += number / unit;
            any = true;
            value.has_fraction |= rest[..end].contains('.');
            rest = &rest[end..];
            let Some(mark) = marked else { break };
            value.is_marked = true;
            rest = rest[mark.len_utf8()..].trim_start_matches(' ');
            unit *= 60.0;
        }
        if !any {
            return None;
        }
        if side.is_none() {
            let (behind, after) = self::side(rest.trim_start());
            if behind.is_some() {
                (side, rest) = (behind, after);
                value.is_marked = true;
            }
        }
        let turned = side.is_some_and(|(_, turned)| turned);
        value.is_latitude = side.map(|(is_latitude, _)| is_latitude);
        value.degrees *= if negative != turned { -1.0 } else { 1.0 };
        // 12abc and 1.2.3 are no coordinates
        let goes_on = rest.chars().next().is_some_and(|next| !next.is_whitespace() && !matches!(next, ',' | ';' | '/') && side.is_none());
        (!goes_on).then_some((value, rest))
    }
}

/// Whether it is a latitude, and whether it counts backwards.
type Side = (bool, bool);

fn side(text: &str) -> (Option<Side>, &str) {
    let words: [(&str, Side); 12] = [
        ("北纬", (true, false)),
        ("北緯", (true, false)),
        ("南纬", (true, true)),
        ("南緯", (true, true)),
        ("东经", (false, false)),
        ("東經", (false, false)),
        ("西经", (false, true)),
        ("西經", (false, true)),
        ("n", (true, false)),
        ("s", (true, true)),
        ("e", (false, false)),
        ("w", (false, true)),
    ];
    for (word, side) in words {
        if let Some(head) = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)) {
            return (Some(side), text[head.len()..].trim_start_matches([' ', ':', '：']));
        }
    }
    (None, text)
}

fn half_width(sign: char) -> char {
    match sign {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(sign as u32 - 0xFEE0).unwrap_or(sign),
        '、' => ',',
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::coordinates;
    use proptest::prelude::*;

    #[test]
    fn a_place_is_read_however_its_coordinates_are_written() {
        for text in [
            "24.75,121.75",
            "121.75 24.75",
            "121.75，24.75",
            "２４.７５、１２１.７５",
            "N24.75 E121.75",
            "121.75E, 24.75N",
            "24°45'N 121°45'E",
            "24°45′00″N, 121°45′00″E",
            "北纬24度45分 东经121度45分",
            "東經121.75 北緯24.75",
        ] {
            assert_eq!(coordinates(text), Some([121.75, 24.75]), "{text}");
        }
        assert_eq!(coordinates("-33.9, -70.5"), Some([-70.5, -33.9]));
        assert_eq!(coordinates("33.9S 70.5W"), Some([-70.5, -33.9]));
    }

    #[test]
    fn what_is_no_place_is_left_to_the_names() {
        for text in
            ["", "12", "12 34", "24.75", "24.75 121.75 3.5", "12.5 Main St", "2.5号 3.5号", "200.5 300.5", "1.2.3 4.5", "N24.5 N24.5"]
        {
            assert_eq!(coordinates(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_left(text in "\\PC{0,120}", signs in "[0-9NSEW°'\"., 北纬东经-]{0,40}") {
            for text in [text, signs] {
                if let Some([lon, lat]) = coordinates(&text) {
                    prop_assert!(lon.abs() <= 180.0 && lat.abs() <= 90.0);
                }
            }
        }
    }
}
