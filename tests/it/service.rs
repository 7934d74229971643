//! The service in the test's own process, over a fresh database: the real router, the real follower, a real socket.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::Value as Json;
use yutu::app::{App, Attempts, Calculations, City, Credits, Message, TileCache};
use yutu::config::{Config, Limits};
use yutu::domain::Layer;
use yutu::live::{self, Live, Publicity, Settings};

use super::setup::Fresh;

pub struct Service {
    pub fresh: Fresh,
    pub live: Arc<Live>,
    pub app: Arc<App>,
    pub base: String,
    pub client: reqwest::Client,
    follower: tokio::task::JoinHandle<()>,
    server: tokio::task::JoinHandle<()>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.follower.abort();
        self.server.abort();
    }
}

fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| yutu::telemetry::start_metrics().unwrap()).clone()
}

impl Service {
    pub async fn start(fresh: Fresh) -> Self {
        Self::with_limits(fresh, Limits::default()).await
    }

    pub async fn with_limits(fresh: Fresh, limits: Limits) -> Self {
        Self::with(fresh, limits, BTreeMap::new()).await
    }

    /// A service that shows the public only so much of some layers.
    pub async fn with(fresh: Fresh, limits: Limits, publicity: BTreeMap<Layer, Publicity>) -> Self {
        let live = Arc::new(Live::new());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Arc::new(App {
            config: Config { listen: address, limits, base_map: None, secure_cookies: false },
            city: City {
                id: "test".into(),
                name: Message::new("测试市", "Test City"),
                fictional: true,
                notice: None,
                time_zone: "Asia/Shanghai".into(),
                layers: publicity
                    .iter()
                    .map(|(layer, public)| {
                        (*layer, Credits { hidden: public.hidden.clone(), precision_m: public.precision_m, ..Credits::default() })
                    })
                    .collect(),
            },
            working: fresh.working.clone(),
            pool: fresh.pool.clone(),
            live: Arc::clone(&live),
            tiles: TileCache::new(limits.tile_cache_bytes, &live),
            calculations: Calculations::new(limits.waiting_calculations),
            logins: Attempts::default(),
            listeners: AtomicUsize::new(0),
        });
        let settings = Settings { working: fresh.working.clone(), publicity };
        let follower = tokio::spawn(live::follow(Arc::clone(&live), fresh.pool.clone(), settings));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serving = Arc::clone(&app);
        let server = tokio::spawn(async move {
            let stopped = async {
                if stopped.await.is_err() {
                    std::future::pending().await
                }
            };
            yutu::http::serve(listener, serving, metrics(), stopped).await;
        });
        live.built().await;
        let client = reqwest::Client::builder().gzip(false).brotli(false).cookie_store(true).build().unwrap();
        Self { fresh, live, app, base: format!("http://{address}"), client, follower, server, stop: Some(stop) }
    }

    /// Asks the service to end and waits until it has.
    pub async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        (&mut self.server).await.unwrap();
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Json {
        let response = self.get(path).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// The problem that a bad request gets, checked for its form.
    pub async fn problem(&self, path: &str) -> (u16, Json) {
        problem(self.get(path).await, path).await
    }

    /// Runs SQL as psql would and waits until readers see it.
    pub async fn change(&self, statements: &str) {
        self.fresh.psql(statements).await;
        let sequence = yutu::store::current_sequence(&self.fresh.pool).await.unwrap();
        assert!(self.live.reached(sequence, Duration::from_secs(10)).await, "the change was not seen");
    }
}

/// A problem as RFC 9457 wants it, with nothing of the inside in it.
pub async fn problem(response: reqwest::Response, path: &str) -> (u16, Json) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}: {status}");
    let problem: Json = response.json().await.unwrap();
    assert_eq!(problem["status"], status, "{path}");
    assert!(problem["type"].as_str().unwrap().starts_with("urn:yutu:problem:"), "{path}: {problem}");
    for inner in ["SELECT", "sqlx", "src/", "panicked", "/home", "postgres"] {
        assert!(!problem.to_string().contains(inner), "{path} tells of the inside: {problem}");
    }
    (status, problem)
}

/// Tries until it holds; ten times what a user would wait.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(10), "not within 10 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
