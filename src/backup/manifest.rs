//! What a backup says about itself, and how a restored database is held against it.

use serde::{Deserialize, Serialize};

/// The format of archives written by this version.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// When, RFC 3339, UTC.
    pub created_at: String,
    /// PostgreSQL's version.
    pub server: String,
    /// PostGIS's version, when it is installed.
    pub postgis: Option<String>,
    pub migrations: Vec<Migration>,
    /// The working coordinate system the database was made for; none before the first import or start.
    pub working_crs: Option<String>,
    /// The last sequence number of the change log.
    pub sequence: i64,
    /// All tables but those of extensions, by schema and name.
    pub tables: Vec<TableContent>,
    pub sequences: Vec<SequenceContent>,
    pub dump: Dump,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    pub version: i64,
    pub checksum: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableContent {
    pub schema: String,
    pub table: String,
    pub rows: i64,
    /// Sum over the rows of a 64-bit hash of the row's text, decimal: the order of rows does not matter.
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceContent {
    pub schema: String,
    pub sequence: String,
    /// None: never used.
    pub last_value: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    /// All rows of all tables.
    pub fn rows(&self) -> i64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// How a database differs from what was backed up, one line each; empty when it is the same.
    pub fn differences(&self, found: &Manifest) -> Vec<String> {
        let mut differences = Vec::new();
        for expected in &self.tables {
            let same = |other: &&TableContent| other.schema == expected.schema && other.table == expected.table;
            match found.tables.iter().find(same) {
                None => differences.push(format!("{}.{}: 缺失 / missing", expected.schema, expected.table)),
                Some(other) if other.rows != expected.rows => {
                    differences.push(format!("{}.{}: {} -> {} 行 / rows", expected.schema, expected.table, expected.rows, other.rows));
                }
                Some(other) if other.hash != expected.hash => {
                    differences.push(format!("{}.{}: 内容不同 / other content", expected.schema, expected.table));
                }
                Some(_) => {}
            }
        }
        for other in &found.tables {
            if !self.tables.iter().any(|expected| expected.schema == other.schema && expected.table == other.table) {
                differences.push(format!("{}.{}: 多出 / not in the backup", other.schema, other.table));
            }
        }
        for expected in &self.sequences {
            let same = |other: &&SequenceContent| other.schema == expected.schema && other.sequence == expected.sequence;
            // Sequences stand outside transactions: the dump may have seen a later value, never an earlier one.
            if found.sequences.iter().find(same).is_none_or(|other| other.last_value < expected.last_value) {
                differences.push(format!("{}.{}: 序列倒退 / the sequence went back", expected.schema, expected.sequence));
            }
        }
        if self.migrations != found.migrations {
            differences.push("_sqlx_migrations".to_owned());
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(rows: i64, hash: &str, last_value: Option<i64>) -> Manifest {
        Manifest {
            format: FORMAT,
            program: String::new(),
            created_at: String::new(),
            server: String::new(),
            postgis: None,
            migrations: Vec::new(),
            working_crs: None,
            sequence: 0,
            tables: vec![TableContent { schema: "public".into(), table: "roads".into(), rows, hash: hash.into() }],
            sequences: vec![SequenceContent { schema: "public".into(), sequence: "s".into(), last_value }],
            dump: Dump::default(),
        }
    }

    #[test]
    fn a_missing_row_another_content_and_a_sequence_gone_back_are_each_told() {
        let backup = manifest(2, "7", Some(5));
        assert!(backup.differences(&manifest(2, "7", Some(6))).is_empty());
        for other in [manifest(1, "7", Some(5)), manifest(2, "8", Some(5)), manifest(2, "7", Some(4)), manifest(2, "7", None)] {
            assert_eq!(backup.differences(&other).len(), 1, "{other:?}");
        }
    }

    #[test]
    fn a_table_too_few_and_one_too_many_are_told() {
        let backup = manifest(2, "7", None);
        let mut other = backup.clone();
        other.tables[0].table = "road".into();
        assert_eq!(backup.differences(&other).len(), 2);
    }
}
