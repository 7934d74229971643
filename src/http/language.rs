//! Which language the reader wants: the parameter `lang`, else Accept-Language, else Chinese.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;

use crate::app::Message;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    pub fn of(self, message: &Message) -> &str {
        match self {
            Language::Chinese => &message.zh,
            Language::English => &message.en,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Language::Chinese => "zh",
            Language::English => "en",
        }
    }

    pub fn from_parts(parts: &Parts) -> Self {
        Self::asked(parts.uri.query(), parts.headers.get(ACCEPT_LANGUAGE))
    }

    /// By the query of a URI and the header Accept-Language.
    pub fn asked(query: Option<&str>, accepted: Option<&HeaderValue>) -> Self {
        let asked = query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("lang="));
        if let Some(asked) = asked {
            return if asked.starts_with("en") { Self::English } else { Self::Chinese };
        }
        accepted.and_then(|value| value.to_str().ok()).map_or(Self::Chinese, Self::preferred)
    }

    /// The better of the two by the weights of an Accept-Language header.
    fn preferred(header: &str) -> Self {
        let weight = |prefix: &str| {
            header
                .split(',')
                .filter_map(|part| {
                    let mut pieces = part.trim().split(';');
                    let tag = pieces.next()?.trim();
                    let weight =
                        pieces.find_map(|piece| piece.trim().strip_prefix("q=")).map_or(Some(1.0), |text| text.parse::<f32>().ok())?;
                    tag.to_ascii_lowercase().starts_with(prefix).then_some(weight)
                })
                .fold(0.0, f32::max)
        };
        if weight("en") > weight("zh") { Self::English } else { Self::Chinese }
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::from_parts(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_unless_english_is_wanted_more() {
        for (header, wanted) in [
            ("", Language::Chinese),
            ("en-GB,en;q=0.9", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("de, en;q=0.5, zh;q=0.7", Language::Chinese),
            ("en;q=x", Language::Chinese),
        ] {
            assert_eq!(Language::preferred(header), wanted, "{header}");
        }
    }
}
