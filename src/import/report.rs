//! What an import did: counts that add up, and the defects, for people, for machines and as GeoJSON.

use std::fmt::Write as _;

use chrono::NaiveDate;
use geojson::{Feature, JsonObject, JsonValue};
use serde::Serialize;
use serde_json::json;

use super::defect::Defects;
use crate::domain::Layer;

/// The report of a whole import.
#[derive(Debug)]
pub struct ImportReport {
    pub city: String,
    pub dry_run: bool,
    /// The sequence at which everything became visible; `None` for a dry run.
    pub sequence: Option<u64>,
    /// In the order of work.
    pub editions: Vec<EditionReport>,
    pub seconds: f64,
}

/// The report of one edition of one profile.
#[derive(Debug)]
pub struct EditionReport {
    pub profile: String,
    pub layer: Layer,
    /// The stream of editions.
    pub source: String,
    pub valid_from: Option<NaiveDate>,
    pub files: Vec<FileReport>,
    pub outcome: Outcome,
    pub counts: Counts,
    pub defects: Defects,
    /// Features of the source before this edition.
    pub before: u64,
    /// The pack says that this edition may end many.
    pub allow_ends: bool,
}

/// One file as it was read.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// Relative to the source folder.
    pub path: String,
    pub sha256: String,
    pub bytes: u64,
    pub driver: Option<String>,
    /// The system the coordinates were taken to be in.
    pub crs: Option<String>,
    pub encoding: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Read and compared; the counts say what changed.
    Read,
    /// These files were read with this profile before.
    Known,
    /// A newer edition of the same source is there, and this one was read before.
    Superseded,
    /// The source folder has no file for this profile.
    NoFiles,
    /// The files hold no row that this profile means.
    NoRows,
}

/// Rows and features of one edition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows that the profile's `where` does not mean; not among `read`.
    pub skipped: u64,
    pub read: u64,
    /// New or changed, geometry as it came.
    pub loaded: u64,
    /// New or changed, geometry repaired.
    pub repaired: u64,
    /// Already there with the same content.
    pub unchanged: u64,
    /// Repeats that went into another row's feature.
    pub merged: u64,
    pub rejected: u64,
    /// Features of this edition without a position.
    pub unlocated: u64,
    pub inserted: u64,
    pub updated: u64,
    pub ended: u64,
}

impl Counts {
    /// read = loaded + repaired + unchanged + merged + rejected, and what was loaded or repaired was inserted or updated.
    pub fn balance(&self) -> bool {
        self.read == self.loaded + self.repaired + self.unchanged + self.merged + self.rejected
            && self.loaded + self.repaired == self.inserted + self.updated
    }

    pub fn changes(&self) -> u64 {
        self.inserted + self.updated + self.ended
    }

    fn add(&mut self, other: &Self) {
        let Self { skipped, read, loaded, repaired, unchanged, merged, rejected, unlocated, inserted, updated, ended } = other;
        self.skipped += skipped;
        self.read += read;
        self.loaded += loaded;
        self.repaired += repaired;
        self.unchanged += unchanged;
        self.merged += merged;
        self.rejected += rejected;
        self.unlocated += unlocated;
        self.inserted += inserted;
        self.updated += updated;
        self.ended += ended;
    }
}

impl ImportReport {
    pub fn totals(&self) -> Counts {
        let mut totals = Counts::default();
        for edition in &self.editions {
            totals.add(&edition.counts);
        }
        totals
    }

    /// The edition reports of a profile.
    pub fn of(&self, profile: &str) -> impl Iterator<Item = &EditionReport> {
        self.editions.iter().filter(move |edition| edition.profile == profile)
    }

    /// For people: a paragraph per edition, in both languages; at most `examples` defects of each kind, and how many more there are.
    pub fn text(&self, examples: usize) -> String {
        let mut out = String::new();
        for edition in &self.editions {
            edition.text(examples, &mut out);
        }
        let totals = self.totals();
        let _ = writeln!(
            out,
            "合计 total: 读入 read {} = 载入 loaded {} + 修复 repaired {} + 未变 unchanged {} + 合并 merged {} + 拒绝 rejected {}; \
             新增 inserted {}, 变更 updated {}, 终止 ended {}; {:.1} s",
            totals.read,
            totals.loaded,
            totals.repaired,
            totals.unchanged,
            totals.merged,
            totals.rejected,
            totals.inserted,
            totals.updated,
            totals.ended,
            self.seconds
        );
        if self.dry_run {
            out.push_str("试运行，未写入 dry run: nothing was written\n");
        }
        out
    }

    /// For machines.
    pub fn json(&self) -> JsonValue {
        json!({
            "city": self.city,
            "dry_run": self.dry_run,
            "sequence": self.sequence,
            "seconds": self.seconds,
            "totals": self.totals(),
            "editions": self.editions.iter().map(EditionReport::json).collect::<Vec<_>>(),
        })
    }

    /// The defects as a GeoJSON FeatureCollection in WGS 84; a defect without a place has a null geometry.
    pub fn geojson(&self) -> String {
        let mut features = Vec::new();
        let mut not_listed = Vec::new();
        for edition in &self.editions {
            for defect in edition.defects.listed() {
                let text = defect.problem.text();
                let mut properties = JsonObject::new();
                properties.insert("profile".to_owned(), edition.profile.as_str().into());
                properties.insert("layer".to_owned(), edition.layer.id().into());
                properties.insert("valid_from".to_owned(), edition.valid_from.map_or(JsonValue::Null, |day| day.to_string().into()));
                properties.insert("file".to_owned(), defect.file.as_str().into());
                properties.insert("row".to_owned(), defect.row.into());
                properties.insert("source_id".to_owned(), defect.source_id.as_str().into());
                properties.insert("code".to_owned(), defect.problem.code().into());
                properties.insert("severity".to_owned(), json!(defect.problem.severity()));
                properties.insert("zh".to_owned(), text.zh.into());
                properties.insert("en".to_owned(), text.en.into());
                features.push(Feature {
                    geometry: defect.geometry.as_ref().map(geojson::Geometry::from),
                    properties: Some(properties),
                    ..Feature::default()
                });
            }
            for (code, tally) in edition.defects.tallies() {
                if tally.not_listed > 0 {
                    not_listed.push(json!({ "profile": edition.profile, "code": code, "count": tally.not_listed }));
                }
            }
        }
        let mut members = JsonObject::new();
        members.insert("not_listed".to_owned(), not_listed.into());
        geojson::FeatureCollection { features, bbox: None, foreign_members: Some(members) }.to_string()
    }
}

impl EditionReport {
    fn text(&self, examples: usize, out: &mut String) {
        let day = self.valid_from.map(|day| format!(" @{day}")).unwrap_or_default();
        let _ = write!(out, "{}{day} -> {}: ", self.profile, self.layer);
        let c = &self.counts;
        let _ = match self.outcome {
            Outcome::Known => writeln!(out, "文件与配置未变，已导入 same files and profile as before, nothing to do"),
            Outcome::Superseded => writeln!(out, "已导入，且其后有更新版本 read before, and a newer edition is there"),
            Outcome::NoFiles => writeln!(out, "来源中没有文件 no files in the source"),
            Outcome::NoRows => writeln!(out, "文件中没有相关记录（跳过 {0}） no rows for this profile (skipped {0})", c.skipped),
            Outcome::Read => writeln!(
                out,
                "读入 read {} = 载入 loaded {} + 修复 repaired {} + 未变 unchanged {} + 合并 merged {} + 拒绝 rejected {}; 跳过 skipped {}; \
                 新增 inserted {}, 变更 updated {}, 终止 ended {}; 无坐标 unlocated {}",
                c.read, c.loaded, c.repaired, c.unchanged, c.merged, c.rejected, c.skipped, c.inserted, c.updated, c.ended, c.unlocated
            ),
        };
        for (code, tally) in self.defects.tallies() {
            let _ = writeln!(out, "    {code} ({:?}): {}", tally.severity, tally.count);
            for defect in self.defects.listed().iter().filter(|defect| defect.problem.code() == *code).take(examples) {
                let text = defect.problem.text();
                let place = if defect.row > 0 { format!("{}:{} ", defect.file, defect.row) } else { String::new() };
                let _ = writeln!(out, "      {place}{}: {} / {}", defect.source_id, text.zh, text.en);
            }
            if tally.count > examples as u64 && examples > 0 {
                let _ = writeln!(out, "      还有 and {} 条 more", tally.count - examples as u64);
            }
        }
    }

    fn json(&self) -> JsonValue {
        json!({
            "profile": self.profile,
            "layer": self.layer,
            "source": self.source,
            "valid_from": self.valid_from,
            "outcome": self.outcome,
            "files": self.files,
            "counts": self.counts,
            "defects": self.defects.tallies(),
        })
    }
}
