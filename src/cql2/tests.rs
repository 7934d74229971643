use geo_types::{Geometry, Point};
use proptest::prelude::*;

use super::*;

struct House {
    class: Option<&'static str>,
    levels: Option<f64>,
    place: Option<Geometry<f64>>,
}

impl Asked for House {
    fn value(&self, property: &str) -> Option<Answer<'_>> {
        match property {
            "class" => self.class.map(|text| Answer::Text(text.into())),
            "levels" => self.levels.map(Answer::Number),
            _ => None,
        }
    }

    fn geometry(&self) -> Option<&Geometry<f64>> {
        self.place.as_ref()
    }
}

fn known(name: &str) -> Option<Kind> {
    match name {
        "class" => Some(Kind::Text),
        "levels" => Some(Kind::Number),
        "geometry" => Some(Kind::Geometry),
        _ => None,
    }
}

fn house(class: Option<&'static str>, levels: Option<f64>) -> House {
    House { class, levels, place: Some(Point::new(3.0, 4.0).into()) }
}

#[test]
fn text_and_json_become_the_same_expression() {
    for (text, json) in [
        ("class = 'x'", r#"{"op":"=","args":[{"property":"class"},"x"]}"#),
        (
            "NOT (levels BETWEEN 1 AND -2.5e0 OR class LIKE 'a%') AND TRUE",
            r#"{"op":"and","args":[{"op":"not","args":[{"op":"or","args":[{"op":"between","args":[{"property":"levels"},1,-2.5]},{"op":"like","args":[{"property":"class"},"a%"]}]}]},true]}"#,
        ),
        ("\"class\" NOT IN ('it''s', 'b')", r#"{"op":"not","args":[{"op":"in","args":[{"property":"class"},["it's","b"]]}]}"#),
        ("casei(class) = CASEI('Ä')", r#"{"op":"=","args":[{"op":"casei","args":[{"property":"class"}]},{"op":"casei","args":["Ä"]}]}"#),
        ("geometry IS NOT NULL", r#"{"op":"not","args":[{"op":"isNull","args":[{"property":"geometry"}]}]}"#),
        (
            "S_INTERSECTS(geometry, POLYGON((0 0, 9 0, 9 9, 0 0)))",
            r#"{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}]}"#,
        ),
        ("s_within(geometry, BBOX(0, 0, 5, 6))", r#"{"op":"s_within","args":[{"property":"geometry"},{"bbox":[0,0,5,6]}]}"#),
        ("DATE('2026-01-31') < DATE('2026-02-01')", r#"{"op":"<","args":[{"date":"2026-01-31"},{"date":"2026-02-01"}]}"#),
        (
            "TIMESTAMP('2026-01-31T00:00:00Z') <> TIMESTAMP('2026-01-31T08:00:00+08:00')",
            r#"{"op":"<>","args":[{"timestamp":"2026-01-31T00:00:00Z"},{"timestamp":"2026-01-31T08:00:00+08:00"}]}"#,
        ),
    ] {
        assert_eq!(from_text(text, &known), from_json(json, &known), "{text}");
        from_text(text, &known).unwrap();
    }
}

#[test]
fn only_what_is_true_passes_and_unknown_is_not_true() {
    let cases = [
        ("class = 'park'", true, false, false),
        ("class <> 'park'", false, true, false),
        ("NOT class = 'park'", false, true, false),
        ("class = 'park' OR levels > 0", true, true, true),
        ("class = 'park' AND levels > 0", true, false, false),
        ("class IS NULL", false, false, true),
        ("class NOT IN ('park', 'x')", false, true, false),
        ("class LIKE 'p%k'", true, false, false),
        ("class LIKE '_ark'", true, false, false),
        ("class NOT LIKE '%e\\%%'", true, true, false),
        ("CASEI(class) LIKE CASEI('PA%')", true, false, false),
        ("ACCENTI(class) = ACCENTI('café')", false, true, false),
        ("levels BETWEEN 2 AND 3", true, false, true),
        ("-levels = 1", false, false, false),
        ("class < levels", false, false, false),
    ];
    let (park, cafe, nothing) = (house(Some("park"), Some(2.0)), house(Some("cafe"), Some(9.0)), house(None, Some(3.0)));
    for (text, first, second, third) in cases {
        match from_text(text, &known) {
            Ok(filter) => {
                assert_eq!([&park, &cafe, &nothing].map(|house| filter.passes(house)), [first, second, third], "{text}");
            }
            Err(_) => assert_eq!((first, second, third), (false, false, false), "{text} was refused"),
        }
    }
}

#[test]
fn geometries_lie_to_each_other_as_the_functions_say() {
    let here = house(None, None);
    let away = House { place: None, ..house(None, None) };
    for (text, expected) in [
        ("S_INTERSECTS(geometry, POINT Z (3 4 100))", true),
        ("S_EQUALS(geometry, MULTIPOINT((3 4), 3 4))", true),
        ("S_WITHIN(geometry, BBOX(0,0,10,10))", true),
        ("S_WITHIN(geometry, BBOX(3,0,10,10))", false),
        ("S_TOUCHES(geometry, BBOX(3,0,10,10))", true),
        ("S_CONTAINS(BBOX(0,0,10,10), geometry)", true),
        ("S_DISJOINT(geometry, LINESTRING(0 0, 3 3))", true),
        ("S_CROSSES(geometry, LINESTRING(0 0, 6 8))", false),
        ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(0 0, 6 8)))", true),
    ] {
        let filter = from_text(text, &known).unwrap();
        assert_eq!(filter.passes(&here), expected, "{text}");
        assert!(!filter.passes(&away), "{text}: without a position");
    }
}

#[test]
fn what_is_wrong_is_told_and_nothing_panics() {
    let deep = format!("{}class = 'a'{}", "(".repeat(5000), ")".repeat(5000));
    let deep_json = format!("{}true{}", r#"{"op":"not","args":["#.repeat(100), "]}".repeat(100));
    for text in [
        "",
        "class",
        "class =",
        "class = 'open",
        "class = 5",
        "nothing = 5",
        "geometry = 5",
        "class = 'a' extra",
        "levels BETWEEN 1 OR 2",
        "levels > 1e999",
        "S_INTERSECTS(geometry, POLYGON((0 0, 1 1)))",
        "S_INTERSECTS(geometry, BBOX(5,5,1,1))",
        "S_NEAR(geometry, POINT(0 0))",
        "class IN ()",
        "DATE('2026-02-30') = DATE('2026-01-01')",
        "levels + 1 = 2",
        "class = 'a'; DROP TABLE roads",
        &deep,
    ] {
        let fault = from_text(text, &known).unwrap_err();
        assert!(!fault.zh.is_empty() && fault.en.len() < 400, "{text:.40}: {fault:?}");
    }
    for json in [
        "",
        "5",
        "{}",
        r#"{"op":"and","args":[true]}"#,
        r#"{"op":"=","args":[1]}"#,
        r#"{"op":"s_within","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[]}]}"#,
        &deep_json,
    ] {
        from_json(json, &known).unwrap_err();
    }
}

proptest! {
    #[test]
    fn any_text_is_an_answer_or_a_fault(text in "[a-zA-Z_' \"(),<>=%0-9.\\-]{0,60}|.{0,40}") {
        let _ = from_text(&text, &known);
        let _ = from_json(&text, &known);
    }

    #[test]
    fn patterns_match_as_a_plain_search_does(text in "[ab]{0,12}", pattern in "[ab%_]{0,8}") {
        fn slow(text: &[u8], pattern: &[u8]) -> bool {
            match pattern.first() {
                None => text.is_empty(),
                Some(b'%') => (0..=text.len()).any(|skip| slow(&text[skip..], &pattern[1..])),
                Some(wanted) => !text.is_empty() && (*wanted == b'_' || *wanted == text[0]) && slow(&text[1..], &pattern[1..]),
            }
        }
        let filter = from_text(&format!("'{text}' LIKE '{pattern}'"), &known).unwrap();
        prop_assert_eq!(filter.passes(&house(None, None)), slow(text.as_bytes(), pattern.as_bytes()));
    }
}
