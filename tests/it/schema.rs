//! The schema: the tables say what the domain says, and everything carries a comment.

use yutu::domain::{FieldKind, Layer};
use yutu::store::{self, StoreError};

use super::setup::Fresh;

#[tokio::test]
async fn every_field_of_a_layer_is_a_column_of_its_table_and_its_past() {
    let fresh = Fresh::new("EPSG:4549").await;
    for layer in Layer::ALL {
        for table in [layer.id().to_owned(), format!("{layer}_past")] {
            let columns: Vec<(String, String)> =
                sqlx::query_as("SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_name = $1")
                    .bind(&table)
                    .fetch_all(&fresh.pool)
                    .await
                    .unwrap();
            for field in layer.fields() {
                let wanted = match field.kind {
                    FieldKind::Text => "text",
                    FieldKind::Int => "bigint",
                    FieldKind::Number => "double precision",
                    FieldKind::Date => "date",
                };
                let found = columns.iter().find(|(name, _)| name == field.name);
                assert_eq!(found.map(|(_, kind)| kind.as_str()), Some(wanted), "{table}.{}", field.name);
            }
            let common = 14 + usize::from(table.ends_with("_past"));
            assert_eq!(columns.len(), layer.fields().len() + common, "{table} has columns that the domain does not know");
        }
    }
}

#[tokio::test]
async fn every_table_and_column_carries_a_comment() {
    let fresh = Fresh::new("EPSG:4549").await;
    let bare: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname || coalesce('.' || a.attname, '') FROM pg_class c
         LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                            UNION ALL SELECT NULL, 0) a ON true
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('spatial_ref_sys', '_sqlx_migrations')
           AND col_description(c.oid, a.attnum) IS NULL AND NOT (a.attnum = 0 AND obj_description(c.oid) IS NOT NULL)",
    )
    .fetch_all(&fresh.pool)
    .await
    .unwrap();
    assert!(bare.is_empty(), "without a comment: {bare:?}");
}

#[tokio::test]
async fn a_database_for_another_working_system_is_refused_naming_both() {
    let fresh = Fresh::new("EPSG:4549").await;
    let error = store::open(&fresh.pool, "EPSG:3826", Some(3826), "", "").await.unwrap_err();
    assert!(matches!(error, StoreError::WrongWorkingSystem { .. }));
    let text = error.to_string();
    assert!(text.contains("EPSG:4549") && text.contains("EPSG:3826"), "{text}");
    store::open(&fresh.pool, "EPSG:4549", Some(4549), "", "").await.expect("the same system again is fine");
}

#[tokio::test]
async fn versions_of_a_feature_cannot_overlap() {
    let fresh = Fresh::new("EPSG:4549").await;
    let insert = |from: &str, to: &str| {
        format!(
            "INSERT INTO place_names (region, id, valid_from, valid_to, name) VALUES ('r', 'aaaaaaaaaaaaaaaa', '{from}', '{to}', '渡口')"
        )
    };
    fresh.psql(&insert("2020-01-01", "2024-01-01")).await;
    fresh.psql(&insert("2024-01-01", "infinity")).await;
    for (from, to) in [("2023-06-01", "2025-01-01"), ("2019-01-01", "2020-01-02"), ("2024-01-01", "infinity"), ("2025-01-01", "2025-02-01")]
    {
        let result = sqlx::raw_sql(sqlx::AssertSqlSafe(insert(from, to))).execute(&fresh.pool).await;
        assert!(matches!(StoreError::from(result.unwrap_err()), StoreError::Conflict(_)), "{from} to {to}");
    }
}

#[tokio::test]
async fn geometry_that_is_invalid_empty_or_in_another_system_is_refused() {
    let fresh = Fresh::new("EPSG:4549").await;
    for wkt in [
        "SRID=4549;MULTIPOLYGON(((0 0,2 2,2 0,0 2,0 0)))",
        "SRID=4549;MULTIPOLYGON EMPTY",
        "SRID=4326;MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
        "SRID=4549;POINT(0 0)",
    ] {
        let insert = format!("INSERT INTO parcels (region, id, geom) VALUES ('r', 'aaaaaaaaaaaaaaaa', '{wkt}')");
        assert!(sqlx::raw_sql(sqlx::AssertSqlSafe(insert)).execute(&fresh.pool).await.is_err(), "{wkt}");
    }
}

#[tokio::test]
async fn names_and_shapes_that_no_reader_understands_are_refused() {
    let fresh = Fresh::new("EPSG:4549").await;
    let insert = |names: &str, geom: &str| {
        let statement = format!(
            "INSERT INTO place_names (region, id, names, geom) VALUES ('r', 'aaaaaaaaaaaaaaaa', '{names}', {geom}) ON CONFLICT DO NOTHING"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&fresh.pool)
    };
    for names in [
        r#"["x"]"#,
        r#"[[{"text":"a","kind":"former"}]]"#,
        r#"[{"kind":"former"}]"#,
        r#"[{"text":1,"kind":"former"}]"#,
        r#"[{"text":["a"],"kind":"former"}]"#,
        r#"[{"text":"a","kind":"nickname"}]"#,
        r#"[{"text":"a","kind":["former"]}]"#,
        r#"[{"text":"a","kind":"former","lang":null}]"#,
    ] {
        assert!(insert(names, "NULL").await.is_err(), "{names}");
    }
    for geom in ["ST_GeomFromText('CIRCULARSTRING(0 0,1 1,2 0)', 4549)", "ST_GeomFromText('TRIANGLE((0 0,0 1,1 0,0 0))', 4549)"] {
        assert!(insert("[]", geom).await.is_err(), "{geom}");
    }
    insert(r#"[{"text":"a","kind":"former"},{"text":"b","kind":"pinyin","lang":"zh-Latn"}]"#, "ST_GeomFromText('POINT(0 0)', 4549)")
        .await
        .unwrap();
}

#[tokio::test]
async fn days_are_those_of_the_city() {
    let fresh = Fresh::new("EPSG:4549").await;
    for zone in ["Pacific/Kiritimati", "Etc/GMT+12"] {
        let pool = store::connect(fresh.options.clone(), zone, 2).await.unwrap();
        let hours: f64 = sqlx::query_scalar("SELECT (extract(epoch FROM now()::timestamp - now() AT TIME ZONE 'UTC') / 3600)::float8")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(hours.round() as i32, if zone.starts_with('P') { 14 } else { -12 }, "{zone}");
    }
}
