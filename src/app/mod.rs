//! The questions and commands of the service, a file each: fetch, decide, return. Each knows nothing of HTTP.

mod city;
mod compute;
mod coordinates;
mod error;
mod feature;
mod geocode;
mod identify;
mod layers;
pub mod ogc;
mod reverse;
mod search;
mod session;
mod surroundings;
mod tile;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::config::Config;
use crate::crs::Crs;
use crate::live::Live;
use crate::store::Pool;

pub use city::{Bilingual, City, Credits};
pub use compute::{Calculations, warm_up};
pub use error::{AppError, Message};
pub use feature::{FeatureAnswer, feature};
pub use geocode::{Counts, Named, Wash, WashForm, Washed, geocode, separator};
pub use identify::{Identified, LayerAnswer, Outcome, identify};
pub use layers::{LayerInfo, layers};
pub use reverse::{Nearest, ReverseAnswer, ReverseQuestion, reverse};
pub use search::{PointAnswer, SearchAnswer, SearchQuestion, search};
pub use session::{Attempts, LoggedIn, SESSION_DAYS, add_account, log_in, log_out, who};
pub use surroundings::{Area, Beside, Side, Surroundings};
pub use tile::{Coding, LayerSet, Tile, TileCache, TileFormat, TileKey, keep_warm, named_layers, tile};

/// Everything a question may need.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub city: City,
    pub working: Crs,
    pub pool: Pool,
    pub live: Arc<Live>,
    pub tiles: TileCache,
    pub calculations: Calculations,
    pub logins: Attempts,
    /// Open maps that listen now.
    pub listeners: AtomicUsize,
}
