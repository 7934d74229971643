//! What tells one tile from another.

use crate::domain::Layer;
use crate::tiles::{TileId, TileLayer};

/// How a tile is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileFormat {
    GeoJson,
    Mvt,
    Mlt,
}

/// A set of tile layers. Their order in an address does not matter: a tile holds them in drawing order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LayerSet(u32);

/// One tile of some layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileKey {
    pub tile: TileId,
    pub layers: LayerSet,
    pub format: TileFormat,
}

impl TileFormat {
    /// How an address of a tile ends.
    pub fn ending(self) -> &'static str {
        match self {
            TileFormat::GeoJson => "geojson",
            TileFormat::Mvt => "mvt",
            TileFormat::Mlt => "mlt",
        }
    }

    /// The format of an ending.
    pub fn of_ending(ending: &str) -> Option<Self> {
        [TileFormat::GeoJson, TileFormat::Mvt, TileFormat::Mlt].into_iter().find(|format| format.ending() == ending)
    }

    pub fn media_type(self) -> &'static str {
        match self {
            TileFormat::GeoJson => "application/geo+json",
            TileFormat::Mvt => "application/vnd.mapbox-vector-tile",
            TileFormat::Mlt => "application/vnd.maplibre-tile",
        }
    }
}

impl LayerSet {
    /// What is made from the features of a layer: they and their labels.
    pub(super) fn made_from(layer: Layer) -> Self {
        Self::default().with(TileLayer::Features(layer)).with(TileLayer::Labels(layer))
    }

    #[must_use]
    pub fn with(self, layer: TileLayer) -> Self {
        Self(self.0 | bit(layer))
    }

    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, layer: TileLayer) -> bool {
        self.0 & bit(layer) != 0
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = TileLayer> {
        let all = Layer::ALL.into_iter();
        all.clone().map(TileLayer::Features).chain(all.map(TileLayer::Labels)).filter(move |layer| self.contains(*layer))
    }
}

impl FromIterator<TileLayer> for LayerSet {
    fn from_iter<I: IntoIterator<Item = TileLayer>>(layers: I) -> Self {
        layers.into_iter().fold(Self::default(), Self::with)
    }
}

fn bit(layer: TileLayer) -> u32 {
    match layer {
        TileLayer::Features(layer) => 1 << layer as u32,
        TileLayer::Labels(layer) => 1 << (Layer::ALL.len() as u32 + layer as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_exactly_what_was_put_in() {
        let all: Vec<TileLayer> = LayerSet(u32::MAX).iter().collect();
        assert_eq!(all.len(), 2 * Layer::ALL.len());
        for layer in &all {
            assert_eq!(LayerSet::default().with(*layer).iter().collect::<Vec<_>>(), [*layer]);
        }
    }
}
