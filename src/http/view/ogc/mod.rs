//! What the OGC API's resources look like as JSON; the pages are made from the same values.

pub mod collection;
pub mod html;
pub mod items;
pub mod landing;
pub mod link;
pub mod openapi;
pub mod schema;
pub mod tileset;

use crate::app::Message;
use crate::domain::Text;
use crate::http::language::Language;

fn told(text: Text, language: Language) -> &'static str {
    match language {
        Language::Chinese => text.zh,
        Language::English => text.en,
    }
}

fn said(language: Language, zh: &str, en: &str) -> String {
    language.of(&Message::new(zh, en)).to_owned()
}
