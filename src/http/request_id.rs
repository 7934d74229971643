//! A number for each request, by which an answer can be found in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderName, HeaderValue};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives out ids that no other run of the service gives out.
#[derive(Clone, Debug)]
pub struct RequestIds(Arc<Source>);

#[derive(Debug)]
struct Source {
    run: u64,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self(Arc::new(Source { run: rand::random(), next: AtomicU64::new(1) }))
    }
}

impl RequestIds {
    /// 16 hexadecimal digits for the run, a hyphen, 10 for the request.
    pub fn next(&self) -> HeaderValue {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let mut text = [b'-'; 27];
        for (place, slot) in text[..16].iter_mut().enumerate() {
            *slot = DIGITS[(self.0.run >> (60 - 4 * place) & 15) as usize];
        }
        for (place, slot) in text[17..].iter_mut().enumerate() {
            *slot = DIGITS[(number >> (36 - 4 * place) & 15) as usize];
        }
        HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_between_requests_and_runs() {
        let (one, other) = (RequestIds::default(), RequestIds::default());
        let ids = [one.next(), one.next(), other.next()];
        assert!(ids[0].to_str().unwrap().ends_with("-0000000001") && ids[1].to_str().unwrap().ends_with("-0000000002"));
        assert!(ids[0] != ids[2] && ids.iter().all(|id| id.len() == 27));
    }
}
