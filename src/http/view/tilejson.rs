//! TileJSON 3.0.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{City, LayerInfo, TileFormat};
use crate::domain::Extent;
use crate::http::language::Language;
use crate::tiles::{TileLayer, tilejson_fields};

#[derive(Debug, Serialize, ToSchema)]
pub struct TileJson {
    tilejson: &'static str,
    name: String,
    tiles: Vec<String>,
    /// How they are encoded, as MapLibre's styles call it: `mvt` or `mlt`.
    encoding: &'static str,
    minzoom: u8,
    maxzoom: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<[f64; 4]>,
    attribution: String,
    vector_layers: Vec<VectorLayer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VectorLayer {
    id: String,
    description: String,
    minzoom: u8,
    maxzoom: u8,
    fields: BTreeMap<&'static str, &'static str>,
}

impl TileJson {
    /// `names`: the layers as they were asked for; `site`: scheme and host.
    pub fn new(
        names: &str,
        layers: &[TileLayer],
        infos: &[LayerInfo],
        city: &City,
        site: &str,
        format: TileFormat,
        language: Language,
    ) -> Self {
        let ending = format.ending();
        let own: Vec<&LayerInfo> = infos.iter().filter(|info| layers.iter().any(|layer| layer.layer() == info.layer)).collect();
        let bounds = own.iter().filter_map(|info| info.extent).reduce(Extent::union);
        let mut credits: Vec<&str> =
            own.iter().filter_map(|info| city.layers.get(&info.layer)?.attribution.as_ref()).map(|text| language.of(text)).collect();
        credits.dedup();
        Self {
            tilejson: "3.0.0",
            name: names.to_owned(),
            tiles: vec![format!("{site}/tiles/{names}/{{z}}/{{x}}/{{y}}.{ending}")],
            encoding: ending,
            minzoom: 0,
            maxzoom: 22,
            bounds: bounds.map(|extent| [extent.min[0], extent.min[1], extent.max[0], extent.max[1]]),
            attribution: credits.join("; "),
            vector_layers: layers.iter().map(|layer| VectorLayer::new(*layer, city, language)).collect(),
        }
    }
}

impl VectorLayer {
    fn new(layer: TileLayer, city: &City, language: Language) -> Self {
        let is_public = |name: &str| city.layers.get(&layer.layer()).is_none_or(|credits| !credits.hidden.contains(name));
        let title = layer.layer().title();
        let fields = tilejson_fields(layer).into_iter().filter(|field| is_public(field.name)).map(|field| (field.name, field.kind));
        Self {
            id: layer.to_string(),
            description: if language == Language::English { title.en } else { title.zh }.to_owned(),
            minzoom: 0,
            maxzoom: 22,
            fields: fields.collect(),
        }
    }
}
