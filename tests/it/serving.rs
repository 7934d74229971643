//! How answers travel: kept tiles past the router, both versions of HTTP, overload, slow clients, the end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use yutu::app::{Coding, TileFormat, TileKey};
use yutu::config::Limits;
use yutu::domain::Layer;
use yutu::tiles::{TileId, TileLayer};

use super::live::{ORIGIN, id};
use super::service::{Service, problem};
use super::setup::Fresh;

async fn with_roads(limits: Limits, count: usize) -> Service {
    let service = Service::with_limits(Fresh::new("EPSG:4549").await, limits).await;
    let [x, y] = ORIGIN;
    let rows: String = (0..count)
        .map(|n| {
            let (x, y) = (x + (n % 100) as f64 * 40.0, y + (n / 100) as f64 * 40.0);
            format!(
                "INSERT INTO roads (region, id, name, geom) VALUES ('r', '{}', '路{n}', ST_GeomFromText('MULTILINESTRING(({x} {y},{} {}))', 4549));",
                id("roads", n),
                x + 35.0,
                y + 10.0
            )
        })
        .collect();
    service.change(&format!("BEGIN; {rows} COMMIT")).await;
    service
}

fn key(z: u8, format: TileFormat) -> TileKey {
    let n = f64::from(1u32 << z);
    let (x, y) = super::live::tile_of(120.21, 30.3, u32::from(z));
    assert!(f64::from(x) < n);
    TileKey { tile: TileId::new(z, x, y).unwrap(), layers: [TileLayer::Features(Layer::Roads)].into_iter().collect(), format }
}

fn path(key: &TileKey) -> String {
    let format = if key.format == TileFormat::Mvt { "mvt" } else { "geojson" };
    format!("/tiles/roads/{}/{}/{}.{format}", key.tile.z(), key.tile.x(), key.tile.y())
}

/// A connection on which HTTP/2 is spoken from the first byte, with no HTTP/1.1 before it.
async fn second_version(service: &Service) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(service.base.strip_prefix("http://").unwrap()).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask_over(sender: &SendRequest<Empty<Bytes>>, service: &Service, path: &str) -> hyper::Response<Incoming> {
    let request = hyper::Request::get(format!("{}{path}", service.base)).body(Empty::new()).unwrap();
    sender.clone().send_request(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_tile_is_answered_as_the_router_would() {
    let service = with_roads(Limits::default(), 50).await;
    let empty = TileKey { tile: TileId::new(5, 0, 0).unwrap(), ..key(12, TileFormat::Mvt) };
    for key in [key(12, TileFormat::GeoJson), key(12, TileFormat::Mvt), empty] {
        let url = format!("{}{}", service.base, path(&key));
        for coding in ["identity", "gzip", "br", "br;q=0.1, gzip", "*"] {
            let etag = service.client.get(&url).header("accept-encoding", coding).send().await.unwrap().headers()["etag"].clone();
            for known in [None, Some(etag.to_str().unwrap()), Some("*"), Some("\"other\"")] {
                let ask = |routed: bool| {
                    let mut request = service.client.get(&url).header("accept-encoding", coding);
                    if let Some(known) = known {
                        request = request.header("if-none-match", known);
                    }
                    // A request that brings its id goes through the router.
                    if routed { request.header("x-request-id", "mine") } else { request }
                };
                let (kept, routed) = (ask(false).send().await.unwrap(), ask(true).send().await.unwrap());
                assert_eq!(kept.status(), routed.status());
                assert_eq!(routed.headers()["x-request-id"], "mine");
                assert_eq!(kept.headers()["x-request-id"].len(), 27);
                let headers = |response: &reqwest::Response| {
                    let mut all: Vec<(String, String)> = response
                        .headers()
                        .iter()
                        .filter(|(name, _)| *name != "date" && *name != "x-request-id")
                        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                        .collect();
                    all.sort();
                    all
                };
                assert_eq!(headers(&kept), headers(&routed), "{coding} {known:?}");
                assert!(headers(&kept).len() >= if kept.status() == 200 { 12 } else { 10 }, "{:?}", headers(&kept));
                assert_eq!(kept.bytes().await.unwrap(), routed.bytes().await.unwrap());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_tiles_and_health_are_answered_however_busy_the_rest_is() {
    let service = with_roads(Limits { concurrent_requests: 0, ..Limits::default() }, 50).await;
    let kept = key(12, TileFormat::Mvt);
    yutu::app::tile(&service.app, kept, Coding::Gzip).await.unwrap();
    for coding in ["identity", "gzip"] {
        let ask = || service.client.get(format!("{}{}", service.base, path(&kept))).header("accept-encoding", coding);
        assert_eq!(ask().send().await.unwrap().status(), 200);
        assert_eq!(ask().header("if-none-match", "*").send().await.unwrap().status(), 304);
    }
    let not_packed = service.client.get(format!("{}{}", service.base, path(&kept))).header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(problem(not_packed, "not there in this coding").await.0, 503);
    assert_eq!(service.problem(&path(&key(13, TileFormat::Mvt))).await.0, 503);
    assert_eq!(service.get("/healthz").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_calculations_than_may_wait_are_shed_and_none_is_lost() {
    let service = with_roads(Limits { waiting_calculations: 2, ..Limits::default() }, 3000).await;
    let ask = |n: u32| {
        let service = &service;
        // Different tiles of the whole town, by asking for different layers with the roads.
        let others: Vec<&str> = ["zoning", "parcels", "buildings", "permits", "divisions", "door_plates"]
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| n >> bit & 1 == 1)
            .map(|(_, name)| name)
            .collect();
        let path = format!("/tiles/{}/10/853/{}.mvt", [&["roads", "roads_labels"], &others[..]].concat().join(","), 420 + n % 2);
        async move { service.client.get(format!("{}{path}", service.base)).header("accept-encoding", "br").send().await.unwrap() }
    };
    let all = futures::future::join_all((0..64).map(ask));
    let health = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let asked = Instant::now();
            assert_eq!(service.get("/healthz").await.status(), 200);
            slowest = slowest.max(asked.elapsed());
        }
        slowest
    };
    let (answers, slowest) = tokio::join!(all, health);
    let (mut served, mut shed) = (0, 0);
    for answer in answers {
        match answer.status().as_u16() {
            200 | 204 => served += 1,
            503 => {
                assert_eq!(answer.headers()["retry-after"], "1");
                assert_eq!(problem(answer, "shed").await.0, 503);
                shed += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(served >= 3 && shed > 0, "{served} served, {shed} shed");
    assert!(slowest < Duration::from_secs(1), "health took {slowest:?}");
    // Nothing is stuck: whoever comes back is served.
    for n in 0..64 {
        assert!(ask(n).await.status().is_success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_want_one_tile_get_it_from_one_calculation() {
    let service = with_roads(Limits { waiting_calculations: 1, ..Limits::default() }, 1000).await;
    let path = path(&key(10, TileFormat::GeoJson));
    let answers = futures::future::join_all((0..100).map(|_| service.get(&path))).await;
    let tags: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.headers()["etag"].to_str().unwrap().to_owned()).collect();
    assert!(answers.iter().all(|answer| answer.status() == 200));
    assert_eq!(tags.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_answers_come_over_the_second_version_of_http() {
    let service = with_roads(Limits::default(), 50).await;
    let sender = second_version(&service).await;
    for path in [path(&key(12, TileFormat::Mvt)), "/api/layers".to_owned(), "/healthz".to_owned()] {
        let first = service.get(&path).await;
        // Once from the router, once as it was kept.
        for _ in 0..2 {
            let second = ask_over(&sender, &service, &path).await;
            assert_eq!((second.version(), second.status()), (hyper::Version::HTTP_2, hyper::StatusCode::OK));
            for header in ["content-type", "cache-control", "content-security-policy"] {
                assert_eq!(second.headers()[header], first.headers()[header], "{path}");
            }
        }
        let second = ask_over(&sender, &service, &path).await.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(first.bytes().await.unwrap(), second);
    }
    // Many at once over one connection.
    let path = path(&key(12, TileFormat::Mvt));
    let all = futures::future::join_all((0..200).map(|_| ask_over(&sender, &service, &path))).await;
    assert!(all.into_iter().all(|answer| answer.status() == 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_send_its_request_is_not_waited_for() {
    let service = with_roads(Limits { head_timeout: Duration::from_millis(300), ..Limits::default() }, 1).await;
    let address = service.base.strip_prefix("http://").unwrap();
    for sent in ["", "GET /heal", "GET /healthz HTTP/1.1\r\nhost: a\r\n", "PRI * HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "{sent:?} keeps its connection");
    }
    // Several requests in one piece are all answered, and the connection is kept between requests.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let tile = path(&key(12, TileFormat::Mvt));
    for _ in 0..3 {
        stream
            .write_all(format!("GET {tile} HTTP/1.1\r\nhost: a\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut heard = String::new();
        let mut buffer = [0; 4096];
        while !heard.ends_with("ok\n") {
            let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.unwrap().unwrap();
            assert!(read > 0, "closed after {heard}");
            heard.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        assert_eq!(heard.matches("HTTP/1.1 200").count(), 2, "{heard}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_event_streams_do_not_hold_up_the_end() {
    let mut service = with_roads(Limits::default(), 1).await;
    let sender = second_version(&service).await;
    let (first, second) = (service.get("/api/live").await, ask_over(&sender, &service, "/api/live").await);
    // A connection that is kept and has nothing under way, and one on which nothing was ever said.
    let _silent = TcpStream::connect(service.base.strip_prefix("http://").unwrap()).await.unwrap();
    assert_eq!(service.get("/healthz").await.status(), 200);
    let asked = Instant::now();
    service.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let rest = async { (first.bytes().await, second.into_body().collect().await) };
    let (first, second) = tokio::time::timeout(Duration::from_secs(2), rest).await.expect("the streams end");
    assert!(first.is_ok() && second.is_ok(), "properly: {first:?} {second:?}");
    assert!(service.client.get(format!("{}/healthz", service.base)).send().await.is_err(), "nobody answers any more");
}
