//! In words, what of an address differs from what was found, part by part.

use crate::gazetteer::{How, Kind, PartMatch, Resolution, standing};
use crate::language::address::ElementKind;

/// `路：错字（文山路→文三路）；村：未写`
pub(super) fn differences(parts: &[PartMatch], is_english: bool) -> String {
    let said = |part: &PartMatch| {
        let (name, how) = (pick(part_name(part.part), is_english), pick(how_name(part.how), is_english));
        let change = match (&part.asked, &part.found) {
            (Some(asked), Some(found)) => format!("{asked}→{found}"),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => String::new(),
        };
        match (change.is_empty(), is_english) {
            (true, false) => format!("{name}：{how}"),
            (false, false) => format!("{name}：{how}（{change}）"),
            (true, true) => format!("{name}: {how}"),
            (false, true) => format!("{name}: {how} ({change})"),
        }
    };
    let all: Vec<String> = parts.iter().filter(|part| part.how != How::Exact).map(said).collect();
    all.join(if is_english { "; " } else { "；" })
}

/// What a reader of the row should know besides.
pub(super) fn note(resolution: &Resolution, is_english: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let mut say = |zh: String, en: String| notes.push(if is_english { en } else { zh });
    let Some(hit) = &resolution.hit else {
        say("未找到".into(), "not found".into());
        if resolution.truncated {
            say("搜索未完成，可能有遗漏".into(), "the search stopped at its limit and may have missed it".into());
        }
        return notes;
    };
    if resolution.rivals > 0 {
        let count = resolution.rivals;
        say(format!("另有 {count} 处同样相符"), format!("{count} other place(s) fit as well"));
    }
    match hit.matched.kind {
        Kind::NearestNumber => {
            say("没有这个号，所示为同路最近的号".into(), "there is no such number; this is the nearest of its road".into())
        }
        Kind::Street => say("没有这个号，所示为道路".into(), "there is no such number; this is the road".into()),
        Kind::Interpolated => {
            let within = hit.error_m.map(|metres| format!("{metres:.0} m")).unwrap_or_default();
            say(format!("按相邻号推算的位置，误差 {within}"), format!("interpolated between known numbers, within {within}"));
        }
        Kind::Prefix | Kind::Substring => say("只与名称的一部分相符".into(), "only a part of the name is met".into()),
        _ => {}
    }
    for [zh, en] in standing(hit) {
        say(zh.trim_end_matches('。').to_owned(), en.trim_end_matches('.').to_owned());
    }
    if hit.place.position.is_none() {
        say("已登记，但无位置".into(), "registered, but without a position".into());
    }
    if resolution.truncated {
        say("搜索未完成，可能有更好的结果".into(), "the search stopped at its limit; a better place may be missing".into());
    }
    notes
}

fn pick((zh, en): (&'static str, &'static str), is_english: bool) -> &'static str {
    if is_english { en } else { zh }
}

fn how_name(how: How) -> (&'static str, &'static str) {
    match how {
        How::Exact => ("相同", "same"),
        How::Script => ("繁简不同", "other script"),
        How::Sound => ("同音", "same sound"),
        How::Typo => ("错字", "typo"),
        How::LeftOut => ("未写", "left out"),
        How::Extra => ("登记中没有", "not in the register"),
        How::Interpolated => ("推算", "interpolated"),
        How::Former => ("曾用名", "former name"),
        How::Differs => ("不同", "differs"),
    }
}

fn part_name(part: ElementKind) -> (&'static str, &'static str) {
    match part {
        ElementKind::Country => ("国家", "country"),
        ElementKind::Province => ("省", "province"),
        ElementKind::City => ("市", "city"),
        ElementKind::County => ("区县", "county"),
        ElementKind::DevelopmentZone => ("开发区", "development zone"),
        ElementKind::Town => ("乡镇街道", "town"),
        ElementKind::Community => ("村社区", "village"),
        ElementKind::Group => ("组邻", "neighbourhood"),
        ElementKind::Road => ("道路", "road"),
        ElementKind::Lane => ("巷弄", "lane"),
        ElementKind::SubLane => ("支弄", "sub-lane"),
        ElementKind::Number => ("门牌号", "number"),
        ElementKind::Estate => ("小区或名称", "name"),
        ElementKind::Block => ("组团", "block"),
        ElementKind::Building => ("楼栋", "building"),
        ElementKind::Unit => ("单元", "unit"),
        ElementKind::Floor => ("楼层", "floor"),
        ElementKind::Room => ("房号", "room"),
        ElementKind::Occupant => ("单位或人名", "occupant"),
        ElementKind::Postcode => ("邮编", "postcode"),
        ElementKind::Hint => ("方位词", "hint"),
        ElementKind::Other => ("其他文字", "other text"),
    }
}
