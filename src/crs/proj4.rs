//! PROJ text of a system, for the page (proj4js). PROJ itself is asked for the step from the base system, so that every
//! projection it knows comes out with its parameters.

use proj::Proj;
use serde_json::Value;

/// `source` is the horizontal, unbound part of `json`; `input` is what PROJ was given.
/// `None` when there is no such text.
pub(super) fn text(json: &Value, source: &Value, input: &str) -> Option<String> {
    if let Some(plain) = input.strip_suffix(" +type=crs") {
        return Some(plain.to_owned());
    }
    if source["conversion"]["method"]["name"].as_str().is_some_and(|method| method.contains("Pseudo")) {
        return Some("+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs".to_owned());
    }
    let shift = match json["type"].as_str() {
        Some("BoundCRS") => Some(towgs84(&json["transformation"])?),
        _ => None,
    };
    let shift = shift.map(|shift| format!(" {shift}")).unwrap_or_default();
    if source["type"] == "GeographicCRS" {
        return Some(format!("+proj=longlat {}{shift} +no_defs", ellipsoid(source)?));
    }
    let mut base = source["base_crs"].clone();
    base.as_object_mut()?.insert("type".to_owned(), "GeographicCRS".into());
    let step = projection_step(&Proj::new_known_crs(&base.to_string(), &source.to_string(), None).ok()?.def().ok()?)?;
    let units = match &source["coordinate_system"]["axis"][0]["unit"] {
        Value::String(unit) if unit == "metre" => "+units=m".to_owned(),
        unit => format!("+to_meter={}", unit["conversion_factor"].as_f64()?),
    };
    Some(format!("{step}{shift} {units} +no_defs"))
}

/// The one step of a pipeline that projects, with a `+` before each word.
fn projection_step(pipeline: &str) -> Option<String> {
    let steps = pipeline.split("step").map(str::trim);
    let mut projections = steps.filter(|step| {
        let operation = step.split_whitespace().find_map(|word| word.trim_start_matches('+').strip_prefix("proj="));
        operation.is_some_and(|operation| !["pipeline", "axisswap", "unitconvert", "noop"].contains(&operation))
    });
    let step = projections.next()?;
    if projections.next().is_some() {
        return None;
    }
    let words = step.split_whitespace().map(|word| word.trim_start_matches('+'));
    Some(words.map(|word| format!("+{word}")).collect::<Vec<_>>().join(" "))
}

fn ellipsoid(geographic: &Value) -> Option<String> {
    let frame = if geographic["datum"].is_object() { &geographic["datum"] } else { &geographic["datum_ensemble"] };
    let ellipsoid = &frame["ellipsoid"];
    if ellipsoid["name"] == "WGS 84" {
        return Some("+datum=WGS84".to_owned());
    }
    if let Some(radius) = ellipsoid["radius"].as_f64() {
        return Some(format!("+R={radius}"));
    }
    let major = ellipsoid["semi_major_axis"].as_f64()?;
    match (ellipsoid["inverse_flattening"].as_f64(), ellipsoid["semi_minor_axis"].as_f64()) {
        (Some(flattening), _) => Some(format!("+a={major} +rf={flattening}")),
        (None, Some(minor)) => Some(format!("+a={major} +b={minor}")),
        (None, None) => None,
    }
}

/// Three or seven parameters in the position-vector convention, which is that of `+towgs84`.
fn towgs84(transformation: &Value) -> Option<String> {
    let method = transformation["method"]["name"].as_str()?;
    let rotations = if method.starts_with("Coordinate Frame") { -1.0 } else { 1.0 };
    if !(method.starts_with("Coordinate Frame") || method.starts_with("Position Vector") || method.starts_with("Geocentric translations")) {
        return None;
    }
    let parameters = transformation["parameters"].as_array()?;
    let value = |code: u64, units: &[&str]| -> Option<f64> {
        let Some(parameter) = parameters.iter().find(|parameter| parameter["id"]["code"] == code) else { return Some(0.0) };
        let unit = parameter["unit"].as_str().or_else(|| parameter["unit"]["name"].as_str())?;
        units.contains(&unit).then(|| parameter["value"].as_f64())?
    };
    let mut all = vec![value(8605, &["metre"])?, value(8606, &["metre"])?, value(8607, &["metre"])?];
    if parameters.len() > 3 {
        for code in [8608, 8609, 8610] {
            all.push(rotations * value(code, &["arc-second"])?);
        }
        all.push(value(8611, &["parts per million"])?);
    }
    Some(format!("+towgs84={}", all.iter().map(f64::to_string).collect::<Vec<_>>().join(",")))
}

#[cfg(test)]
mod tests {
    use crate::crs::{Crs, transform_points};

    #[test]
    fn the_text_means_the_same_system() {
        let systems = [
            ("EPSG:4549", [120.1, 30.2]),
            ("EPSG:4528", [120.1, 30.2]),
            ("EPSG:26986", [-71.1, 42.3]),
            ("EPSG:3826", [121.7, 24.7]),
            ("EPSG:2326", [114.2, 22.4]),
            ("EPSG:3857", [9.5, 47.1]),
            ("EPSG:2056", [9.5, 47.1]),
            ("EPSG:27700", [-1.0, 52.0]),
            ("EPSG:2249", [-71.1, 42.3]),
            ("EPSG:4490", [120.1, 30.2]),
        ];
        for (code, at) in systems {
            let crs = Crs::parse(code).unwrap();
            let text = Crs::parse(&crs.proj4()).unwrap();
            assert!(crs.proj4().starts_with("+proj="), "{code}: {}", crs.proj4());
            let mut expected = [at];
            transform_points(&mut expected, &Crs::wgs84(), &crs).unwrap();
            // through the system's own base, because a shift of datum is not part of the text
            let ours = if crs.is_geographic() { at } else { project(&text, base_point(&crs, at)) };
            assert!((ours[0] - expected[0][0]).abs() < 1e-4 && (ours[1] - expected[0][1]).abs() < 1e-4, "{code}: {ours:?} {expected:?}");
        }
    }

    /// The point in the base geographic system of `crs`.
    fn base_point(crs: &Crs, at: [f64; 2]) -> [f64; 2] {
        let json: serde_json::Value =
            serde_json::from_str(&proj::Proj::new(crs.definition()).unwrap().to_projjson(None, None, None).unwrap()).unwrap();
        let code = json["base_crs"]["id"]["code"].as_u64().unwrap();
        let (x, y) = proj::Proj::new_known_crs("EPSG:4326", &format!("EPSG:{code}"), None).unwrap().convert((at[0], at[1])).unwrap();
        [x, y]
    }

    fn project(text: &Crs, base: [f64; 2]) -> [f64; 2] {
        let projection = proj::Proj::new(text.definition()).unwrap();
        let (x, y) = projection.project((base[0].to_radians(), base[1].to_radians()), false).unwrap();
        [x, y]
    }

    #[test]
    fn parameters_of_a_bound_system_are_kept() {
        let wkt = r#"PROJCS["city",GEOGCS["Xian 1980",DATUM["Xian_1980",SPHEROID["IAG 1975",6378140,298.257],TOWGS84[24,-123,-94,-0.02,0.25,0.13,1.1]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",120],PARAMETER["scale_factor",1],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]]"#;
        let crs = Crs::parse(wkt).unwrap();
        assert!(crs.proj4().contains("+towgs84=24,-123,-94,-0.02,0.25,0.13,1.1"), "{}", crs.proj4());
        let text = Crs::parse(&crs.proj4()).unwrap();
        let (mut one, mut other) = ([[500_000.0, 3_350_000.0]], [[500_000.0, 3_350_000.0]]);
        transform_points(&mut one, &crs, &Crs::wgs84()).unwrap();
        transform_points(&mut other, &text, &Crs::wgs84()).unwrap();
        assert!((one[0][0] - other[0][0]).abs() < 1e-9 && (one[0][1] - other[0][1]).abs() < 1e-9);
    }
}
