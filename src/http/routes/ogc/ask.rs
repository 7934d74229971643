//! What a request to the OGC API asks for: its parameters, known and each once; the format; and the address it was asked at.

use axum::extract::{FromRequestParts, Query};
use axum::http::header::{ACCEPT, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::http::language::Language;
use crate::http::problem::{Failure, Rejected};
use crate::http::view::ogc::link::Base;

/// How the answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Html,
    Mvt,
}

#[derive(Debug)]
pub struct Ask {
    pub base: Base,
    pub language: Language,
    pub pairs: Vec<(String, String)>,
    pub headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let language = Language::from_parts(parts);
        let Query(pairs) =
            Query::<Vec<(String, String)>>::from_request_parts(parts, state).await.map_err(|rejection| rejection.tell(language))?;
        let header = |name: &str| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let host = header(HOST.as_str()).unwrap_or("localhost");
        let scheme = header("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        let lang = pairs.iter().any(|(name, _)| name == "lang").then_some(language);
        let base = Base::new(&format!("{scheme}://{host}/ogc"), parts.uri.path(), lang);
        Ok(Self { base, language, pairs, headers: parts.headers.clone() })
    }
}

impl Ask {
    /// Refuses parameters that this resource does not have, and any that comes twice.
    pub fn only(&self, known: &[&str]) -> Result<(), Failure> {
        for (at, (name, _)) in self.pairs.iter().enumerate() {
            if !(known.contains(&name.as_str()) || name == "f" || name == "lang") {
                let shown: String = name.chars().take(80).collect();
                return Err(self.invalid(&shown, format!("没有参数 {shown:?}。"), format!("There is no parameter {shown:?} here.")));
            }
            if self.pairs[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(self.invalid(name, format!("参数 {name} 重复。"), format!("The parameter {name} is given twice.")));
            }
        }
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The format that `f` names, else the one the reader likes best; the first offered is for those who like all the same.
    pub fn format(&self, offered: &[Format]) -> Result<Format, Failure> {
        if let Some(name) = self.get("f") {
            let named = match name {
                "json" | "geojson" => Some(Format::Json),
                "html" => Some(Format::Html),
                "mvt" => Some(Format::Mvt),
                _ => None,
            };
            return named.filter(|format| offered.contains(format)).ok_or_else(|| {
                let known = offered.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
                self.invalid("f", format!("f 可为：{known}。"), format!("`f` can be: {known}."))
            });
        }
        let accept = self.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let weight = |format: &Format| {
            accept
                .split(',')
                .filter_map(|part| {
                    let mut pieces = part.trim().split(';');
                    let kind = pieces.next()?.trim();
                    let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
                    format.is(kind).then_some(weight)
                })
                .fold(0.0, f32::max)
        };
        let mut best = offered.first().copied().unwrap_or(Format::Json);
        for format in offered {
            if weight(format) > weight(&best) {
                best = *format;
            }
        }
        Ok(best)
    }

    pub fn invalid(&self, field: &str, zh: impl Into<String>, en: impl Into<String>) -> Failure {
        Failure::invalid(self.language, field, zh, en)
    }
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Html => "html",
            Format::Mvt => "mvt",
        }
    }

    fn is(self, kind: &str) -> bool {
        match self {
            Format::Json => matches!(kind, "application/json" | "application/geo+json" | "application/schema+json"),
            Format::Html => matches!(kind, "text/html" | "application/xhtml+xml"),
            Format::Mvt => matches!(kind, "application/vnd.mapbox-vector-tile" | "application/x-protobuf"),
        }
    }
}

/// JSON under a media type of its own.
pub fn json(media_type: &'static str, value: &serde_json::Value) -> Response {
    ([(axum::http::header::CONTENT_TYPE, media_type)], value.to_string()).into_response()
}
