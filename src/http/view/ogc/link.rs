//! Links (RFC 8288 as JSON): absolute, at the address at which the reader asked, in the language that was asked for.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use crate::http::language::Language;

/// What query values keep as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',').remove(b':').remove(b'/');

pub const JSON: &str = "application/json";
pub const GEOJSON: &str = "application/geo+json";
pub const HTML: &str = "text/html";
pub const SCHEMA: &str = "application/schema+json";
pub const MVT: &str = "application/vnd.mapbox-vector-tile";

/// Where the reader is.
#[derive(Clone, Debug)]
pub struct Base {
    /// Scheme, host and `/ogc`.
    root: String,
    /// The path asked for, below the root.
    path: String,
    lang: Option<Language>,
}

impl Base {
    pub fn new(root: &str, path: &str, lang: Option<Language>) -> Self {
        let path = path.strip_prefix("/ogc").unwrap_or(path).trim_end_matches('/');
        Self { root: root.to_owned(), path: path.to_owned(), lang }
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    /// The path asked for, below the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The service beside the OGC API.
    pub fn site(&self) -> &str {
        self.root.trim_end_matches("/ogc")
    }

    /// A path below the root with parameters.
    pub fn with<'a>(&self, path: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        let language = self.lang.map(|language| ("lang", language.code()));
        let query: Vec<String> = parameters
            .filter(|(name, _)| *name != "lang")
            .chain(language)
            .map(|(name, value)| format!("{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(value, QUERY)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}", self.root, query.join("&"))
    }

    pub fn formatted(&self, path: &str, format: &str) -> String {
        self.with(path, [("f", format)].into_iter())
    }

    /// The resource itself and its page.
    pub fn itself(&self, media: &str, language: Language) -> Vec<Json> {
        let page = super::said(language, "网页", "As a page");
        vec![
            link("self", media, &super::said(language, "本资源", "This resource"), &self.formatted(&self.path, "json")),
            link("alternate", HTML, &page, &self.formatted(&self.path, "html")),
        ]
    }
}

pub fn link(rel: &str, media: &str, title: &str, href: &str) -> Json {
    json!({ "rel": rel, "type": media, "title": title, "href": href })
}
