//! The settings as plain values. Where they come from (options, environment) is the command line's business.

use std::net::SocketAddr;
use std::time::Duration;

/// What `yutu serve` needs to know beside its city.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub limits: Limits,
    pub base_map: Option<BaseMap>,
    /// Cookies are sent over HTTPS only. Off for plain HTTP on the loopback interface.
    pub secure_cookies: bool,
}

/// What a request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub request_timeout: Duration,
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Requests at once; more are told to come back.
    pub concurrent_requests: usize,
    /// Calculations that may wait for their turn; more are told to come back.
    pub waiting_calculations: usize,
    /// For a client to send a request's head, and to begin with the next one.
    pub head_timeout: Duration,
    /// Bytes of finished tiles kept in memory.
    pub tile_cache_bytes: u64,
    /// Bytes of a search text.
    pub query_bytes: usize,
    /// Features that one answer lists.
    pub listed_features: usize,
    /// Open maps that listen for changes.
    pub live_listeners: usize,
    pub batch: BatchLimits,
}

/// What a table of addresses may cost.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Tables at once; more are told to come back.
    pub at_once: usize,
    pub rows: u64,
    /// Of one row, as UTF-8.
    pub row_bytes: usize,
    /// In one row.
    pub cells: usize,
    /// Of one address.
    pub address_bytes: usize,
    /// Without a byte from the sender.
    pub silence: Duration,
    pub time: Duration,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self {
            at_once: 4,
            rows: 5_000_000,
            row_bytes: 64 << 10,
            cells: 1000,
            address_bytes: 4096,
            silence: Duration::from_secs(30),
            time: Duration::from_secs(3600),
        }
    }
}

/// A base map from elsewhere, drawn under the layers when the reader switches it on.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct BaseMap {
    pub kind: BaseMapKind,
    /// XYZ: with `{z}`, `{x}`, `{y}`. WMTS: the address of the service.
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix_set: Option<String>,
    pub attribution: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseMapKind {
    Xyz,
    Wmts,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(20),
            body_bytes: 1 << 20,
            concurrent_requests: 512,
            waiting_calculations: 256,
            head_timeout: Duration::from_secs(30),
            tile_cache_bytes: 256 << 20,
            query_bytes: 4096,
            listed_features: 100,
            live_listeners: 2000,
            batch: BatchLimits::default(),
        }
    }
}

impl BaseMap {
    /// Scheme and host, for the page's content policy. `None`: not an address the page could load from.
    pub fn origin(&self) -> Option<&str> {
        let rest = self.url.strip_prefix("https://").or_else(|| self.url.strip_prefix("http://"))?;
        let host = rest.split(['/', '?']).next()?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '*');
        (!host.is_empty() && host.chars().all(allowed)).then(|| &self.url[..self.url.len() - rest.len() + host.len()])
    }
}
