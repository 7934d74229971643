//! A profile: how one source layer becomes one Yutu layer. `data/cities/README.md` is the reference for those who write one.
//!
//! Reading a profile checks everything that can be known without the data; what is wrong is told with file, line and remedy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::condition::Condition;
use super::field_rule::{FieldName, FieldRule, OneOrMany};
use super::pack::{City, lon_lat_box};
use super::pack_error::{self, PackError};
use super::template::Template;
use super::vocabulary;
use crate::crs::Crs;
use crate::domain::{Extent, FieldKind, GeometryKind, Layer, NameKind};

/// A profile, checked.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The file's name without `.toml`.
    pub name: String,
    /// Of the profile's text: a changed profile reads its files again.
    pub sha256: String,
    pub layer: Layer,
    pub order: i64,
    pub region: Option<Template>,
    pub keep_without_position: bool,
    /// Points are made from areas and lines.
    pub inner_point: bool,
    pub source: Source,
    pub conditions: Vec<Condition>,
    pub identity: Identity,
    /// At least one.
    pub editions: Vec<Edition>,
    /// Rules of typed fields: the index into `Layer::fields`.
    pub fields: Vec<(usize, FieldRule)>,
    pub names: Vec<(NameTarget, FieldRule)>,
    pub lookups: BTreeMap<String, Lookup>,
    pub extent: Option<Extent>,
    pub attributes: Attributes,
    pub position: Option<Position>,
}

/// Where the rows come from and how the files are to be read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Globs relative to the source folder.
    pub files: Vec<String>,
    /// Layers inside the files; none means the only one.
    pub layers: Vec<String>,
    pub encoding: Option<String>,
    pub crs: Option<Crs>,
    /// The file states another system than it is in.
    pub crs_lies: bool,
    pub sheet: Option<String>,
    pub csv: Csv,
    /// Closed lines are areas.
    pub close_lines: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Csv {
    pub header: Option<Vec<String>>,
    pub skip_rows: usize,
    pub delimiter: Option<char>,
    pub x: Option<String>,
    pub y: Option<String>,
}

/// How a feature is known again in the next edition.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The stream of editions, such as `cambridge-ma/zoning`.
    pub source: String,
    pub matching: Match,
    pub repeats: Repeats,
    /// Repeats farther apart than this are kept apart; `None`: distance does not matter.
    pub merge_within_m: Option<f64>,
}

#[derive(Clone, Debug)]
pub enum Match {
    /// The key is these parts joined by a blank; of each part the first alternative that is not blank.
    Key(Vec<Vec<Template>>),
    /// Same shape to 0.1 m and same class.
    Geometry { class: Option<Template> },
}

/// What repeats of a key become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeats {
    /// The first row counts.
    First,
    /// One feature with the shapes and attributes of all.
    Union,
    /// The first row counts, the others are rejected as defects.
    Reject,
    /// Every row is a feature of its own, numbered.
    Keep,
}

/// One edition: its files and its date.
#[derive(Clone, Debug)]
pub struct Edition {
    /// Globs; those of `[source]` when the edition names none.
    pub files: Vec<String>,
    pub valid_from: EditionDate,
    /// What is missing in it has ended.
    pub full: bool,
    pub allow_ends: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditionDate {
    Unknown,
    Day(NaiveDate),
    /// Each file is an edition; the day is in its name.
    FileName,
}

/// Which further name a rule fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameTarget {
    Name,
    Language {
        lang: String,
        kind: NameKind,
    },
    /// Several, separated by semicolons.
    List(NameKind),
}

/// A table for the filter `lookup:NAME`.
#[derive(Clone, Debug)]
pub struct Lookup {
    pub file: Option<String>,
    pub layer: Option<String>,
    pub encoding: Option<String>,
    pub csv: Csv,
    pub key: Option<Template>,
    pub value: Option<Template>,
    pub map: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attributes {
    /// Not kept.
    pub drop: Vec<String>,
    /// Kept, but a change in them alone is no change of the feature.
    pub volatile: Vec<String>,
}

/// A position from templates, for tables whose positions stand in another table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub x: Template,
    pub y: Template,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    layer: Spanned<String>,
    #[serde(default)]
    order: i64,
    region: Option<Template>,
    no_position: Option<Spanned<NoPosition>>,
    shape: Option<Spanned<ShapeOption>>,
    source: SourceFile,
    #[serde(default, rename = "where")]
    conditions: Vec<Condition>,
    identity: IdentityFile,
    edition: Option<Spanned<OneOrMany<EditionFile>>>,
    #[serde(default)]
    fields: BTreeMap<Spanned<String>, Spanned<FieldRule>>,
    #[serde(default)]
    lookup: BTreeMap<String, Spanned<LookupFile>>,
    extent: Option<Spanned<[f64; 4]>>,
    #[serde(default)]
    attributes: Attributes,
    position: Option<Position>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoPosition {
    Keep,
    Reject,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShapeOption {
    AsIs,
    InnerPoint,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFile {
    files: Spanned<Vec<String>>,
    gdal_layer: Option<OneOrMany<String>>,
    encoding: Option<String>,
    crs: Option<Spanned<String>>,
    crs_lies: Option<Spanned<bool>>,
    sheet: Option<String>,
    #[serde(default)]
    csv: Csv,
    #[serde(default)]
    close_lines: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityFile {
    source: Option<Spanned<String>>,
    #[serde(rename = "match")]
    matching: Spanned<OneOrMany<OneOrMany<String>>>,
    class: Option<Spanned<Template>>,
    merge_repeats: Option<Repeats>,
    merge_within_m: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditionFile {
    files: Option<Vec<String>>,
    valid_from: Option<DateOrFileName>,
    delivery: Option<Delivery>,
    #[serde(default)]
    allow_ends: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Delivery {
    Full,
    Delta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupFile {
    file: Option<String>,
    gdal_layer: Option<String>,
    encoding: Option<String>,
    #[serde(default)]
    csv: Csv,
    key: Option<String>,
    value: Option<String>,
    #[serde(default)]
    map: BTreeMap<String, String>,
}

struct DateOrFileName(EditionDate);

impl<'de> Deserialize<'de> for DateOrFileName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Day(toml::value::Datetime),
            Text(String),
        }
        let wrong = || {
            serde::de::Error::custom(
                "valid_from is a day such as 2026-08-17, or \"file_name\" when each file is an edition whose day is in its name",
            )
        };
        let text = match Either::deserialize(deserializer).map_err(|_| wrong())? {
            Either::Day(day) => day.to_string(),
            Either::Text(text) if text == "file_name" => return Ok(Self(EditionDate::FileName)),
            Either::Text(text) => text,
        };
        NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(|day| Self(EditionDate::Day(day))).map_err(|_| wrong())
    }
}

impl Profile {
    pub(super) fn parse(file: &Path, text: &str, city: &City) -> Result<Self, PackError> {
        let raw: ProfileFile = pack_error::parse(file, text)?;
        let fault = |span: std::ops::Range<usize>, reason: String| PackError::at(file, text, &span, reason);
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let layer: Layer =
            raw.layer.get_ref().parse().map_err(|error: crate::domain::UnknownLayer| fault(raw.layer.span(), error.to_string()))?;

        let keep_without_position = match &raw.no_position {
            None => layer.may_lack_position(),
            Some(choice) => match choice.get_ref() {
                NoPosition::Keep if !layer.may_lack_position() => {
                    return Err(fault(
                        choice.span(),
                        format!("no_position = \"keep\": a feature of {layer} without a position is of no use; leave the line out"),
                    ));
                }
                NoPosition::Keep => true,
                NoPosition::Reject => false,
            },
        };
        let inner_point = match &raw.shape {
            Some(choice) if matches!(choice.get_ref(), ShapeOption::InnerPoint) => {
                if !matches!(layer.geometry(), GeometryKind::Point | GeometryKind::Any) {
                    return Err(fault(choice.span(), format!("shape = \"inner_point\": {layer} does not hold points")));
                }
                true
            }
            _ => false,
        };

        let mut fields = Vec::new();
        let mut names = Vec::new();
        for (key, rule) in raw.fields {
            let span = rule.span();
            let rule = rule.into_inner();
            match FieldName::parse(layer, key.get_ref()).map_err(|reason| fault(key.span(), reason))? {
                FieldName::Typed(index) => {
                    check_constants(layer, index, &rule).map_err(|reason| fault(span, reason))?;
                    fields.push((index, rule));
                }
                FieldName::Name(target) => names.push((target, rule)),
            }
        }

        let mut lookups = BTreeMap::new();
        for (name, lookup) in raw.lookup {
            let span = lookup.span();
            lookups.insert(
                name.clone(),
                Lookup::check(lookup.into_inner()).map_err(|reason| fault(span, format!("lookup.{name}: {reason}")))?,
            );
        }

        let source = Source::check(raw.source, &fault)?;
        let matching = match raw.identity.matching.get_ref() {
            OneOrMany::One(OneOrMany::One(word)) if word == "geometry" => {
                Match::Geometry { class: raw.identity.class.as_ref().map(|class| class.get_ref().clone()) }
            }
            _ => {
                if let Some(class) = &raw.identity.class {
                    return Err(fault(class.span(), "identity.class belongs to match = \"geometry\" only".to_owned()));
                }
                let span = raw.identity.matching.span();
                let parts = raw.identity.matching.into_inner().into_vec();
                if parts.is_empty() {
                    return Err(fault(
                        span,
                        "identity.match names no field; name the fields whose values together are never repeated, or \"geometry\""
                            .to_owned(),
                    ));
                }
                let parse =
                    |text: String| field_or_template(&text).map_err(|reason| fault(span.clone(), format!("identity.match: {reason}")));
                Match::Key(parts.into_iter().map(|part| part.into_vec().into_iter().map(parse).collect()).collect::<Result<_, _>>()?)
            }
        };
        let stream = match &raw.identity.source {
            Some(source) if source.get_ref().trim().is_empty() => return Err(fault(source.span(), "identity.source is blank".to_owned())),
            Some(source) => source.get_ref().clone(),
            None => name.clone(),
        };
        let merge_within_m = match &raw.identity.merge_within_m {
            Some(distance) if !(distance.get_ref().is_finite() && *distance.get_ref() >= 0.0) => {
                return Err(fault(distance.span(), "identity.merge_within_m: write metres, 0 or more".to_owned()));
            }
            distance => distance.as_ref().map(|distance| *distance.get_ref()),
        };
        let identity = Identity {
            source: format!("{}/{stream}", city.id),
            matching,
            repeats: raw.identity.merge_repeats.unwrap_or(Repeats::Reject),
            merge_within_m,
        };

        let editions = match raw.edition {
            None => vec![Edition { files: source.files.clone(), valid_from: EditionDate::Unknown, full: true, allow_ends: false }],
            Some(editions) => {
                let span = editions.span();
                let editions: Vec<Edition> = editions.into_inner().into_vec().into_iter().map(|edition| edition.check(&source)).collect();
                let days: Vec<_> = editions.iter().map(|edition| edition.valid_from).collect();
                let ordered = days.windows(2).all(|pair| matches!(pair, [EditionDate::Day(a), EditionDate::Day(b)] if a < b));
                if editions.is_empty() || (editions.len() > 1 && !ordered) {
                    return Err(fault(span, "[[edition]]: several editions need a valid_from each, the oldest first".to_owned()));
                }
                editions
            }
        };
        let extent = match &raw.extent {
            Some(extent) => Some(lon_lat_box(*extent.get_ref()).map_err(|reason| fault(extent.span(), format!("extent: {reason}")))?),
            None => city.extent,
        };

        let profile = Self {
            name,
            sha256: hex::encode(Sha256::digest(text.as_bytes())),
            layer,
            order: raw.order,
            region: raw.region,
            keep_without_position,
            inner_point,
            source,
            conditions: raw.conditions,
            identity,
            editions,
            fields,
            names,
            lookups,
            extent,
            attributes: raw.attributes,
            position: raw.position,
        };
        if let Some(missing) = profile.templates().flat_map(Template::lookups).find(|name| !profile.lookups.contains_key(*name)) {
            return Err(PackError::whole(file, format!("the filter lookup:{missing} has no table; add [lookup.{missing}]")));
        }
        Ok(profile)
    }

    /// Every template of the profile.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let key: Vec<&Template> = match &self.identity.matching {
            Match::Key(parts) => parts.iter().flatten().collect(),
            Match::Geometry { class } => class.iter().collect(),
        };
        let rules = self.fields.iter().map(|(_, rule)| rule).chain(self.names.iter().map(|(_, rule)| rule));
        rules
            .flat_map(FieldRule::templates)
            .chain(key)
            .chain(self.region.iter())
            .chain(self.position.iter().flat_map(|position| [&position.x, &position.y]))
    }
}

impl Source {
    fn check(raw: SourceFile, fault: &impl Fn(std::ops::Range<usize>, String) -> PackError) -> Result<Self, PackError> {
        if raw.files.get_ref().is_empty() || raw.files.get_ref().iter().any(|glob| glob.trim().is_empty()) {
            return Err(fault(raw.files.span(), "source.files: name at least one file, as in [\"roads/*.shp\"]".to_owned()));
        }
        if let Some(glob) =
            raw.files.get_ref().iter().find(|glob| PathBuf::from(glob).is_absolute() || glob.split('/').any(|part| part == ".."))
        {
            return Err(fault(raw.files.span(), format!("source.files: {glob:?} leaves the source folder; write paths relative to it")));
        }
        let crs = match &raw.crs {
            Some(text) => Some(
                Crs::parse(text.get_ref()).map_err(|error| fault(text.span(), format!("source.crs = {:?}: {error}", text.get_ref())))?,
            ),
            None => None,
        };
        let crs_lies = raw.crs_lies.as_ref().is_some_and(|lies| *lies.get_ref());
        if let Some(lies) = &raw.crs_lies
            && crs.is_none()
        {
            return Err(fault(lies.span(), "source.crs_lies = true needs source.crs, the system the file is really in".to_owned()));
        }
        if raw.csv.delimiter.is_some_and(|delimiter| !delimiter.is_ascii()) {
            return Err(fault(raw.files.span(), "source.csv.delimiter: one ASCII character, such as \";\"".to_owned()));
        }
        if raw.csv.x.is_some() != raw.csv.y.is_some() {
            return Err(fault(raw.files.span(), "source.csv: x and y go together".to_owned()));
        }
        Ok(Self {
            files: raw.files.into_inner(),
            layers: raw.gdal_layer.map(OneOrMany::into_vec).unwrap_or_default(),
            encoding: raw.encoding,
            crs,
            crs_lies,
            sheet: raw.sheet,
            csv: raw.csv,
            close_lines: raw.close_lines,
        })
    }
}

impl EditionFile {
    fn check(self, source: &Source) -> Edition {
        Edition {
            files: self.files.unwrap_or_else(|| source.files.clone()),
            valid_from: self.valid_from.map_or(EditionDate::Unknown, |day| day.0),
            full: !matches!(self.delivery, Some(Delivery::Delta)),
            allow_ends: self.allow_ends,
        }
    }
}

impl Lookup {
    fn check(raw: LookupFile) -> Result<Self, String> {
        match (&raw.file, &raw.key, &raw.value) {
            (None, None, None) if !raw.map.is_empty() => {}
            (Some(_), Some(_), Some(_)) if raw.map.is_empty() => {}
            _ => return Err("write file, key and value; or map alone".to_owned()),
        }
        let template = |text: &Option<String>| text.as_deref().map(field_or_template).transpose();
        Ok(Self {
            key: template(&raw.key)?,
            value: template(&raw.value)?,
            file: raw.file,
            layer: raw.gdal_layer,
            encoding: raw.encoding,
            csv: raw.csv,
            map: raw.map,
        })
    }
}

/// A field's name by itself is the template that passes it on.
fn field_or_template(text: &str) -> Result<Template, String> {
    if text.contains('{') { Template::parse(text) } else { Template::parse(&format!("{{{text}}}")) }
}

/// Whether the constants and mapped values of a rule can be values of the field.
fn check_constants(layer: Layer, index: usize, rule: &FieldRule) -> Result<(), String> {
    let field = &layer.fields()[index];
    for value in rule.constants() {
        if let Some(known) = vocabulary::words(layer, field.name)
            && !known.contains(&value)
        {
            return Err(format!("{:?} is not a {} of {layer}; there are {}", value, field.name, known.join(", ")));
        }
        let fits = match field.kind {
            FieldKind::Text => true,
            FieldKind::Int => value.parse::<i64>().is_ok(),
            FieldKind::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            FieldKind::Date => NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok(),
        };
        if !fits {
            return Err(format!("{value:?} is not a {:?} as {} of {layer} is", field.kind, field.name));
        }
    }
    Ok(())
}
