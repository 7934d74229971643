//! GeocodeJSON 0.1: the answers of search, suggest and reverse.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::geometry;
use crate::app::{Area, Beside, City, Nearest, PointAnswer, ReverseAnswer, SearchAnswer, Side, Surroundings};
use crate::domain::Layer;
use crate::gazetteer::{self, ElementKind, Hit, How, PartMatch, note};
use crate::http::language::Language;

/// A GeoJSON FeatureCollection of places, best or nearest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct GeocodeView {
    #[serde(rename = "type")]
    kind: &'static str,
    geocoding: Geocoding,
    features: Vec<Place>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Geocoding {
    /// Of GeocodeJSON.
    version: &'static str,
    /// The text that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    attribution: String,
    /// The answer knows of every change up to this one.
    sequence: u64,
    /// The search stopped at its work limit: a better hit may be missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    /// Of a point (reverse, or a search for coordinates): what it lies in and beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    surroundings: Option<SurroundingsView>,
}

/// What a point lies in and beside.
#[derive(Debug, Serialize, ToSchema)]
pub struct SurroundingsView {
    /// From the large to the small; empty where the register has no division, which is not to say that there is none.
    divisions: Vec<AreaView>,
    /// Zones of the plan.
    zones: Vec<AreaView>,
    /// The nearest within 2 km.
    road: Option<BesideView>,
    /// The nearest within 2 km.
    boundary: Option<BesideView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AreaView {
    id: String,
    name: Option<String>,
    code: Option<String>,
    /// Level of a division (country, province, city, county, town, village); land use of a zone.
    class: Option<String>,
}

/// A line near the point.
#[derive(Debug, Serialize, ToSchema)]
pub struct BesideView {
    id: String,
    name: Option<String>,
    distance_m: f64,
    /// On which side of the line, in the direction of its points, the point lies: left, right or on.
    #[schema(value_type = String)]
    side: Side,
    /// The division beyond the boundary.
    #[serde(skip_serializing_if = "Option::is_none")]
    beyond: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Place {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    /// A point, longitude and latitude; null when it is known but not where.
    #[schema(value_type = Option<Object>)]
    geometry: Option<geometry::Point>,
    properties: Properties,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Properties {
    geocoding: FoundView,
}

/// A place that was found.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct FoundView {
    /// What to show: the name with the name in the other language, or the address; and the division where it is not said yet.
    label: String,
    name: Option<String>,
    name_en: Option<String>,
    /// Null for a point that was asked for by its coordinates.
    layer: Option<&'static str>,
    id: Option<String>,
    /// The layer again; `point` for coordinates.
    kind: &'static str,
    address: Option<String>,
    /// Town or county, where the address does not name it.
    division: Option<String>,
    /// `historical` or `reserved`, where the register says so; `cancelled`: it is no more (on no map, and never nearest to a point).
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// Since when it is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_on: Option<NaiveDate>,
    /// The earlier name or address that was met; `name` and `address` are the present ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<FormerView>,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matched: Option<MatchView>,
    /// Between 0 and 1; never rises from one hit to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// What the score is the sum of, when `explain` was asked for: kind (of the match), current (called so today), layer, rank (class of a
    /// road, level of a division), brevity (of the text met).
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<BTreeMap<&'static str, f64>>,
    /// How many features this one stands for: the pieces of a road are one hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<u32>,
    /// Metres within which the place lies, when it was interpolated between known numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_m: Option<f64>,
    /// What to know before trusting it, in the language asked for: what differs, an old name and what it is called now, a cancelled place.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// From the point asked about, to a centimetre.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_m: Option<f64>,
}

/// A name or address that a place once had.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormerView {
    /// As the register wrote it.
    name: String,
    /// The day since which the present one is in force: from its validity, else the day on which the register changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<NaiveDate>,
}

/// How the place was met.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchView {
    /// Best first: exact, prefix, substring, rearranged (all there, in another order or with parts left out), interpolated (between known
    /// numbers), street (the number is missing: the road), sound, typo (one character), partial (a part is not met), nearest_number,
    /// elsewhere (in another division than was said). `coordinates`: a point was asked for.
    #[schema(value_type = String)]
    kind: KindView,
    /// Which of its texts: name, other_name, short_name, alternative_name, former_name, code, street_address, address, pinyin, initials.
    #[schema(value_type = Option<String>)]
    part: Option<gazetteer::Part>,
    /// Part by part what was asked and what is there; not while a text is being typed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartView>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum KindView {
    Met(gazetteer::Kind),
    Coordinates(&'static str),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PartView {
    /// country, province, city, county, development_zone, town, community, group, road, lane, sub_lane, number, estate, block, building,
    /// unit, floor, room, occupant, postcode, hint, other.
    #[schema(value_type = String)]
    part: ElementKind,
    /// exact, script (simplified or traditional), sound, typo, left_out (the query does not say it), extra (the register does not have it),
    /// former (called so before), interpolated, differs.
    #[schema(value_type = String)]
    how: How,
    /// What the query says, folded as it is compared (simplified, half width, lower case).
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// What the register says today.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
}

impl GeocodeView {
    /// `explain`: with what each score is the sum of.
    pub fn of_search(text: String, found: SearchAnswer, city: &City, language: Language, explain: bool) -> Self {
        if let Some(point) = &found.point {
            return Self::of_point(text, point, city, language);
        }
        let mut head = Geocoding::new(city, found.sequence, language, found.answer.hits.iter().map(|hit| hit.place.layer));
        head.query = Some(text);
        head.truncated = found.answer.truncated;
        Self {
            kind: "FeatureCollection",
            geocoding: head,
            features: found.answer.hits.into_iter().map(|hit| Place::of_hit(hit, language, explain)).collect(),
        }
    }

    /// The point itself, then what is near it.
    fn of_point(text: String, found: &PointAnswer, city: &City, language: Language) -> Self {
        let mut view = Self::of_nearest(&found.answer, city, language);
        view.geocoding.query = Some(text);
        view.features.insert(0, Place::of_coordinates(found.point));
        view
    }

    pub fn of_nearest(found: &ReverseAnswer, city: &City, language: Language) -> Self {
        let mut head = Geocoding::new(city, found.sequence, language, found.nearest.iter().map(|near| near.layer));
        head.surroundings = Some(SurroundingsView::of(&found.surroundings));
        Self {
            kind: "FeatureCollection",
            geocoding: head,
            features: found.nearest.iter().map(|near| Place::of_nearest(near, language)).collect(),
        }
    }
}

impl Geocoding {
    fn new(city: &City, sequence: u64, language: Language, layers: impl Iterator<Item = Layer>) -> Self {
        let mut credits: Vec<&str> = Vec::new();
        for layer in layers {
            let credit = city.layers.get(&layer).and_then(|credits| credits.attribution.as_ref()).map(|text| language.of(text));
            if let Some(credit) = credit
                && !credits.contains(&credit)
            {
                credits.push(credit);
            }
        }
        Self { version: "0.1.0", query: None, attribution: credits.join("; "), sequence, truncated: false, surroundings: None }
    }
}

impl Place {
    fn new(id: String, position: Option<[f64; 2]>, geocoding: FoundView) -> Self {
        Self { kind: "Feature", id, geometry: position.map(geometry::Point::new), properties: Properties { geocoding } }
    }

    fn of_coordinates([lon, lat]: [f64; 2]) -> Self {
        let matched = MatchView { kind: KindView::Coordinates("coordinates"), part: None, parts: Vec::new() };
        let label = format!("{lat:.6}, {lon:.6}");
        let found = FoundView { label, kind: "point", distance_m: Some(0.0), matched: Some(matched), ..FoundView::default() };
        Self::new(format!("point:{lat},{lon}"), Some([lon, lat]), found)
    }

    fn of_hit(hit: Hit, language: Language, explain: bool) -> Self {
        let note = note(&hit).map(|[zh, en]| if language == Language::Chinese { zh } else { en });
        let (id, position) = (hit.place.id, hit.place.position);
        let found = FoundView {
            former: hit.former.map(|former| FormerView { name: former.name, since: former.since }),
            matched: Some(MatchView {
                kind: KindView::Met(hit.matched.kind),
                part: Some(hit.matched.part),
                parts: hit.parts.into_iter().map(PartView::of).collect(),
            }),
            score: Some(hit.score),
            explain: explain.then(|| hit.weights.into_iter().collect()),
            features: Some(hit.features),
            error_m: hit.error_m,
            note,
            ..FoundView::of(hit.place)
        };
        Self::new(id.to_string(), position, found)
    }

    fn of_nearest(near: &Nearest, language: Language) -> Self {
        let unnamed = || FoundView {
            label: near.layer.title_in(language).to_owned(),
            layer: Some(near.layer.id()),
            id: Some(near.id.to_string()),
            kind: near.layer.id(),
            ..FoundView::default()
        };
        let distance_m = Some((near.distance_m * 100.0).round() / 100.0);
        let found = FoundView { distance_m, ..near.place.clone().map_or_else(unnamed, FoundView::of) };
        Self::new(near.id.to_string(), near.position, found)
    }
}

impl FoundView {
    fn of(place: gazetteer::Place) -> Self {
        Self {
            label: place.label,
            name: place.name,
            name_en: place.name_en,
            layer: Some(place.layer.id()),
            id: Some(place.id.to_string()),
            kind: place.layer.id(),
            address: place.address,
            division: place.division.map(|division| division.name.as_ref().to_owned()),
            status: place.status,
            cancelled_on: place.cancelled_on,
            ..Self::default()
        }
    }
}

impl PartView {
    fn of(met: PartMatch) -> Self {
        Self { part: met.part, how: met.how, asked: met.asked, found: met.found }
    }
}

impl SurroundingsView {
    fn of(around: &Surroundings) -> Self {
        let areas = |areas: &[Area]| {
            let view = |area: &Area| AreaView {
                id: area.id.to_string(),
                name: area.name.clone(),
                code: area.code.clone(),
                class: area.class.clone(),
            };
            areas.iter().map(view).collect()
        };
        let beside = |line: &Beside| BesideView {
            id: line.id.to_string(),
            name: line.name.clone(),
            distance_m: line.distance_m,
            side: line.side,
            beyond: line.beyond.clone(),
        };
        Self {
            divisions: areas(&around.divisions),
            zones: areas(&around.zones),
            road: around.road.as_ref().map(beside),
            boundary: around.boundary.as_ref().map(beside),
        }
    }
}

impl Layer {
    fn title_in(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.title().zh,
            Language::English => self.title().en,
        }
    }
}
