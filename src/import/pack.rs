//! The city pack: `city.toml`, which says what the city is, and the profiles beside it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::pack_error::{self, PackError};
use super::profile::Profile;
use crate::crs::Crs;
use crate::domain::{Extent, Layer};

/// A text in both languages, from a pack.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

/// A city pack, checked.
#[derive(Clone, Debug)]
pub struct Pack {
    pub folder: PathBuf,
    pub city: City,
    /// In the order in which they are imported.
    pub profiles: Vec<Profile>,
}

/// What `city.toml` says.
#[derive(Clone, Debug)]
pub struct City {
    /// The folder's name.
    pub id: String,
    pub name: Bilingual,
    /// The county-level division code or the city's own; the region of every feature that is not told another.
    pub code: String,
    pub crs: WorkingCrs,
    pub time_zone: String,
    /// The city does not exist; the page says so wherever it shows.
    pub fictional: bool,
    pub notice: Option<Bilingual>,
    /// Longitude and latitude in which features are believable.
    pub extent: Option<Extent>,
    /// Metres to which the public sees positions where the layer says nothing; 0 is exact.
    pub public_precision_m: f64,
    /// Names of the rule packs in force.
    pub rules: Vec<String>,
    pub regions: Option<Regions>,
    pub layers: BTreeMap<Layer, LayerSettings>,
}

/// Which working system the pack wants.
#[derive(Clone, Debug)]
pub enum WorkingCrs {
    Given(Box<Crs>),
    /// The UTM zone in which the data lie.
    FromExtent,
}

/// Where the regions' polygons come from, for a pack that spans several counties.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regions {
    /// A profile of this pack that feeds `divisions`; its `code` is the region.
    pub profile: String,
}

/// What the pack says about one layer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerSettings {
    pub attribution: Option<Bilingual>,
    pub licence: Option<String>,
    pub coverage: Option<Coverage>,
    /// A check without this layer's answer is undecided.
    #[serde(default)]
    pub required: bool,
    pub max_age_days: Option<u32>,
    /// Names of the rules that this layer's plans declare in force.
    #[serde(default)]
    pub declares: Vec<String>,
    /// Metres to which the public sees positions; 0 is exact.
    pub precision_m: Option<f64>,
    /// Fields and attributes that the public does not see.
    #[serde(default)]
    pub hidden: Vec<String>,
}

/// On which ground a planning layer can answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Coverage {
    /// The union of the layer's own areas.
    Union,
    /// The division with this code.
    Division(String),
    /// A GeoJSON file in the pack.
    File(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CityFile {
    name: Bilingual,
    code: Spanned<String>,
    crs: Spanned<String>,
    time_zone: Spanned<String>,
    #[serde(default)]
    fictional: bool,
    notice: Option<Bilingual>,
    extent: Option<Spanned<[f64; 4]>>,
    public_precision_m: Option<Spanned<f64>>,
    #[serde(default)]
    rules: Vec<String>,
    regions: Option<Spanned<Regions>>,
    #[serde(default)]
    layers: BTreeMap<Spanned<String>, Spanned<LayerSettings>>,
}

impl Pack {
    /// Reads `city.toml` and every `profiles/*.toml` of a folder.
    ///
    /// # Errors
    /// The first fault: file, line, and what to do about it.
    pub fn read(folder: &Path) -> Result<Self, PackError> {
        let file = folder.join("city.toml");
        let text = pack_error::read(&file)?;
        let id = folder
            .canonicalize()
            .ok()
            .and_then(|folder| folder.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "city".to_owned());
        let (city, regions_at) = City::parse(&file, &text, id)?;
        let mut profiles = Vec::new();
        let inner = folder.join("profiles");
        let mut paths = Vec::new();
        if inner.is_dir() {
            let entries = std::fs::read_dir(&inner).map_err(|error| PackError::whole(&inner, format!("cannot be listed: {error}")))?;
            for entry in entries {
                let path = entry.map_err(|error| PackError::whole(&inner, format!("cannot be listed: {error}")))?.path();
                if path.extension().is_some_and(|extension| extension == "toml") {
                    paths.push(path);
                }
            }
        }
        paths.sort();
        for path in paths {
            let text = pack_error::read(&path)?;
            profiles.push(Profile::parse(&path, &text, &city)?);
        }
        profiles.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
        if let Some(regions) = &city.regions
            && !profiles.iter().any(|profile| profile.name == regions.profile && profile.layer == Layer::Divisions)
        {
            return Err(PackError::at(
                &file,
                &text,
                &regions_at,
                format!("regions.profile = {:?}: no profile of that name feeds divisions", regions.profile),
            ));
        }
        Ok(Self { folder: folder.to_owned(), city, profiles })
    }

    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }
}

impl City {
    fn parse(file: &Path, text: &str, id: String) -> Result<(Self, Range<usize>), PackError> {
        let raw: CityFile = pack_error::parse(file, text)?;
        let fault = |span: Range<usize>, reason: String| PackError::at(file, text, &span, reason);
        let code = raw.code.get_ref();
        if code.is_empty() || code.len() > 32 || !code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(fault(raw.code.span(), format!("code = {code:?}: a region code is 1 to 32 of A-Z a-z 0-9 - _, such as 330106")));
        }
        let crs = match raw.crs.get_ref().as_str() {
            "auto" => WorkingCrs::FromExtent,
            definition => WorkingCrs::Given(Box::new(
                working(definition).map_err(|reason| fault(raw.crs.span(), format!("crs = {definition:?}: {reason}")))?,
            )),
        };
        let zone = raw.time_zone.get_ref();
        let named = zone.split_once('/').is_some_and(|(area, place)| !area.is_empty() && !place.is_empty());
        if !(named || zone == "UTC") || !zone.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c)) {
            return Err(fault(raw.time_zone.span(), format!("time_zone = {zone:?}: write a name of the IANA list, such as Asia/Shanghai")));
        }
        let extent = match &raw.extent {
            Some(extent) => Some(lon_lat_box(*extent.get_ref()).map_err(|reason| fault(extent.span(), format!("extent: {reason}")))?),
            None => None,
        };
        let public_precision_m = match &raw.public_precision_m {
            Some(precision) if !(0.0..=10_000.0).contains(precision.get_ref()) => {
                return Err(fault(precision.span(), "public_precision_m: write metres from 0 (exact) to 10000".to_owned()));
            }
            Some(precision) => *precision.get_ref(),
            None => 0.0,
        };
        let mut layers = BTreeMap::new();
        for (name, settings) in raw.layers {
            let layer: Layer =
                name.get_ref().parse().map_err(|error: crate::domain::UnknownLayer| fault(name.span(), error.to_string()))?;
            let span = settings.span();
            let settings = settings.into_inner();
            if settings.precision_m.is_some_and(|precision| !(0.0..=10_000.0).contains(&precision)) {
                return Err(fault(span, format!("layers.{layer}.precision_m: write metres from 0 (exact) to 10000")));
            }
            if settings.max_age_days == Some(0) {
                return Err(fault(span, format!("layers.{layer}.max_age_days: write at least 1 day")));
            }
            layers.insert(layer, settings);
        }
        let regions_at = raw.regions.as_ref().map_or(0..0, Spanned::span);
        let city = Self {
            id,
            name: raw.name,
            code: raw.code.into_inner(),
            crs,
            time_zone: raw.time_zone.into_inner(),
            fictional: raw.fictional,
            notice: raw.notice,
            extent,
            public_precision_m,
            rules: raw.rules,
            regions: raw.regions.map(Spanned::into_inner),
            layers,
        };
        Ok((city, regions_at))
    }
}

/// A working coordinate system: projected, in metres.
///
/// # Errors
/// Says why this one cannot be used.
pub fn working(definition: &str) -> Result<Crs, String> {
    let crs = Crs::parse(definition).map_err(|error| error.to_string())?;
    crs.check_working().map_err(|error| error.to_string())?;
    Ok(crs)
}

/// A box from west, south, east, north in degrees.
pub(super) fn lon_lat_box([west, south, east, north]: [f64; 4]) -> Result<Extent, String> {
    let inside = (-180.0..=180.0).contains(&west)
        && (-180.0..=180.0).contains(&east)
        && (-90.0..=90.0).contains(&south)
        && (-90.0..=90.0).contains(&north);
    if !inside {
        Err(format!("[{west}, {south}, {east}, {north}] is not west, south, east, north in degrees"))
    } else if west >= east || south >= north {
        Err(format!("[{west}, {south}, {east}, {north}]: west must be less than east and south less than north"))
    } else {
        Ok(Extent { min: [west, south], max: [east, north] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITY: &str = r#"
name = { zh = "试验市", en = "Trial City" }
code = "330199"
crs = "EPSG:4549"
time_zone = "Asia/Shanghai"
extent = [119.0, 29.0, 121.0, 31.0]

[layers.zoning]
attribution = { zh = "某局", en = "An Office" }
coverage = "union"
required = true
max_age_days = 365
"#;

    const ROADS: &str = r#"
layer = "roads"
[source]
files = ["roads/*.shp"]
encoding = "GBK"
crs = "EPSG:4549"
[identity]
match = ["ID", ["NO", "{NAME}-{CODE?}"]]
merge_repeats = "first"
merge_within_m = 5
[[edition]]
valid_from = 2020-01-01
[[edition]]
valid_from = "2022-01-01"
files = ["roads22/*.shp"]
allow_ends = true
[fields]
name = ["{NAME|trim}", "无名路"]
name_en = "{EN|title}"
old_names = "{OLD}"
class = { from = "{GRADE}", map = { "1" = "trunk", "2*" = "local" }, default = "lane" }
width_m = "{WIDTH}"
"#;

    fn read(city: &str, roads: &str) -> Result<Pack, PackError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("profiles")).unwrap();
        std::fs::write(folder.path().join("city.toml"), city).unwrap();
        std::fs::write(folder.path().join("profiles/roads.toml"), roads).unwrap();
        Pack::read(folder.path())
    }

    #[test]
    fn a_sound_pack_is_read_with_its_profiles_and_editions() {
        let pack = read(CITY, ROADS).unwrap();
        assert_eq!(pack.city.layers[&Layer::Zoning].coverage, Some(Coverage::Union));
        let profile = pack.profile("roads").unwrap();
        assert_eq!(profile.layer, Layer::Roads);
        assert!(profile.identity.source.ends_with("/roads"));
        assert_eq!(profile.editions.len(), 2);
        assert_eq!(profile.editions[1].files, ["roads22/*.shp"]);
        assert!(profile.editions[1].allow_ends && !profile.editions[0].allow_ends);
        assert_eq!(profile.names.len(), 3);
        assert_eq!(profile.extent, pack.city.extent);
    }

    #[test]
    fn every_mistake_is_refused_with_file_line_and_reason() {
        for (broken, file, line, reason) in [
            (CITY.replace("code =", "kode ="), "city.toml", 3, "kode"),
            (CITY.replace("EPSG:4549", "EPSG:4490"), "city.toml", 4, "projected"),
            (CITY.replace("EPSG:4549", "EPSG:99999"), "city.toml", 4, "EPSG:99999"),
            (CITY.replace("Asia/Shanghai", "Peking"), "city.toml", 5, "IANA"),
            (CITY.replace("[119.0, 29.0", "[29.0, 119.0"), "city.toml", 6, "degrees"),
            (CITY.replace("layers.zoning", "layers.zones"), "city.toml", 8, "no layer is called"),
            (CITY.replace("\"union\"", "\"all\""), "city.toml", 10, "all"),
            (CITY.replace("max_age_days = 365", "max_age_days = 0"), "city.toml", 8, "at least 1 day"),
            (CITY.replace("required = true", "required = true\nsecret = 1"), "city.toml", 12, "secret"),
        ] {
            let error = read(&broken, ROADS).unwrap_err();
            assert!(error.file.ends_with(file) && error.line == Some(line) && error.reason.contains(reason), "{reason}: {error}");
        }
        for (broken, line, reason) in [
            (ROADS.replace("layer = \"roads\"", "layer = \"road\""), 2, "no layer is called"),
            (ROADS.replace("encoding", "codepage"), 5, "codepage"),
            (ROADS.replace("[\"roads/*.shp\"]", "[]"), 4, "at least one file"),
            (ROADS.replace("[\"roads/*.shp\"]", "[\"../x.shp\"]"), 4, "leaves the source folder"),
            (ROADS.replace("class =", "klass ="), 21, "has no field \"klass\""),
            (ROADS.replace("\"trunk\"", "\"highway\""), 21, "not a class of roads"),
            (ROADS.replace("{NAME|trim}", "{NAME|strim}"), 18, "no filter"),
            (ROADS.replace("{NAME|trim}", "{NAME"), 18, "without }"),
            (ROADS.replace("valid_from = 2020-01-01", "valid_from = \"spring\""), 12, "valid_from is a day"),
            (ROADS.replace("valid_from = 2020-01-01", "valid_from = 2023-01-01"), 11, "oldest first"),
            (ROADS.replace("merge_within_m = 5", "merge_within_m = -5"), 10, "metres"),
            (ROADS.replace("merge_repeats = \"first\"", "merge_repeats = \"last\""), 9, "last"),
            (ROADS.replace("{EN|title}", "{EN|lookup:towns}"), 0, "lookup:towns has no table"),
            (ROADS.replace("match = [\"ID\", [\"NO\", \"{NAME}-{CODE?}\"]]", "match = []"), 8, "names no field"),
            (format!("no_position = \"keep\"\n{ROADS}"), 1, "without a position is of no use"),
            (ROADS.replace("[identity]", "[identitty]"), 0, "identity"),
        ] {
            let error = read(CITY, &broken).unwrap_err();
            let at = error.line.unwrap_or(0);
            assert!(error.file.ends_with("roads.toml") && (line == 0 || at == line) && error.reason.contains(reason), "{reason}: {error}");
        }
    }

    #[test]
    fn a_folder_without_city_toml_is_told_what_a_pack_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Pack::read(folder.path()).unwrap_err().to_string().contains("city.toml and profiles"));
    }

    #[test]
    fn every_pack_that_is_shipped_is_sound() {
        let cities = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cities");
        let mut read = 0;
        for entry in std::fs::read_dir(cities).unwrap() {
            let folder = entry.unwrap().path();
            if folder.is_dir() {
                let pack = Pack::read(&folder).unwrap_or_else(|error| panic!("{error}"));
                assert!(!pack.profiles.is_empty(), "{}", folder.display());
                read += 1;
            }
        }
        assert!(read >= 5);
    }
}
