//! What the index is built from: a feature with the texts by which it may be found.

use std::sync::Arc;

use crate::domain::{FeatureId, Layer, Name};

/// The division a feature lies in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Division {
    /// 区划代码, in which the code of a division begins with that of the one above it.
    pub code: Arc<str>,
    /// As it is shown beside the feature: 羅東鎮, or a chain of divisions.
    pub name: Arc<str>,
}

/// One feature. Texts that many features share (roads, divisions) may share one `Arc`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: FeatureId,
    pub layer: Layer,
    /// The name it is shown by.
    pub name: Option<Arc<str>>,
    pub names: Vec<Name>,
    /// Parcel, case, marker or division codes.
    pub codes: Vec<Arc<str>>,
    /// The full address as it is written. Without it, road, lane and number make one.
    pub address: Option<Arc<str>>,
    /// The road of a plate, with its section (段).
    pub road: Option<Arc<str>>,
    /// 巷弄
    pub lane: Option<Arc<str>>,
    /// 门牌号 as in the address: `2之3號`, `12a`.
    pub number: Option<Arc<str>>,
    /// WGS 84 longitude, latitude; kept to 1e-7 degrees. `None`: known, but not where.
    pub position: Option<[f64; 2]>,
    /// Importance within its layer, 0 the greatest: class of a road, level of a division.
    pub rank: u8,
    pub division: Option<Arc<Division>>,
}

impl Entry {
    pub fn new(layer: Layer, id: FeatureId) -> Self {
        Self {
            id,
            layer,
            name: None,
            names: Vec::new(),
            codes: Vec::new(),
            address: None,
            road: None,
            lane: None,
            number: None,
            position: None,
            rank: 0,
            division: None,
        }
    }
}
