//! Every row comes out as it was, in its order, with what was found behind it; what is wrong is said where it is.

use std::sync::Arc;

use super::*;
use crate::app::AppError;
use crate::config::BatchLimits;
use crate::domain::{FeatureId, Layer};
use crate::formats::rows::Named;
use crate::gazetteer::{Entry, Index, Query};

fn index() -> Arc<Index> {
    let plate = |number: &str, position| {
        let mut entry = Entry::new(Layer::DoorPlates, FeatureId::derive("door_plates", "test", number));
        entry.road = Some("文三路".into());
        entry.number = Some(number.into());
        entry.address = Some(format!("西湖区文三路{number}").into());
        entry.position = position;
        entry
    };
    Arc::new(Index::build(vec![plate("1号", Some([120.1, 30.2])), plate("3号", None), plate("12号", Some([120.2, 30.3]))]))
}

fn form(lang: &str) -> WashForm {
    let query = Query { lang: lang.to_owned(), ..Query::default() };
    WashForm { columns: Vec::new(), has_heading: true, named: Named::default(), query }
}

fn limits() -> BatchLimits {
    BatchLimits { row_bytes: 2000, address_bytes: 300, ..BatchLimits::default() }
}

/// All that comes out, and the error it ends with.
fn washed(bytes: &[u8], form: WashForm, limits: BatchLimits) -> (Vec<u8>, Counts, Option<AppError>) {
    let mut wash = Wash::new(index(), 7, form, limits).unwrap();
    let mut out = Vec::new();
    let pieces: Vec<&[u8]> = bytes.chunks(11).collect();
    for step in 0..=pieces.len() {
        let taken = match pieces.get(step) {
            Some(piece) => wash.take(piece),
            None => wash.end(),
        };
        while wash.is_waiting() {
            match wash.work(2, step % 2 == 0) {
                Ok(bytes) => out.extend(bytes),
                Err(error) => return (out, wash.counts(), Some(error)),
            }
        }
        if let Err(error) = taken {
            return (out, wash.counts(), Some(error));
        }
    }
    (out, wash.counts(), None)
}

fn table(out: &[u8]) -> Vec<Vec<String>> {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(out);
    rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn rows_come_out_as_they_were_and_in_their_order() {
    let text = "编号,地址,\"备,注\"\n1,西湖区文三路1号,\"a\"\"b\"\n2,西湖区文三路12号,\n3,西湖区文三路3号,x\n4,火星路9号,\n5,,\n";
    let (out, counts, error) = washed(text.as_bytes(), form("zh"), limits());
    assert!(error.is_none(), "{error:?}");
    let rows = table(&out);
    assert_eq!(rows[0][..3], ["编号", "地址", "备,注"]);
    assert_eq!(rows[0][3..], ADDED);
    assert_eq!(rows.iter().skip(1).map(|row| row[0].as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5"]);
    assert_eq!(rows[1][2], "a\"b");
    assert_eq!(
        rows[1][3..9],
        ["西湖区文三路1号", "door_plates", &FeatureId::derive("door_plates", "test", "1号").to_string(), "120.1000000", "30.2000000", "A"]
    );
    assert_eq!(rows[3][6], "", "no position");
    assert!(rows[3][13].contains("无位置"), "{:?}", rows[3]);
    assert_eq!(rows[4][8], "", "not found is not sure");
    assert!(rows[4][13].contains("未找到") && rows[5][13].contains("地址为空"), "{rows:?}");
    assert!(rows[1..].iter().all(|row| row[12] == "7" && row.len() == 14));
    assert_eq!(counts, Counts { rows: 5, a: 3, b: 0, c: 0, not_found: 2 });
}

#[test]
fn the_answer_is_in_the_encoding_of_the_table() {
    let text = "地址;备注\r\n西湖区文三路1号;é\r\n";
    let (bytes, ..) = encoding_rs::GB18030.encode(text);
    let (out, ..) = washed(&bytes, form("zh"), limits());
    let (again, _, garbled) = encoding_rs::GB18030.decode(&out);
    assert!(!garbled && again.starts_with("地址;备注;yutu_label;"), "{again}");
    assert!(again.contains("\r\n西湖区文三路1号;é;西湖区文三路1号;door_plates;"), "{again}");
}

#[test]
fn several_columns_are_one_address_and_ragged_rows_stay_aligned() {
    let text = "road,no\n文三路,1号,surplus\n文三路12号\n";
    let (out, counts, error) = washed(text.as_bytes(), WashForm { columns: vec!["road".into(), "2".into()], ..form("en") }, limits());
    assert!(error.is_none() && counts.rows == 2, "{error:?}");
    let rows = table(&out);
    assert_eq!((rows[1][2].as_str(), rows[1].last().unwrap().as_str()), ("西湖区文三路1号", "surplus"));
    assert!(rows[1][12].contains("3 cells instead of 2"), "{:?}", rows[1]);
    assert_eq!((rows[2].len(), rows[2][1].as_str(), rows[2][2].as_str()), (13, "", "西湖区文三路12号"));
}

#[test]
fn a_table_that_was_washed_before_gets_new_columns() {
    let (once, ..) = washed("地址\n西湖区文三路1号\n".as_bytes(), form("zh"), limits());
    let (twice, ..) = washed(&once, WashForm { columns: vec!["地址".into()], ..form("zh") }, limits());
    let heading = &table(&twice)[0];
    assert_eq!((heading.len(), heading[1].as_str(), heading[12].as_str()), (1 + 2 * ADDED.len(), "yutu_label", "yutu_label_2"));
}

#[test]
fn what_is_wrong_is_said_and_what_came_before_it_is_answered() {
    let open = format!("地址\n文三路1号\n\"文三路{}", "x".repeat(3000));
    let (out, counts, error) = washed(open.as_bytes(), form("zh"), limits());
    assert_eq!((table(&out).len(), counts.rows), (2, 1));
    let Some(AppError::Invalid { field, message }) = error else { panic!("{error:?}") };
    assert!(field == "body" && message.en.contains("line 3") && message.zh.contains("第 3 行"), "{message:?}");

    let (out, _, error) = washed(b"a\n1\n2\n3\n4\n5\n6\n", form("zh"), BatchLimits { rows: 4, ..limits() });
    assert!(table(&out).len() == 5 && matches!(error, Some(AppError::Invalid { .. })), "{error:?}");

    let (out, _, error) = washed(b"a,b\n1,2\n", form("zh"), limits());
    assert!(out.is_empty() && matches!(error, Some(AppError::Invalid { ref field, .. }) if field == "column"), "{error:?}");
    let (_, _, error) = washed(b"\n\n", form("zh"), limits());
    assert!(matches!(error, Some(AppError::Invalid { ref field, .. }) if field == "body"), "{error:?}");

    let long = format!("地址\n{}\n文三路1号\n", "路".repeat(150));
    let (out, counts, error) = washed(long.as_bytes(), form("en"), limits());
    assert!(error.is_none() && table(&out)[1][11].contains("longer than 300 bytes"), "{error:?}");
    assert_eq!((counts.rows, counts.not_found), (2, 1));
}
