//! What answers look like on the wire: one view per answer, made from what the app returned.

pub(super) mod city;
pub(super) mod feature;
pub(super) mod geocode;
pub(super) mod geometry;
pub(super) mod identify;
pub(super) mod layer;
pub(super) mod live;
pub(super) mod ogc;
pub(super) mod tilejson;
