//! What the service says of its city.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::Message;
use crate::domain::Layer;

/// The city in force, from its pack.
#[derive(Clone, Debug)]
pub struct City {
    pub id: String,
    pub name: Message,
    pub fictional: bool,
    pub notice: Option<Message>,
    pub time_zone: String,
    pub layers: BTreeMap<Layer, Credits>,
}

/// Whose a layer's data are, and what the public does not see of it.
#[derive(Clone, Debug, Default)]
pub struct Credits {
    pub attribution: Option<Message>,
    pub licence: Option<String>,
    pub hidden: HashSet<String>,
    /// Metres to which the public sees positions; 0 is exact.
    pub precision_m: f64,
}

/// A text in both languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

impl From<&Message> for Bilingual {
    fn from(message: &Message) -> Self {
        Self { zh: message.zh.clone(), en: message.en.clone() }
    }
}

impl From<crate::domain::Text> for Bilingual {
    fn from(text: crate::domain::Text) -> Self {
        Self { zh: text.zh.to_owned(), en: text.en.to_owned() }
    }
}
