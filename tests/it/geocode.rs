//! `POST /api/geocode` against a real service: tables of any size and encoding flow through, and what is wrong is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use yutu::config::{BatchLimits, Limits};

use super::live::{ORIGIN, id};
use super::program::{Program, shipped};
use super::service::{Service, problem};
use super::setup::Fresh;

async fn city(limits: BatchLimits) -> Service {
    let service = Service::with_limits(Fresh::new("EPSG:4549").await, Limits { batch: limits, ..Limits::default() }).await;
    let [x, y] = ORIGIN;
    let plates: Vec<String> = (1..=30)
        .map(|number| {
            let id = id("door_plates", number);
            format!(
                "('r', '{id}', '{number}号', '文三路', '西湖区文三路{number}号', ST_SetSRID(ST_MakePoint({}, {y}), 4549))",
                x + f64::from(number as u32) * 20.0
            )
        })
        .collect();
    service.change(&format!("INSERT INTO door_plates (region, id, number, road, address, geom) VALUES {}", plates.join(", "))).await;
    service
}

async fn post(service: &Service, query: &str, kind: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
    let asked = service.client.post(format!("{}/api/geocode{query}", service.base)).header("content-type", kind).body(body).send();
    asked.await.unwrap_or_else(|error| panic!("{query} {kind}: {error:?}"))
}

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes).into_records();
    rows.map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_comes_back_with_places_in_its_own_encoding_and_order() {
    let service = city(BatchLimits::default()).await;
    let text = "编号,详细地址\r\n7,西湖区文三路12号\r\n8,火星路1号\r\n9,西湖区文三路30号\r\n";
    let (gb, ..) = encoding_rs::GB18030.encode(text);
    for (body, charset) in [(text.as_bytes().to_vec(), "utf-8"), (gb.into_owned(), "gb18030")] {
        let response = post(&service, "", "text/csv", body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], format!("text/csv; charset={charset}; header=present"));
        let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap();
        let bytes = response.bytes().await.unwrap();
        let (text, _, garbled) = encoding.decode(&bytes);
        assert!(!garbled);
        let rows = rows(text.as_bytes());
        assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["编号", "7", "8", "9"]);
        let column = |name: &str| rows[0].iter().position(|heading| heading == name).unwrap();
        assert_eq!(rows[1][column("yutu_id")], id("door_plates", 12));
        assert_eq!((rows[1][column("yutu_certainty")].as_str(), rows[3][column("yutu_certainty")].as_str()), ("A", "A"));
        assert_eq!((rows[2][column("yutu_id")].as_str(), rows[2][column("yutu_certainty")].as_str()), ("", ""));
        assert!(rows[2][column("yutu_note")].contains("未找到"));
        assert_eq!(rows[1][column("yutu_sequence")], service.live.announced().to_string());
        let found = service.json("/api/search?q=西湖区文三路12号").await;
        let point = found["features"][0]["geometry"]["coordinates"].clone();
        let number = |name: &str| rows[1][column(name)].parse::<f64>().unwrap();
        assert!(
            (point[0].as_f64().unwrap() - number("yutu_lon")).abs() < 1e-6
                && (point[1].as_f64().unwrap() - number("yutu_lat")).abs() < 1e-6
        );
    }
    let response = post(&service, "", "text/csv", "编号,详细地址\n").await;
    assert_eq!(response.status(), 200, "nobody to look for is no fault");
    assert_eq!(rows(&response.bytes().await.unwrap()).len(), 1, "the heading");
    let big5 = encoding_rs::BIG5.encode("編號;地址\n1;西湖區文三路12號\n2;宜蘭縣羅東鎮中山路三段12號\n").0.into_owned();
    let response = post(&service, "?lang=en", "text/csv; charset=big5", big5).await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let bytes = response.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by its mark");
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("1;西湖區文三路12號;西湖区文三路12号;door_plates;") && text.contains(";B;"), "{text}");
    assert!(text.contains("other script") && text.contains("not found"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unclear_or_wrong_is_told_as_a_problem() {
    let service = city(BatchLimits { row_bytes: 5000, cells: 50, ..BatchLimits::default() }).await;
    let open = format!("地址,b\n\"{}", "x".repeat(9000));
    let wide = ",".repeat(60);
    for (query, kind, body, status, field, told) in [
        ("", "text/csv", "a,b\n1,2\n", 400, "column", "a, b"),
        ("?column=c", "text/csv", "a,b\n1,2\n", 400, "column", "\"c\""),
        ("?heading=false", "text/csv", "1,文三路1号\n", 400, "column", "2"),
        ("", "text/csv", "", 400, "body", ""),
        ("?encoding=klingon", "text/csv", "a\nb\n", 400, "encoding", "klingon"),
        ("?separator=x", "text/csv", "a\nb\n", 400, "separator", "tab"),
        ("?lon=1", "text/csv", "a\nb\n", 400, "lon", "lat"),
        ("?layer=moon", "text/csv", "a\nb\n", 400, "layer", "moon"),
        ("?heading=perhaps", "text/csv", "a\nb\n", 400, "query", ""),
        ("", "multipart/form-data; boundary=x", "--x", 415, "", "text/csv"),
        ("?column=1", "text/csv", &wide, 400, "body", "50"),
        ("", "text/csv", &open, 400, "body", "2"),
    ] {
        for lang in ["zh", "en"] {
            let query = if query.is_empty() { format!("?lang={lang}") } else { format!("{query}&lang={lang}") };
            let (got, told_of) = problem(post(&service, &query, kind, body.to_owned()).await, &query).await;
            assert_eq!(got, status, "{query}: {told_of}");
            assert!(field.is_empty() || told_of["field"] == field, "{query}: {told_of}");
            let detail = told_of["detail"].as_str().unwrap();
            assert!(detail.contains(told), "{query}: {detail}");
            let is_chinese = detail.chars().filter(|sign| ('\u{4e00}'..='\u{9fff}').contains(sign)).count() > 1;
            assert_eq!(is_chinese, lang == "zh", "{query}: {detail}");
        }
    }
    let described: Json = service.json("/api/openapi.json").await;
    let operation = &described["paths"]["/api/geocode"]["post"];
    assert!(operation["requestBody"]["content"]["text/csv"].is_object(), "{operation}");
    let names: Vec<&str> =
        operation["parameters"].as_array().unwrap().iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert!(["column", "heading", "encoding", "separator", "division"].iter().all(|name| names.contains(name)), "{names:?}");
}

/// Sends a table piece by piece and counts what it was asked for.
fn endless(rows: usize, sent: Arc<AtomicUsize>) -> reqwest::Body {
    let pieces = (0..rows).map(move |row| {
        sent.store(row + 1, Ordering::Relaxed);
        let text = if row == 0 { "编号,地址\n".to_owned() } else { String::new() };
        let many: String = (0..200).map(|place| format!("{row}-{place},西湖区文三路{}号 {}\n", place % 30 + 1, "　".repeat(20))).collect();
        Ok::<_, std::io::Error>(text + &many)
    });
    reqwest::Body::wrap_stream(futures::stream::iter(pieces))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_no_faster_than_its_answer_is_and_comes_in_order() {
    let service = city(BatchLimits::default()).await;
    let sent = Arc::new(AtomicUsize::new(0));
    const PIECES: usize = 3000;
    let response = post(&service, "", "text/csv", endless(PIECES, Arc::clone(&sent))).await;
    assert_eq!(response.status(), 200, "answered while most of the table is still to be sent");
    let mut answer = response.bytes_stream();
    let first = answer.next().await.unwrap().unwrap();
    assert!(first.starts_with("编号,地址,yutu_label".as_bytes()));
    // Nobody reads on: what is under way fills the sockets' buffers and then stops.
    let mut before = 0;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = sent.load(Ordering::Relaxed);
        if now == before {
            break;
        }
        before = now;
    }
    assert!(before < PIECES * 4 / 5, "{before} of {PIECES} pieces were read although nobody took the answer");
    drop(answer);
    let small = Arc::new(AtomicUsize::new(0));
    let bytes = post(&service, "", "text/csv", endless(20, small)).await.bytes().await.unwrap();
    let rows = rows(&bytes);
    assert_eq!(rows.len(), 20 * 200 + 1);
    for (place, row) in rows[1..].iter().enumerate() {
        assert_eq!(row[0], format!("{}-{}", place / 200, place % 200));
        assert_eq!(row[2], format!("西湖区文三路{}号", place % 200 % 30 + 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_far_in_the_table_ends_the_answer_with_a_row_that_says_why() {
    let service = city(BatchLimits { row_bytes: 3000, rows: 5000, silence: Duration::from_millis(400), ..BatchLimits::default() }).await;
    let good: String = "西湖区文三路1号\n".repeat(1000);
    let cases =
        [(format!("地址\n{good}\"{}", "x".repeat(4000)), "line 1002", 1001), (format!("地址\n{}", good.repeat(6)), "more than 5000", 5001)];
    for (body, why, whole) in cases {
        // the first piece is good and answered; what is wrong comes later
        let pieces =
            futures::stream::iter(body.into_bytes().chunks(4000).map(<[u8]>::to_vec).map(Ok::<_, std::io::Error>).collect::<Vec<_>>());
        let response = post(&service, "?lang=en", "text/csv", reqwest::Body::wrap_stream(pieces)).await;
        assert_eq!(response.status(), 200);
        let mut answer = response.bytes_stream();
        let (mut all, mut broken) = (Vec::new(), false);
        while let Some(piece) = answer.next().await {
            match piece {
                Ok(piece) => all.extend(piece),
                Err(_) => broken = true,
            }
        }
        assert!(broken, "an answer that is not complete must not look complete");
        let rows = rows(&all);
        assert_eq!(rows.len(), whole + 1);
        let note = rows.last().unwrap().last().unwrap();
        assert!(note.starts_with("Stopped here") && note.contains(why), "{note}");
    }
    let stalled = futures::stream::iter([Ok::<_, std::io::Error>("地址\n西湖区文三路1号\n".to_owned())]).chain(futures::stream::pending());
    let (status, told) = problem(post(&service, "", "text/csv", reqwest::Body::wrap_stream(stalled)).await, "stalled").await;
    assert_eq!((status, told["field"].as_str()), (400, Some("body")));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_tables_at_once_and_a_place_is_free_again() {
    for leaves in [true, false] {
        let silence = if leaves { Duration::from_secs(600) } else { Duration::from_secs(1) };
        let service = city(BatchLimits { at_once: 1, silence, ..BatchLimits::default() }).await;
        // One reader goes away in the middle, the other stays and reads nothing.
        let kept = if leaves {
            let mut first = tokio::net::TcpStream::connect(service.base.trim_start_matches("http://")).await.unwrap();
            let table = "address\n1\n";
            let head =
                format!("POST /api/geocode HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{table}\r\n", table.len());
            first.write_all(head.as_bytes()).await.unwrap();
            let mut status = [0; 12];
            first.read_exact(&mut status).await.unwrap();
            assert_eq!(&status, b"HTTP/1.1 200");
            assert_eq!(post(&service, "", "text/csv", "地址\n文三路1号\n").await.status(), 503, "there is place for one");
            None
        } else {
            Some(post(&service, "", "text/csv", endless(3000, Arc::new(AtomicUsize::new(0)))).await)
        };
        for attempt in 0.. {
            let again = post(&service, "", "text/csv", "地址\n西湖区文三路1号\n").await;
            if again.status() == 200 {
                break;
            }
            assert_eq!(again.headers()["retry-after"], "30");
            assert_eq!(problem(again, "a second table").await.0, 503);
            assert!(attempt < 100, "the place of a table whose reader left ({leaves}) is not free again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        drop(kept);
    }
}

#[test]
fn the_command_washes_a_file_into_a_file_and_says_what_came_of_it() {
    let program = Program::new();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |args: &[&str]| {
        let mut command = program.command("geocode");
        command.arg("--city").arg(shipped("demo")).current_dir(folder.path()).args(args);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    std::fs::write(at("in.csv"), "编号\t详细地址\n1\t西湖区文三路1号\n2\t火星路9号\n").unwrap();
    let (status, _, error) = run(&["in.csv", "out.csv"]);
    assert_eq!(status, Some(0), "an empty register answers too: {error}");
    assert!(error.contains("2 行：A 0") && error.contains("not found 2"), "{error}");
    program.psql(&format!(
        "INSERT INTO door_plates (region, id, number, road, address, geom) VALUES
         ('r', '{}', '1号', '文三路', '西湖区文三路1号', ST_SetSRID(ST_MakePoint(500000, 3300000), 4549))",
        id("door_plates", 1)
    ));
    let (status, _, error) = run(&["in.csv", "out.csv"]);
    assert!(status == Some(1) && error.contains("--force") && error.contains("已存在"), "{error}");
    let (status, out, error) = run(&["in.csv", "out.csv", "--force", "--json", "--lang", "en"]);
    assert_eq!((status, out.as_str()), (Some(0), ""), "{error}");
    let said: Json = serde_json::from_str(error.lines().last().unwrap()).unwrap();
    assert_eq!(said["counts"], serde_json::json!({ "rows": 2, "a": 1, "b": 0, "c": 0, "not_found": 1 }));
    let text = std::fs::read_to_string(at("out.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("编号\t详细地址\tyutu_label\t") && lines.len() == 3, "{text}");
    assert!(lines[1].contains(&id("door_plates", 1)) && lines[1].contains("\tA\texact\t") && lines[2].ends_with("not found"), "{text}");

    std::fs::write(at("unclear.csv"), "a,b\n1,西湖区文三路1号\n").unwrap();
    let (status, out, error) = run(&["unclear.csv"]);
    assert!(status == Some(1) && out.is_empty() && error.contains("--column") && error.contains("the columns are: a, b"), "{error}");
    let (status, out, _) = run(&["unclear.csv", "--column", "b"]);
    assert!(status == Some(0) && out.lines().nth(1).unwrap().starts_with("1,西湖区文三路1号,西湖区文三路1号,door_plates,"), "{out}");
    let (status, _, error) = run(&["nowhere.csv"]);
    assert!(status == Some(1) && error.contains("nowhere.csv"), "{error}");
    std::fs::write(at("open.csv"), format!("地址\n1\n\"{}", "x".repeat(70_000))).unwrap();
    let (status, _, error) = run(&["open.csv", "never.csv"]);
    assert!(status == Some(1) && error.contains("第 3 行") && error.contains("line 3"), "{error}");
    assert!(!at("never.csv").exists(), "no half of a file");
}
