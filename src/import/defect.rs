//! What is wrong with the rows of a source: place, reason and what became of the row, in both languages.

use std::collections::BTreeMap;

use geo_types::Geometry;
use serde::Serialize;

use super::pack::Bilingual;

/// What became of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Note,
    /// The row is kept, but somebody should look.
    Warning,
    /// The row is kept with a changed geometry.
    Repaired,
    /// The row is not kept.
    Rejected,
}

/// The kinds of defects, each with what its sentence needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    NoGeometry,
    /// Kept, found by name and road, but not on the map.
    NoPosition,
    EmptyGeometry,
    UnreadableGeometry {
        reason: String,
    },
    InvalidGeometry {
        reason: String,
    },
    RepairedGeometry {
        reason: String,
        area_change_m2: f64,
    },
    OutsideExtent {
        point: Option<[f64; 2]>,
        extent: [f64; 4],
    },
    OutsideCrs {
        reason: Bilingual,
    },
    WrongGeometryKind {
        wanted: &'static str,
        reason: String,
    },
    RepeatedKey,
    KeptApart {
        distance_m: Option<f64>,
        serial: u32,
    },
    Merged {
        distance_m: Option<f64>,
    },
    NoKey,
    UnreadableText {
        reason: String,
    },
    WrongType {
        field: &'static str,
        value: String,
        wanted: &'static str,
    },
    Unmapped {
        field: String,
        value: String,
    },
    UnknownWord {
        field: &'static str,
        value: String,
    },
    NotInLookup {
        table: String,
        value: String,
    },
    BadPosition {
        x: String,
        y: String,
    },
    LookupConflict {
        table: String,
        keys: usize,
    },
    Shifted {
        against: String,
        east_m: f64,
        north_m: f64,
        pairs: usize,
        like_gcj02: bool,
    },
}

/// One defect at one row.
#[derive(Clone, Debug)]
pub struct Defect {
    pub problem: Problem,
    /// The file's path relative to the source folder; empty when it is about a whole layer.
    pub file: String,
    /// Counted from 1; 0 when it is about the whole file or layer.
    pub row: u64,
    /// What the source calls the feature.
    pub source_id: String,
    /// WGS 84, longitude and latitude.
    pub geometry: Option<Geometry<f64>>,
}

/// All defects of an edition: every one counted, the first of each kind kept.
#[derive(Clone, Debug, Default)]
pub struct Defects {
    kept: Vec<Defect>,
    counts: BTreeMap<&'static str, Tally>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tally {
    pub severity: Severity,
    pub count: u64,
    /// Counted, but not listed one by one because there are too many of this kind.
    pub not_listed: u64,
}

/// How many defects of a kind are listed one by one; rejected rows are always listed up to [`MOST_REJECTED`].
const MOST_OF_A_KIND: u64 = 10_000;
const MOST_REJECTED: u64 = 100_000;

impl Problem {
    /// Stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoGeometry => "no_geometry",
            Self::NoPosition => "no_position",
            Self::EmptyGeometry => "empty_geometry",
            Self::UnreadableGeometry { .. } => "unreadable_geometry",
            Self::InvalidGeometry { .. } => "invalid_geometry",
            Self::RepairedGeometry { .. } => "repaired_geometry",
            Self::OutsideExtent { .. } => "outside_extent",
            Self::OutsideCrs { .. } => "outside_crs",
            Self::WrongGeometryKind { .. } => "wrong_geometry_kind",
            Self::RepeatedKey => "repeated_key",
            Self::KeptApart { .. } => "kept_apart",
            Self::Merged { .. } => "merged",
            Self::NoKey => "no_key",
            Self::UnreadableText { .. } => "unreadable_text",
            Self::WrongType { .. } => "wrong_type",
            Self::Unmapped { .. } => "not_in_value_map",
            Self::UnknownWord { .. } => "unknown_word",
            Self::NotInLookup { .. } => "not_in_lookup",
            Self::BadPosition { .. } => "bad_position",
            Self::LookupConflict { .. } => "lookup_conflict",
            Self::Shifted { .. } => "shifted",
        }
    }

    pub fn severity(&self) -> Severity {
        match self {
            Self::NoPosition | Self::Merged { .. } => Severity::Note,
            Self::RepairedGeometry { .. } => Severity::Repaired,
            Self::NoGeometry
            | Self::EmptyGeometry
            | Self::UnreadableGeometry { .. }
            | Self::InvalidGeometry { .. }
            | Self::OutsideExtent { .. }
            | Self::OutsideCrs { .. }
            | Self::WrongGeometryKind { .. }
            | Self::BadPosition { .. }
            | Self::RepeatedKey => Severity::Rejected,
            _ => Severity::Warning,
        }
    }

    /// The sentence in both languages.
    pub fn text(&self) -> Bilingual {
        let metres = |distance: &Option<f64>| distance.map(|distance| format!("{distance:.1} m"));
        let (zh, en) = match self {
            Self::NoGeometry => ("没有几何，本图层要求有位置".to_owned(), "no geometry, and this layer needs one".to_owned()),
            Self::NoPosition => ("没有坐标，保留为“仅定位到道路”".to_owned(), "no position; kept as “located by road only”".to_owned()),
            Self::EmptyGeometry => ("几何为空".to_owned(), "the geometry is empty".to_owned()),
            Self::UnreadableGeometry { reason } => (format!("几何无法读取：{reason}"), format!("the geometry cannot be read: {reason}")),
            Self::InvalidGeometry { reason } => {
                (format!("几何无效且不能安全修复：{reason}"), format!("the geometry is invalid and cannot be repaired safely: {reason}"))
            }
            Self::RepairedGeometry { reason, area_change_m2 } => (
                format!("几何无效，已修复，面积变化 {area_change_m2:.3} m²：{reason}"),
                format!("the geometry was invalid and has been repaired, area changed by {area_change_m2:.3} m²: {reason}"),
            ),
            Self::OutsideExtent { point, extent: [west, south, east, north] } => {
                let place = point.map(|[x, y]| format!(" ({x:.6}, {y:.6})")).unwrap_or_default();
                (
                    format!("位置{place}超出可信范围 {west}, {south}, {east}, {north}"),
                    format!("the position{place} is outside the believable extent {west}, {south}, {east}, {north}"),
                )
            }
            Self::OutsideCrs { reason } => (reason.zh.clone(), reason.en.clone()),
            Self::WrongGeometryKind { wanted, reason } => {
                (format!("几何类型不符，需要 {wanted}：{reason}"), format!("the wrong kind of geometry, {wanted} is needed: {reason}"))
            }
            Self::RepeatedKey => ("来源编号重复，仅保留第一条".to_owned(), "the key is repeated; only the first row is kept".to_owned()),
            Self::KeptApart { distance_m, serial } => {
                let far = metres(distance_m).unwrap_or_else(|| "?".to_owned());
                (
                    format!("来源编号重复但相距 {far}，作为第 {serial} 个要素分别保留"),
                    format!("the key is repeated {far} away; kept apart as number {serial}"),
                )
            }
            Self::Merged { distance_m } => {
                let far_zh = metres(distance_m).map(|far| format!("（相距 {far}）")).unwrap_or_default();
                let far_en = metres(distance_m).map(|far| format!(" ({far} away)")).unwrap_or_default();
                (format!("来源编号重复，已并入第一条{far_zh}"), format!("the key is repeated; merged with the first row{far_en}"))
            }
            Self::NoKey => (
                "来源编号为空，按内容生成编号".to_owned(),
                "the key is blank; the feature is known by its content and will be another when that changes".to_owned(),
            ),
            Self::UnreadableText { reason } => (format!("文字无法辨认：{reason}"), format!("unreadable text: {reason}")),
            Self::WrongType { field, value, wanted } => (
                format!("字段 {field} 的值“{value}”不是{}，留空", kind_zh(wanted)),
                format!("{value:?} is not {wanted} for the field {field}; left blank"),
            ),
            Self::Unmapped { field, value } => (
                format!("字段 {field} 的值“{value}”不在对照表中，原样保留"),
                format!("{value:?} is not in the value map of {field}; kept as it is"),
            ),
            Self::UnknownWord { field, value } => (
                format!("字段 {field} 不认识“{value}”，该字段留空，原值保留在属性中"),
                format!("{value:?} is not one of the words of {field}; the field is left blank and the value kept among the attributes"),
            ),
            Self::NotInLookup { table, value } => {
                (format!("对照表 {table} 中没有“{value}”"), format!("{value:?} is not in the lookup table {table}"))
            }
            Self::BadPosition { x, y } => (format!("坐标不是数字：{x}，{y}"), format!("the coordinates are not numbers: {x}, {y}")),
            Self::LookupConflict { table, keys } => (
                format!("对照表 {table} 有 {keys} 个键对应多个值，取第一个"),
                format!("{keys} keys of the lookup table {table} have several values; the first was taken"),
            ),
            Self::Shifted { against, east_m, north_m, pairs, like_gcj02 } => {
                let distance = east_m.hypot(*north_m);
                let zh = if *like_gcj02 {
                    "，与 GCJ-02（火星坐标）的偏移一致，请在配置中声明 crs = \"GCJ-02\""
                } else {
                    ""
                };
                let en = if *like_gcj02 { "; that is the shift of GCJ-02: declare crs = \"GCJ-02\" in the profile" } else { "" };
                (
                    format!("整层相对 {against} 偏移约 {distance:.0} m（东 {east_m:.0}，北 {north_m:.0}，{pairs} 对比较）{zh}"),
                    format!(
                        "the layer lies about {distance:.0} m off {against} (east {east_m:.0}, north {north_m:.0}, {pairs} pairs compared){en}"
                    ),
                )
            }
        };
        Bilingual { zh, en }
    }
}

impl Defects {
    pub fn push(&mut self, defect: Defect) {
        let severity = defect.problem.severity();
        let tally = self.counts.entry(defect.problem.code()).or_insert(Tally { severity, count: 0, not_listed: 0 });
        tally.count += 1;
        if tally.count > if severity == Severity::Rejected { MOST_REJECTED } else { MOST_OF_A_KIND } {
            tally.not_listed += 1;
        } else {
            self.kept.push(defect);
        }
    }

    /// Those listed one by one, in the order of the rows.
    pub fn listed(&self) -> &[Defect] {
        &self.kept
    }

    /// By code.
    pub fn tallies(&self) -> &BTreeMap<&'static str, Tally> {
        &self.counts
    }

    pub fn count(&self, code: &str) -> u64 {
        self.counts.get(code).map_or(0, |tally| tally.count)
    }
}

fn kind_zh(kind: &str) -> &str {
    match kind {
        "a whole number" => "整数",
        "a number" => "数值",
        "a day" => "日期",
        other => other,
    }
}
