//! Gold sets of names: Sha Tin with Hong Kong's official street names in two languages, and the Isle of Man's names with a slip.

use std::collections::{BTreeMap, BTreeSet};

use yutu::domain::{FeatureId, Layer, Name, NameKind};
use yutu::gazetteer::{Entry, Place, Query};

use crate::gold::{Question, Set};
use crate::source;
use crate::typing::{Chance, slip};

/// Named objects and streets with a Chinese name, an English one, or both.
pub struct Bilingual {
    pub entries: Vec<Entry>,
    /// (Chinese, English) of OpenStreetMap's objects and of the official list.
    objects: BTreeSet<(String, String)>,
    official: Vec<(String, String)>,
}

pub fn sha_tin() -> Option<Bilingual> {
    let mut all = Bilingual { entries: Vec::new(), objects: BTreeSet::new(), official: Vec::new() };
    for (kind, layer) in [("points", Layer::PlaceNames), ("lines", Layer::Roads), ("multipolygons", Layer::PlaceNames)] {
        for (row, (fields, position)) in source::osm("hk-shatin/shatin.osm.gz", kind)?.into_iter().enumerate() {
            let field = |name: &str| fields.get(name).map(|value| value.trim()).unwrap_or("");
            let (zh, en) = (field("name:zh").to_owned(), field("name:en").to_owned());
            if zh.is_empty() && en.is_empty() || kind == "lines" && field("highway").is_empty() {
                continue;
            }
            let id = FeatureId::derive(layer.id(), "quality", &format!("{kind}/{row}"));
            all.entries.push(Entry { position, ..bilingual(layer, id, &zh, &en) });
            all.objects.insert((zh, en));
        }
    }
    for (row, fields) in source::table("hk-shatin/hk_official_street_names_2017-06.csv.gz")?.into_iter().enumerate() {
        let (zh, en) = (fields["Chinese_Street_Name"].clone(), fields["English_Street_Name"].clone());
        all.entries.push(bilingual(Layer::Roads, FeatureId::derive("roads", "quality", &format!("list/{row}")), &zh, &en));
        all.official.push((zh, en));
    }
    Some(all)
}

fn bilingual(layer: Layer, id: FeatureId, zh: &str, en: &str) -> Entry {
    let mut entry = Entry::new(layer, id);
    entry.name = Some(if zh.is_empty() { en.into() } else { zh.into() });
    if !en.is_empty() && !zh.is_empty() {
        entry.names = vec![Name { text: en.to_owned(), lang: "en".to_owned(), kind: NameKind::Official }];
    }
    entry
}

impl Bilingual {
    pub fn sets(&self) -> Vec<Set<'_>> {
        let objects: Vec<&(String, String)> = self.objects.iter().collect();
        let official: Vec<&(String, String)> = self.official.iter().collect();
        vec![
            Set::new("objects in Chinese", named(&objects, |pair| &pair.0)),
            Set { template: english(), ..Set::new("objects in English", named(&objects, |pair| &pair.1)) },
            Set::new("street list in Chinese", named(&official, |pair| &pair.0)),
            Set { template: english(), ..Set::new("street list in English", named(&official, |pair| &pair.1)) },
        ]
    }
}

fn english() -> Query {
    Query { lang: "en".to_owned(), ..Query::default() }
}

/// Each name once; whatever else is called so counts too.
fn named<'a>(pairs: &[&'a (String, String)], of: fn(&(String, String)) -> &String) -> Vec<Question<'a>> {
    let names: BTreeMap<String, &(String, String)> = pairs.iter().map(|pair| (of(pair).clone(), *pair)).collect();
    let question = |(name, pair): (String, &(String, String))| {
        let wanted = name.to_lowercase();
        let is_right = move |place: &Place| called(place, &wanted);
        Question { meant: format!("{} / {}", pair.0, pair.1), text: name, is_right: Box::new(is_right) }
    };
    names.into_iter().filter(|(name, _)| !name.is_empty()).map(question).collect()
}

fn called(place: &Place, wanted: &str) -> bool {
    [&place.name, &place.name_en].into_iter().flatten().any(|name| name.trim().to_lowercase() == wanted)
}

/// The names of the Isle of Man's streets and places.
pub struct Island {
    pub entries: Vec<Entry>,
    names: BTreeSet<String>,
}

pub fn isle_of_man() -> Option<Island> {
    let mut island = Island { entries: Vec::new(), names: BTreeSet::new() };
    let mut streets = BTreeSet::new();
    for row in source::table("isle-of-man/names/named-highways.csv.gz")? {
        let position = [row["lon"].parse().unwrap(), row["lat"].parse().unwrap()];
        if streets.insert(row["name"].clone()) && !row["name"].is_empty() {
            let mut entry =
                Entry::new(Layer::PlaceNames, FeatureId::derive("place_names", "quality", &format!("street/{}", row["osm_id"])));
            entry.name = Some(row["name"].as_str().into());
            entry.position = Some(position);
            entry.names =
                others(&row["alt_name"], NameKind::Alternative, "").chain(others(&row["name:gv"], NameKind::Official, "gv")).collect();
            island.entries.push(entry);
        }
    }
    for file in ["places", "natural"] {
        let path = source::file(&format!("isle-of-man/names/named-{file}.geojson.gz"))?;
        let mut sink = |feature: yutu::formats::SourceFeature| {
            if let Some(name) = feature.field("name").and_then(|name| Some(name.as_text()?.into_owned())) {
                let id = FeatureId::derive("place_names", "quality", &format!("{file}/{}", feature.row));
                let mut entry = Entry::new(Layer::PlaceNames, id);
                entry.name = Some(name.as_str().into());
                entry.position = feature.geometry.ok().flatten().and_then(|geometry| yutu::geometry::inner_point(&geometry));
                island.entries.push(entry);
            }
            std::ops::ControlFlow::Continue(())
        };
        yutu::formats::read(&path, &Default::default(), &mut sink).unwrap();
    }
    island.names = island.entries.iter().filter_map(|entry| entry.name.as_deref().map(str::to_owned)).collect();
    Some(island)
}

fn others(text: &str, kind: NameKind, lang: &str) -> impl Iterator<Item = Name> {
    text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(move |name| Name {
        text: name.to_owned(),
        lang: lang.to_owned(),
        kind,
    })
}

impl Island {
    pub fn sets(&self, seed: u64) -> Vec<Set<'_>> {
        let mut chance = Chance::new(seed);
        let plain: BTreeSet<String> = self.names.iter().map(|name| name.to_lowercase()).collect();
        let question = |name: &'_ String, text: String| {
            let wanted = name.to_lowercase();
            Question { text, meant: name.clone(), is_right: Box::new(move |place: &Place| called(place, &wanted)) }
        };
        // what is the name of another place is not a slip
        let mut slipped = |name: &String| slip(name, &mut chance).filter(|text| !plain.contains(&text.to_lowercase()));
        let slips = self.names.iter().filter_map(|name| Some(question(name, slipped(name)?))).collect();
        let as_written = self.names.iter().map(|name| question(name, name.clone())).collect();
        vec![
            Set { template: english(), ..Set::new("as written", as_written) },
            Set { template: english(), ..Set::new("with a slip", slips) },
        ]
    }
}
