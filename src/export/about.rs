//! What is said of a file beside its features: of which city, of what time, in which system, and on which terms it may be used.

use std::fmt::Write;

use crate::crs::Crs;
use crate::domain::{Field, Layer};
use crate::formats::write::{Column, Losses};
use crate::store::AsOf;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

/// Whose the data are.
#[derive(Clone, Debug)]
pub struct About {
    pub city: Bilingual,
    /// Such as that the city is fictional.
    pub notice: Option<Bilingual>,
    pub attribution: Vec<Bilingual>,
    pub licence: Vec<String>,
}

/// What a file stands for.
pub(super) struct Standing<'a> {
    pub layer: Layer,
    pub crs: &'a Crs,
    pub as_of: AsOf,
    pub sequence: u64,
    pub public: bool,
    pub features: u64,
    pub unlocated: u64,
}

impl Bilingual {
    pub(super) fn joined(&self) -> String {
        if self.zh == self.en { self.zh.clone() } else { format!("{} / {}", self.zh, self.en) }
    }
}

impl About {
    pub(super) fn attribution(&self) -> String {
        self.attribution.iter().map(Bilingual::joined).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn licence(&self) -> String {
        self.licence.join("; ")
    }

    /// Names and texts for formats with a place for them; those without a text are left out.
    pub(super) fn members(&self, standing: &Standing<'_>) -> Vec<(&'static str, String)> {
        let title = standing.layer.title();
        let notice = self.notice.as_ref().map(Bilingual::joined).unwrap_or_default();
        let members = [
            ("city", self.city.joined()),
            ("layer", standing.layer.id().to_owned()),
            ("title", format!("{} / {}", title.zh, title.en)),
            ("notice", notice),
            ("attribution", self.attribution()),
            ("licence", self.licence()),
            ("coordinate_system", system(standing.crs)),
            ("sequence", standing.sequence.to_string()),
            ("held_on", standing.as_of.on.to_string()),
            ("as_known_at", standing.as_of.known_at.map(|time| time.to_rfc3339()).unwrap_or_default()),
            ("view", if standing.public { "public" } else { "full" }.to_owned()),
        ];
        members.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }

    /// The text beside a file whose format has no place for all this.
    pub(super) fn text(&self, standing: &Standing<'_>, columns: &[Column], losses: &Losses, names: &[String]) -> String {
        let mut out = String::new();
        let mut line = |zh: &str, en: &str, text: &str| {
            if !text.is_empty() {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{zh} / {en}: {text}");
            }
        };
        let title = standing.layer.title();
        line("城市", "City", &self.city.joined());
        line("说明", "Notice", &self.notice.as_ref().map(Bilingual::joined).unwrap_or_default());
        line("图层", "Layer", &format!("{} / {} ({})", title.zh, title.en, standing.layer));
        line("文件", "Files", &names.join(", "));
        line("要素数", "Features", &standing.features.to_string());
        line("其中无位置", "Of these without a position", &standing.unlocated.to_string());
        line("坐标系", "Coordinate system", &system(standing.crs));
        line("坐标顺序", "Order of coordinates", "x 向东、y 向北 / x east, y north");
        line("有效日期", "As it held on", &standing.as_of.on.to_string());
        line("登记时间", "As it was known at", &standing.as_of.known_at.map(|time| time.to_rfc3339()).unwrap_or_default());
        line("序号", "Sequence", &standing.sequence.to_string());
        line("内容", "View", if standing.public { "公开 / public" } else { "完整 / full" });
        line("数据来源", "Attribution", &self.attribution());
        line("许可", "Licence", &self.licence());
        for loss in told(losses) {
            line("格式所限", "Limit of the format", &loss);
        }
        out.push_str("\n字段 / Columns\n");
        for column in columns {
            let known: Option<&Field> = standing.layer.field(column.name);
            let (zh, en) = known.map_or_else(|| common(column.name), |field| (field.title.zh, field.title.en));
            let _ = writeln!(out, "{}: {zh} / {en}", column.name);
        }
        out
    }
}

fn system(crs: &Crs) -> String {
    match crs.definition() {
        definition if definition.len() <= 40 && definition != crs.name() => format!("{definition} ({})", crs.name()),
        _ => crs.name().to_owned(),
    }
}

/// What the format could not hold, in both languages.
pub(super) fn told(losses: &Losses) -> Vec<String> {
    let mut all = Vec::new();
    if !losses.renamed.is_empty() {
        let names: Vec<String> = losses.renamed.iter().map(|(name, short)| format!("{name} → {short}")).collect();
        all.push(format!("字段名最多 10 字节 / column names of at most 10 bytes: {}", names.join(", ")));
    }
    for (name, count, bytes) in &losses.cut {
        all.push(format!("{name}：{count} 个文本截短至 {bytes} 字节 / {count} text(s) cut to {bytes} bytes"));
    }
    for (name, count) in &losses.left_out {
        all.push(format!("{name}：{count} 个值过长，未写入 / {count} value(s) too long, left out"));
    }
    all
}

fn common(column: &str) -> (&'static str, &'static str) {
    match column {
        "id" => ("标识", "Id"),
        "region" => ("区划代码", "Region"),
        "name" => ("名称", "Name"),
        "name_en" => ("英文名称", "Name in English"),
        "name_pinyin" => ("拼音名称", "Name in Pinyin"),
        "names" => ("其他名称（JSON）", "Further names (JSON)"),
        "valid_from" => ("有效起始日", "First day on which it held"),
        "valid_to" => ("失效日", "First day on which it no longer held"),
        "source" => ("来源", "Source"),
        "source_id" => ("来源中的标识", "What the source calls it"),
        "attributes" => ("来源的其他属性（JSON）", "Everything else the source said (JSON)"),
        _ => ("", ""),
    }
}
