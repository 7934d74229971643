//! Reads a definition and what matters about it: kind, axes, datum, area of use. PROJ's own description (PROJJSON) is
//! the source, so that a code, WKT and PROJ text of the same system are judged alike.

use std::sync::Arc;

use proj::Proj;
use serde_json::Value;

use super::proj4;
use super::{Crs, CrsError, Inner, System};
use crate::domain::Extent;

/// Longer texts are not coordinate systems.
const MAX_BYTES: usize = 64 * 1024;

/// What the rest of the room needs to know about a system.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub geographic: bool,
    pub projected_metres: bool,
    pub pseudo_mercator: bool,
    /// The authority writes latitude or north first.
    pub north_first: bool,
    pub datum: String,
    /// An old Chinese datum, or its ellipsoid under no name, without parameters to WGS 84.
    pub lacks_parameters: bool,
    pub area_of_use: Option<Extent>,
    /// Where coordinates are believed; wider than the area of use, `None` when nothing is known.
    pub reach: Option<Extent>,
}

pub(super) fn parse(definition: &str) -> Result<Crs, CrsError> {
    let given = definition.trim();
    let unknown = |reason: &str| CrsError::Unknown { definition: shortened(given), reason: reason.to_owned() };
    if given.is_empty() {
        return Err(unknown("it is empty"));
    }
    if given.len() > MAX_BYTES {
        return Err(unknown("it is too long"));
    }
    match given.to_ascii_uppercase().replace(['-', '_', ' '], "").as_str() {
        "GCJ02" => return Ok(shifted("GCJ-02", System::Gcj02)),
        "BD09" | "BD09LL" => return Ok(shifted("BD-09", System::Bd09)),
        _ => {}
    }
    let (definition, text) = proj_input(given).ok_or_else(|| unknown("it is none of these"))?;
    let proj = Proj::new(&text).map_err(|error| unknown(&error.to_string()))?;
    let json = proj.to_projjson(Some(false), None, None).map_err(|error| unknown(&error.to_string()))?;
    let json: Value = serde_json::from_str(&json).map_err(|error| unknown(&error.to_string()))?;
    let name = json["name"].as_str().unwrap_or_default();
    let name = if name.is_empty() || name.eq_ignore_ascii_case("unknown") { shortened(&definition) } else { name.to_owned() };

    let source = horizontal(&json);
    let facts = facts(&json, source, &proj, &name)?;
    let proj4 = proj4::text(&json, source, &text).filter(|text| !text.is_empty());
    let wkt = proj.as_wkt(None, None).map_err(|error| unknown(&error.to_string()))?;
    let epsg = authority_code(&json).or_else(|| definition.strip_prefix("EPSG:")?.parse().ok());
    let proj4 = proj4.unwrap_or_else(|| wkt.clone());
    Ok(Crs(Arc::new(Inner { definition, name, epsg, wkt, proj4, system: System::Known { text, facts } })))
}

fn shifted(name: &str, system: System) -> Crs {
    Crs(Arc::new(Inner {
        definition: name.to_owned(),
        name: name.to_owned(),
        epsg: None,
        wkt: String::new(),
        proj4: String::new(),
        system,
    }))
}

/// The definition in its usual form, and the text that PROJ is given for it.
fn proj_input(given: &str) -> Option<(String, String)> {
    let upper = given.to_ascii_uppercase();
    if upper.ends_with("CRS84") && upper.len() < 60 {
        return Some(("EPSG:4326".to_owned(), "EPSG:4326".to_owned()));
    }
    let code = if upper.bytes().all(|byte| byte.is_ascii_digit()) {
        Some(upper.as_str())
    } else if ["EPSG:", "URN:OGC:DEF:CRS:EPSG:", "HTTP://WWW.OPENGIS.NET/DEF/CRS/EPSG/", "HTTPS://WWW.OPENGIS.NET/DEF/CRS/EPSG/"]
        .iter()
        .any(|start| upper.starts_with(start))
    {
        upper.rsplit([':', '/']).next()
    } else {
        None
    };
    if let Some(code) = code {
        let code: u32 = code.parse().ok()?;
        let text = format!("EPSG:{code}");
        return Some((text.clone(), text));
    }
    if given.contains("proj=") || given.contains("init=") {
        let plain = given.replace("+type=crs", "");
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        if plain.contains("proj=pipeline") {
            return None;
        }
        let text = format!("{plain} +type=crs");
        return Some((plain, text));
    }
    let is_wkt = upper
        .split_once('[')
        .is_some_and(|(word, _)| !word.is_empty() && word.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    if is_wkt || given.starts_with('{') {
        return Some((given.to_owned(), given.to_owned()));
    }
    None
}

/// The horizontal part of a compound system, the source of a bound one.
fn horizontal(json: &Value) -> &Value {
    match json["type"].as_str() {
        Some("BoundCRS") => horizontal(&json["source_crs"]),
        Some("CompoundCRS") => horizontal(&json["components"][0]),
        _ => json,
    }
}

fn facts(json: &Value, source: &Value, proj: &Proj, name: &str) -> Result<Facts, CrsError> {
    let unsupported = |reason: &str| CrsError::Unsupported { name: name.to_owned(), reason: reason.to_owned() };
    let geographic = match source["type"].as_str() {
        Some("GeographicCRS") => true,
        Some("ProjectedCRS") => false,
        Some("EngineeringCRS") => {
            return Err(unsupported("a local system without a relation to the earth; give WKT or PROJ text with its projection"));
        }
        Some(kind) => return Err(unsupported(&format!("a {kind} is not a map's coordinate system"))),
        None => return Err(unsupported("its kind is not known")),
    };
    let base = if geographic { source } else { &source["base_crs"] };
    let frame = if base["datum"].is_object() { &base["datum"] } else { &base["datum_ensemble"] };
    let datum = frame["name"].as_str().unwrap_or_default().to_owned();
    let method = source["conversion"]["method"]["name"].as_str().unwrap_or_default();

    let area_of_use = proj.area_of_use().ok().and_then(|(area, _)| area).map(|area| Extent {
        min: [area.west, area.south],
        max: [if area.east < area.west { area.east + 360.0 } else { area.east }, area.north],
    });
    let reach = match area_of_use {
        Some(area) if geographic => Some(Extent { min: [-180.0, -90.0], max: [180.0, 90.0] }).filter(|_| area.width() > 0.0),
        Some(area) if method.contains("Pseudo") => Some(area.grown(0.01)),
        Some(area) => Some(area.grown(REACH_DEGREES)),
        None if method == "Transverse Mercator" => central_meridian(source)
            .map(|meridian| Extent { min: [meridian - 3.0, -90.0], max: [meridian + 3.0, 90.0] }.grown(REACH_DEGREES)),
        None => None,
    };
    Ok(Facts {
        geographic,
        projected_metres: !geographic && axes_are_metres_east_north(source),
        pseudo_mercator: method.contains("Pseudo"),
        north_first: source["coordinate_system"]["axis"][0]["direction"] == "north",
        lacks_parameters: is_old_chinese(source, base, frame) && !has_parameters(json),
        datum,
        area_of_use,
        reach,
    })
}

/// How far outside its area of use a projected system is still believed, in degrees. A zone of three degrees is used
/// for a whole province now and then; five degrees further a wrong zone or swapped axes are the likelier reason.
const REACH_DEGREES: f64 = 5.0;

fn central_meridian(source: &Value) -> Option<f64> {
    source["conversion"]["parameters"].as_array()?.iter().find(|parameter| parameter["id"]["code"] == 8802)?["value"].as_f64()
}

fn axes_are_metres_east_north(source: &Value) -> bool {
    let Some(axes) = source["coordinate_system"]["axis"].as_array() else { return false };
    let mut directions: Vec<&str> = axes.iter().filter_map(|axis| axis["direction"].as_str()).collect();
    directions.sort_unstable();
    directions == ["east", "north"] && axes.iter().all(|axis| axis["unit"] == "metre")
}

/// By name and code of the datum and its geographic system, in the spellings of EPSG, ESRI and Chinese software; and by
/// ellipsoid (Krassowsky 1940, IAG 1975) where the datum is unnamed.
fn is_old_chinese(source: &Value, base: &Value, frame: &Value) -> bool {
    let names: Vec<String> = [&source["name"], &base["name"], &frame["name"]]
        .iter()
        .filter_map(|name| name.as_str())
        .map(|name| name.to_lowercase().chars().filter(|character| character.is_alphanumeric()).collect())
        .collect();
    const OLD: [&str; 9] = ["xian1980", "xian80", "beijing1954", "beijing54", "newbeijing", "西安", "北京54", "北京1954", "1954北京"];
    if names.iter().any(|name| OLD.iter().any(|old| name.contains(old))) {
        return true;
    }
    // geographic systems 4610, 4214, 4555; datums 6610, 6214, 1045
    if [4610, 4214, 4555].iter().any(|code| base["id"]["code"] == *code)
        || [6610, 6214, 1045].iter().any(|code| frame["id"]["code"] == *code)
    {
        return true;
    }
    let ellipsoid = &frame["ellipsoid"];
    let radius = ellipsoid["semi_major_axis"].as_f64().unwrap_or_default();
    let on_their_ellipsoid = (radius - 6_378_245.0).abs() < 0.5 || (radius - 6_378_140.0).abs() < 0.5;
    const UNNAMED: [&str; 6] = ["unknown", "unnamed", "notspecified", "krasov", "krassow", "undefined"];
    on_their_ellipsoid && names[1..].iter().any(|name| name.is_empty() || UNNAMED.iter().any(|unnamed| name.contains(unnamed)))
}

/// A shift of nothing but zeros, as many programs write it, is not a parameter set.
fn has_parameters(json: &Value) -> bool {
    let bound = match json["type"].as_str() {
        Some("CompoundCRS") => &json["components"][0],
        _ => json,
    };
    let Some(parameters) = bound["transformation"]["parameters"].as_array() else { return false };
    parameters.iter().any(|parameter| match &parameter["value"] {
        Value::Number(number) => number.as_f64().is_some_and(|value| value != 0.0),
        Value::String(grid) => !grid.is_empty() && grid != "@null",
        _ => false,
    })
}

fn authority_code(json: &Value) -> Option<u32> {
    if json["id"]["authority"] != "EPSG" {
        return None;
    }
    json["id"]["code"].as_u64().and_then(|code| code.try_into().ok())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_system_has_many_spellings() {
        let code = Crs::parse("EPSG:4549").unwrap();
        for spelling in ["epsg:4549", "4549", " urn:ogc:def:crs:EPSG::4549 ", "http://www.opengis.net/def/crs/EPSG/0/4549"] {
            assert_eq!(Crs::parse(spelling).unwrap().definition(), "EPSG:4549");
        }
        assert_eq!(Crs::parse(&code.wkt()).unwrap().epsg(), Some(4549));
        assert_eq!(Crs::parse("urn:ogc:def:crs:OGC:1.3:CRS84").unwrap().epsg(), Some(4326));
        assert_eq!(Crs::parse("gcj02").unwrap().definition(), "GCJ-02");
        assert_eq!(code.name(), "CGCS2000 / 3-degree Gauss-Kruger CM 120E");
        assert!(code.is_projected_metres());
        assert_eq!(code.area_of_use(), Some(Extent { min: [118.5, 24.43], max: [121.5, 53.33] }));
    }

    #[test]
    fn nonsense_is_refused_with_what_would_be_understood() {
        let long = "x".repeat(100_000);
        for text in [
            "",
            "EPSG:",
            "EPSG:999999",
            "EPSG:4549x",
            "WGS 84",
            "PROJCS[",
            "+proj=nothing",
            "{}",
            "[[[[",
            "+proj=pipeline +step",
            "\0",
            &long,
        ] {
            let error = Crs::parse(text).unwrap_err();
            assert!(matches!(error, CrsError::Unknown { .. } | CrsError::Unsupported { .. }), "{text:.20}: {error}");
            assert!(error.to_string().len() < 1000);
        }
        assert!(matches!(Crs::parse("LOCAL_CS[\"city\",UNIT[\"metre\",1]]"), Err(CrsError::Unsupported { .. })));
        assert!(Crs::parse("EPSG:4979").and_then(|crs| crs.check_working()).is_err());
    }

    #[test]
    fn only_projected_metres_can_be_the_working_system() {
        for good in [
            "EPSG:4549",
            "EPSG:26986",
            "EPSG:3826",
            "+proj=tmerc +lat_0=0 +lon_0=120.5 +k=1 +x_0=500000 +y_0=-3000000 +ellps=GRS80 +units=m",
        ] {
            Crs::parse(good).unwrap().check_working().unwrap();
        }
        for bad in ["EPSG:4490", "EPSG:3857", "EPSG:2249", "GCJ-02", "EPSG:2363", "EPSG:2048"] {
            assert!(Crs::parse(bad).unwrap().check_working().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_old_chinese_system_of_the_register_lacks_parameters() {
        let ranges = [4610..=4610, 4214..=4214, 4555..=4555, 2327..=2390, 2401..=2442, 21413..=21423, 21453..=21463, 4652..=4656];
        let more = [4766..=4800, 4568..=4589, 4812..=4812, 4822..=4822];
        let mut seen = 0;
        for code in ranges.into_iter().chain(more).flatten() {
            let crs = Crs::parse(&format!("EPSG:{code}")).unwrap();
            assert!(matches!(crs.check_parameters(), Err(CrsError::NeedsParameters { .. })), "{crs:?}");
            // the same without the code, as a file's .prj would say it (a sample: each costs a look into PROJ's database)
            if seen % 12 < 3 {
                let wkt = crs.wkt().replace(&format!("ID[\"EPSG\",{code}]"), "ID[\"LOCAL\",1]");
                assert!(Crs::parse(&wkt).unwrap().check_parameters().is_err(), "{crs:?} as WKT");
            }
            seen += 1;
        }
        assert_eq!(seen, 195);
    }

    #[test]
    fn other_spellings_of_the_old_datums_are_seen_too() {
        let esri = r#"PROJCS["Xian_1980_3_Degree_GK_CM_117E",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
        let zeros = r#"GEOGCS["Beijing 1954",DATUM["Beijing_1954",SPHEROID["Krassowsky 1940",6378245,298.3],TOWGS84[0,0,0,0,0,0,0]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#;
        let krassowsky = "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=krass +units=m +no_defs";
        for text in [esri, zeros, krassowsky] {
            assert!(Crs::parse(text).unwrap().check_parameters().is_err(), "{text}");
        }
        for text in [&zeros.replace("[0,0,0,0,0,0,0]", "[15.8,-154.4,-82.3,0,0,0,0]"), &format!("{krassowsky} +towgs84=15.8,-154.4,-82.3")]
        {
            Crs::parse(text).unwrap().check_parameters().unwrap();
        }
        for code in ["EPSG:4284", "EPSG:28405", "EPSG:4490", "EPSG:3826", "EPSG:2326"] {
            Crs::parse(code).unwrap().check_parameters().unwrap();
        }
    }
}
