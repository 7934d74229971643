//! A file per noun; each handler is: take parameters, ask the app, show the answer.

pub(super) mod city;
pub(super) mod docs;
pub(super) mod features;
pub(super) mod geocode;
pub(super) mod health;
pub(super) mod identify;
pub(super) mod layers;
pub(super) mod live;
pub(super) mod ogc;
pub(super) mod search;
pub(super) mod session;
pub(super) mod tiles;
