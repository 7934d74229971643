//! Reads the sources and fails on an arrow that ARCHITECTURE.md does not allow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The table of ARCHITECTURE.md: room -> rooms it may use.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let table = text.split("## Who may import whom").nth(1).expect("the section on imports").split("\n## ").next().unwrap();
    let mut allowed = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let names = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        for room in names(cells[1]) {
            allowed.insert(room, names(cells[2]));
        }
    }
    assert!(allowed.len() > 15, "the table was not understood: {allowed:?}");
    allowed
}

fn sources(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_arrow_between_rooms_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed = allowed();
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for file in files {
        let place = file.strip_prefix(&root).unwrap();
        let room = place.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        if room == "lib" || room == "main" {
            continue;
        }
        let may = allowed.get(&room).unwrap_or_else(|| panic!("the room {room} is not in the table of ARCHITECTURE.md"));
        let text = std::fs::read_to_string(&file).unwrap();
        // What tests use does not count: they may set up anything.
        let text = text.split("#[cfg(test)]").next().unwrap();
        let is_test = place.iter().any(|part| part == "tests.rs" || part == "real_data.rs");
        for used in used_rooms(text) {
            arrows += 1;
            if used != room && !may.contains(&used) && !is_test {
                wrong.push(format!("{}: {room} uses {used}", place.display()));
            }
        }
    }
    assert!(arrows > 50, "only {arrows} arrows were found: the reading is broken");
    assert!(wrong.is_empty(), "arrows that ARCHITECTURE.md does not allow:\n{}", wrong.join("\n"));
}

/// The rooms named after `crate::`, in `use` groups too.
fn used_rooms(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        for after in line.split("crate::").skip(1) {
            let names = match after.strip_prefix('{') {
                Some(group) => group.split(',').map(str::trim).collect::<Vec<_>>(),
                None => vec![after],
            };
            for name in names {
                let room: String = name.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect();
                if !room.is_empty() {
                    rooms.insert(room);
                }
            }
        }
    }
    rooms
}

#[test]
fn calculation_rooms_do_no_input_or_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for room in ["domain", "language", "geometry", "spatial", "tiles", "gazetteer", "cql2"] {
        let mut files = Vec::new();
        sources(&root.join(room), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let is_test = |part: &std::ffi::OsStr| part == "tests.rs" || part == "tests" || part == "real_data.rs";
            if file.iter().any(is_test) {
                continue;
            }
            for word in
                ["std::fs", "std::net", "tokio::", "async fn", "Utc::now", "SystemTime", "Instant::now", "sqlx", "println!", "static mut"]
            {
                if text.contains(word) {
                    wrong.push(format!("{}: {word}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
