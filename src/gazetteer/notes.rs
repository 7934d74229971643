//! What a reader has to be told of a hit that is not plainly what the text says, in Chinese and English.

use super::answer::{Former, Hit, Kind, Part};
use super::parts::How;
use crate::language::address::ElementKind;

/// `None`: the hit is what was asked for. Needs the hit's parts (`Query::reasons`) to name what differs.
pub fn note(hit: &Hit) -> Option<[String; 2]> {
    let notes: Vec<[String; 2]> = of_kind(hit).into_iter().chain(standing(hit)).collect();
    let joined = |language: usize, between: &str| notes.iter().map(|note| note[language].as_str()).collect::<Vec<_>>().join(between);
    (!notes.is_empty()).then(|| [joined(0, ""), joined(1, " ")])
}

/// What has become of the place and of the name that was met.
pub fn standing(hit: &Hit) -> Vec<[String; 2]> {
    [of_former(hit), of_name(hit), of_status(hit)].into_iter().flatten().collect()
}

fn of_kind(hit: &Hit) -> Option<[String; 2]> {
    let part = |how: How| hit.parts.iter().find(|part| part.how == how);
    match hit.matched.kind {
        Kind::Interpolated => {
            let error_m = hit.error_m.unwrap_or_default();
            Some([
                format!("该门牌号不在登记中，位置按道路相邻门牌推算，误差约 {error_m:.0} 米。"),
                format!("This number is not in the register; its place is interpolated along the road, within about {error_m:.0} m."),
            ])
        }
        Kind::Street => Some(["未找到该门牌号，仅定位到道路。".to_owned(), "The number was not found; this is the road.".to_owned()]),
        Kind::NearestNumber => Some([
            "未找到该门牌号，这是同一道路上最接近的门牌。".to_owned(),
            "The number was not found; this is one of the nearest of the same road.".to_owned(),
        ]),
        Kind::Elsewhere | Kind::Partial => {
            let differs = part(How::Differs);
            let extra = part(How::Extra);
            match (differs, extra) {
                (Some(part), _) => {
                    let (asked, found) = (part.asked.as_deref().unwrap_or_default(), part.found.as_deref().unwrap_or_default());
                    Some([
                        format!("与所查不同：所查为「{asked}」，此处为「{found}」。"),
                        format!("Not as asked: \u{201C}{asked}\u{201D} was asked for, this is {found}."),
                    ])
                }
                (None, Some(part)) => {
                    let asked = part.asked.as_deref().unwrap_or_default();
                    Some([format!("登记中没有「{asked}」。"), format!("The register does not have \u{201C}{asked}\u{201D}.")])
                }
                (None, None) => None,
            }
        }
        _ => None,
    }
}

fn of_former(hit: &Hit) -> Option<[String; 2]> {
    let Former { name, since } = hit.former.as_ref()?;
    let now = hit.place.name.as_deref().or(hit.place.address.as_deref())?;
    let [zh, en] = match since {
        Some(day) => [format!("，自{day}起"), format!(" since {day}")],
        None => [String::new(), String::new()],
    };
    Some([format!("「{name}」是曾用名，现名「{now}」{zh}。"), format!("\u{201C}{name}\u{201D} is a former name; now called {now}{en}.")])
}

fn of_name(hit: &Hit) -> Option<[String; 2]> {
    let (zh, en) = match hit.matched.part {
        Part::AlternativeName => ("别名", "another name"),
        Part::ShortName => ("简称", "a short name"),
        _ => return None,
    };
    let is_name = |kind: ElementKind| matches!(kind, ElementKind::Estate | ElementKind::Road) || kind.is_division();
    let asked = hit.parts.iter().find(|part| is_name(part.part) && part.asked.is_some())?;
    let (text, name) = (asked.found.as_deref()?, hit.place.name.as_deref()?);
    Some([format!("「{text}」是{zh}，今称「{name}」。"), format!("\u{201C}{text}\u{201D} is {en}; now called {name}.")])
}

fn of_status(hit: &Hit) -> Option<[String; 2]> {
    let (zh, en) = match hit.place.status.as_deref()? {
        "historical" => ("该地名已废止。", "This name is no longer in use."),
        "cancelled" => {
            let day = hit.place.cancelled_on.map(|day| day.to_string()).unwrap_or_default();
            return Some([format!("已注销，自{day}起。"), format!("Cancelled since {day}.")]);
        }
        "reserved" => ("该地名为预留名称，尚未使用。", "This name is reserved and not yet in use."),
        _ => return None,
    };
    Some([zh.to_owned(), en.to_owned()])
}
