//! CSV and workbooks.

use geo_types::Point;

use super::*;

#[test]
fn a_csv_with_a_mark_and_ragged_rows_keeps_every_cell() {
    let folder = folder();
    let path = written(
        &folder,
        "plates.csv",
        "\u{feff}id,name,x,y\n1,中山路,120.1,30.2\n2,\"a, \"\"b\"\"\",,\n3,c\n4,d,abc,30,more\n5,e,120,\n\n6,f,NaN,1\n",
    );
    let (info, rows) = all(&path, &with_columns("x", "y")).unwrap();
    assert_eq!(info.fields, ["id", "name", "x", "y"]);
    assert_eq!((info.encoding.as_deref(), info.crs.as_deref(), rows.len()), (Some("UTF-8"), None, 6));
    assert_eq!(rows[0].geometry, Ok(Some(Point::new(120.1, 30.2).into())));
    assert_eq!((text(&rows[1], "name").as_str(), &rows[1].geometry), ("a, \"b\"", &Ok(None)));
    assert_eq!((rows[2].field("y"), rows[2].notes.len(), &rows[2].geometry), (Some(&SourceValue::Null), 1, &Ok(None)));
    assert_eq!(rows[3].geometry, Err("x is not a number: \"abc\"".to_owned()));
    assert_eq!((text(&rows[3], "column_5").as_str(), rows[3].notes[0].as_str()), ("more", "the row has 5 cells, the header 4"));
    assert_eq!(rows[4].geometry, Err("y is blank".to_owned()));
    assert!(rows[5].geometry.is_err() && rows[5].row == 6);
}

#[test]
fn title_rows_are_passed_over_and_a_header_can_be_given() {
    let folder = folder();
    let titled = written(&folder, "titled.csv", "Decisions of 2016,,\n,,\nref,date,\n1/16,14-May-12,\n");
    let options = ReadOptions { csv: CsvOptions { skip_rows: 2, ..CsvOptions::default() }, ..ReadOptions::default() };
    let (info, rows) = all(&titled, &options).unwrap();
    assert_eq!((info.fields.as_slice(), rows.len()), (["ref".to_owned(), "date".to_owned(), "column_3".to_owned()].as_slice(), 1));
    let bare = written(&folder, "bare.csv", "\u{feff}14754,14\n14755,15\n");
    let header = Some(vec!["address_id".to_owned(), "street_number".to_owned()]);
    let options = ReadOptions { csv: CsvOptions { header, ..CsvOptions::default() }, ..ReadOptions::default() };
    let (_, rows) = all(&bare, &options).unwrap();
    assert_eq!((rows.len(), text(&rows[0], "address_id").as_str()), (2, "14754"));
}

#[test]
fn every_usual_delimiter_is_found_out() {
    let folder = folder();
    for (name, body) in
        [("a.csv", "a;b;c\n1,5;2;3\n"), ("b.tsv", "a\tb\tc\n1,5\t2\t3\n"), ("c.txt", "a|b|c\n1,5|2|3\n"), ("d.csv", "a,b,c\n\"1,5\",2,3\n")]
    {
        let (info, rows) = plain(&written(&folder, name, body));
        assert_eq!((info.fields.len(), text(&rows[0], "a").as_str()), (3, "1,5"), "{name}");
    }
}

#[test]
fn a_csv_in_another_encoding_is_read_and_the_encoding_told() {
    let folder = folder();
    let body = "编号,道路名称\n1,中山路\n2,解放大道\n";
    let gbk = written(&folder, "gbk.csv", encoding_rs::GB18030.encode(body).0);
    let (info, rows) = plain(&gbk);
    assert_eq!((info.encoding.as_deref(), info.encoding_guessed), (Some("gb18030"), true));
    assert_eq!(text(&rows[1], "道路名称"), "解放大道");
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (_, rows) = plain(&written(&folder, "wide.csv", wide));
    assert_eq!(text(&rows[0], "道路名称"), "中山路");
    let forced = ReadOptions { encoding: Some("utf-8".into()), ..ReadOptions::default() };
    let (info, rows) = all(&gbk, &forced).unwrap();
    assert!(!info.encoding_guessed && rows.iter().all(|row| row.notes[0].contains("not readable as UTF-8")), "{rows:?}");
    let nonsense = ReadOptions { encoding: Some("klingon".into()), ..ReadOptions::default() };
    assert!(matches!(all(&gbk, &nonsense), Err(FormatError::Encoding { .. })));
}

#[test]
fn a_missing_coordinate_column_is_named() {
    let folder = folder();
    let path = written(&folder, "a.csv", "lon,lat\n1,2\n");
    let error = all(&path, &with_columns("X", "lat")).unwrap_err();
    assert!(error.to_string().contains("no column \"X\"; there are: lon, lat") && error.zh().contains("没有列"), "{error}");
}

#[test]
fn a_workbook_gives_numbers_texts_and_dates() {
    let folder = folder();
    let sheet = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>门牌登记表</t></is></c></row>
        <row r="2"><c r="A2" t="inlineStr"><is><t>编号</t></is></c><c r="B2" t="inlineStr"><is><t>日期</t></is></c><c r="C2" t="inlineStr"><is><t>x</t></is></c><c r="D2" t="inlineStr"><is><t>y</t></is></c></row>
        <row r="3"><c r="A3"><v>330106</v></c><c r="B3" s="1"><v>45356</v></c><c r="C3"><v>120.5</v></c><c r="D3"><v>30</v></c></row>
        <row r="5"><c r="A5" t="inlineStr"><is><t>二</t></is></c><c r="B5" t="e"><v>#N/A</v></c></row></sheetData></worksheet>"#;
    let files: [(&str, &[u8]); 6] = [
        ("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"#),
        ("_rels/.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="门牌" sheetId="1" r:id="r1"/></sheets></workbook>"#.as_bytes()),
        ("xl/_rels/workbook.xml.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#),
        ("xl/styles.xml", br#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"#),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    let path = zipped(&folder, "plates.xlsx", &files);
    let mut options = with_columns("x", "y");
    options.csv.skip_rows = 1;
    let (info, rows) = all(&path, &options).unwrap();
    assert_eq!((info.layer.as_str(), info.fields.as_slice()), ("门牌", ["编号", "日期", "x", "y"].map(str::to_owned).as_slice()));
    assert_eq!(rows[0].field("编号"), Some(&SourceValue::Int(330106)));
    assert_eq!(rows[0].field("日期"), Some(&SourceValue::Date(NaiveDate::from_ymd_opt(2024, 3, 5).unwrap())));
    assert_eq!(rows[0].geometry, Ok(Some(Point::new(120.5, 30.0).into())));
    assert_eq!((rows.len(), rows[1].geometry.clone(), rows[1].notes.len()), (2, Ok(None), 1));
    options.sheet = Some("别的".into());
    assert!(matches!(all(&path, &options), Err(FormatError::NoLayer { .. })));
}
