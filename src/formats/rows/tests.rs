//! A table gives the same rows however its bytes are cut into pieces, in every encoding that offices use.

use encoding_rs::{BIG5, UTF_16LE};
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { row_bytes: 1000, cells: 20 };
const TABLE: &str = "编号,地址\r\n1,\"杭州市,西湖区\"\r\n\r\n2,文三路12号\r\n3,\"两\n行\"\r\n";

fn read(bytes: &[u8], pieces: usize, named: &Named) -> Result<(Vec<Row>, Form), RowsError> {
    let mut rows_in = RowsIn::new(named, LIMITS)?;
    let mut rows = Vec::new();
    for piece in bytes.chunks(pieces.max(1)) {
        rows_in.push(piece, &mut rows)?;
    }
    rows_in.finish(&mut rows)?;
    Ok((rows, rows_in.form()))
}

fn cells(rows: &[Row]) -> Vec<Vec<&str>> {
    rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect()
}

#[test]
fn every_encoding_gives_the_same_rows_in_pieces_of_any_size() {
    let expected = vec![vec!["编号", "地址"], vec!["1", "杭州市,西湖区"], vec!["2", "文三路12号"], vec!["3", "两\n行"]];
    let encoded = |encoding: &'static Encoding| encoding.encode(TABLE).0.into_owned();
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(TABLE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let forms = [
        (encoded(UTF_8), UTF_8, false),
        ([b"\xef\xbb\xbf", TABLE.as_bytes()].concat(), UTF_8, true),
        (encoded(GB18030), GB18030, false),
        (utf16, UTF_16LE, true),
    ];
    for (bytes, encoding, has_bom) in forms {
        for pieces in [1, 2, 3, 7, 1000] {
            let (rows, form) = read(&bytes, pieces, &Named::default()).unwrap();
            assert_eq!(cells(&rows), expected, "{} in pieces of {pieces}", encoding.name());
            assert_eq!((form.has_bom, form.separator, form.is_crlf), (has_bom, b',', true));
            assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2, 4, 5], "lines of the file");
        }
    }
}

#[test]
fn traditional_text_in_big5_is_found_out_and_answered_in_utf8() {
    let table = "編號;地址\n1;宜蘭縣羅東鎮中山路三段12號\n2;臺北市復興南路二段5號\n";
    let (bytes, ..) = BIG5.encode(table);
    let (rows, form) = read(&bytes, 5, &Named { encoding: Some("big5".into()), separator: None }).unwrap();
    assert_eq!(rows[2].cells, ["2", "臺北市復興南路二段5號"]);
    assert_eq!((form.encoding, form.separator, form.is_crlf), (BIG5, b';', false));
    assert_eq!(form.for_any_text().charset(), "UTF-8");
    assert_eq!(read(&bytes, 9, &Named::default()).unwrap(), (rows, form), "found out");
}

#[test]
fn what_is_written_is_read_again() {
    for encoding in [UTF_8, GB18030] {
        let form = Form { encoding, has_bom: encoding == UTF_8, separator: b';', is_crlf: true };
        let rows = [vec!["a;b", "\"", "行\n二"], vec!["", "𠮷", "x"]];
        let bytes = [form.start(), &form.write(rows.iter().cloned())].concat();
        let (again, found) = read(&bytes, 4, &Named { encoding: Some(encoding.name().into()), separator: Some(b';') }).unwrap();
        assert_eq!(cells(&again), rows);
        assert_eq!(found, form);
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_is_told_with_its_line() {
    let table = format!("a,b\n1,2\n3,\"{}\n", "x\n".repeat(600));
    assert_eq!(read(table.as_bytes(), 64, &Named::default()).unwrap_err(), RowsError::RowTooLong { line: 3 });
    let wide = ",".repeat(30);
    assert_eq!(read(wide.as_bytes(), 64, &Named::default()).unwrap_err(), RowsError::TooManyCells { line: 1 });
    assert_eq!(
        read(b"", 1, &Named { encoding: Some("klingon".into()), ..Named::default() }).unwrap_err(),
        RowsError::UnknownEncoding("klingon".into())
    );
}

#[test]
fn what_cannot_be_read_is_marked_in_its_cell_only() {
    let (rows, _) = read(b"a,b\nx\xff,y\n\xe8\xb7\xaf,z\n", 3, &Named { encoding: Some("utf-8".into()), separator: None }).unwrap();
    assert!(rows[1].is_garbled(0) && !rows[1].is_garbled(1) && !rows[2].is_garbled(0));
    assert_eq!(rows[2].cells[0], "路");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_pieces_do_not_matter(bytes in proptest::collection::vec(any::<u8>(), 0..300), pieces in 1..40usize) {
        prop_assert_eq!(read(&bytes, pieces, &Named::default()), read(&bytes, 1000, &Named::default()));
    }
}
