//! Bad files and bad packs over the real command line: exit status 1, the reason in both languages with its place, nothing written.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use yutu::cluster::{self, Durability, Lease};

use super::cluster::options;
use super::program::Program;

const CITY: &str = r#"name = { zh = "试验市", en = "Trial City" }
code = "330199"
crs = "EPSG:4549"
time_zone = "Asia/Shanghai"
"#;
const ROADS: &str = r#"layer = "roads"
[source]
files = ["*"]
[identity]
match = ["id"]
[fields]
name = "{name}"
"#;
const SOUND: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":1,"name":"中山路"},
    "geometry":{"type":"LineString","coordinates":[[120.2,30.3],[120.21,30.31]]}}]}"#;

/// A database with one road in it, and folders for what is to be refused.
struct Trial {
    program: Program,
    files: tempfile::TempDir,
    /// Keeps the database up between the commands.
    _lease: Lease,
}

impl Trial {
    fn new() -> Self {
        let program = Program::new();
        let lease = cluster::acquire_with(&options(program.data_dir(), Durability::Durable)).unwrap();
        let trial = Self { program, files: tempfile::tempdir().unwrap(), _lease: lease };
        let pack = trial.pack("sound", CITY, ROADS);
        trial.program.imported(&trial.source("sound", "roads.geojson", SOUND.as_bytes()), &pack, &[]);
        trial
    }

    fn pack(&self, name: &str, city: &str, roads: &str) -> PathBuf {
        let folder = self.files.path().join("packs").join(name);
        std::fs::create_dir_all(folder.join("profiles")).unwrap();
        std::fs::write(folder.join("city.toml"), city).unwrap();
        std::fs::write(folder.join("profiles/roads.toml"), roads).unwrap();
        folder
    }

    /// A folder with one file in it.
    fn source(&self, name: &str, file: &str, bytes: &[u8]) -> PathBuf {
        let folder = self.files.path().join("sources").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file), bytes).unwrap();
        folder
    }

    /// Everything that an import could have left behind.
    fn written(&self) -> String {
        self.program.psql("SELECT (SELECT count(*) FROM dataset), (SELECT max(sequence) FROM change_transaction), (SELECT count(*) FROM change), (SELECT count(*) FROM roads)")
    }

    fn refused(&self, source: &Path, pack: &Path, expected: &[&str]) {
        let before = self.written();
        let output = self.program.import(source, pack, &[]);
        refusal(&output, expected);
        assert_eq!(self.written(), before, "{expected:?}");
    }
}

/// Status 1, nothing on stdout, on stderr one line of trouble with all the words expected, in both languages.
fn refusal(output: &Output, expected: &[&str]) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{expected:?}: {error}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let told = error.lines().find(|line| line.starts_with("yutu: ")).unwrap_or_else(|| panic!("{error}"));
    for word in expected {
        assert!(told.contains(word), "{word:?} is missing in: {told}");
    }
    assert!(told.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)), "no Chinese: {told}");
    assert!(!error.contains("panicked") && !error.contains("RUST_BACKTRACE"), "{error}");
}

fn zipped(file: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file(file, zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(bytes).unwrap();
    archive.finish().unwrap().into_inner()
}

/// `roads.shp` and its parts with forty roads.
fn shapefile(trial: &Trial, name: &str, system: Option<u32>, encoding: &str) -> PathBuf {
    let folder = trial.files.path().join("sources").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut dataset = DriverManager::get_driver_by_name("ESRI Shapefile").unwrap().create_vector_only(folder.join("roads.shp")).unwrap();
    let system = system.map(|code| SpatialRef::from_epsg(code).unwrap());
    let option = format!("ENCODING={encoding}");
    let layer = dataset
        .create_layer(LayerOptions {
            name: "roads",
            srs: system.as_ref(),
            ty: OGRwkbGeometryType::wkbLineString,
            options: Some(&[&option]),
        })
        .unwrap();
    layer.create_defn_fields(&[("id", OGRFieldType::OFTInteger), ("name", OGRFieldType::OFTString)]).unwrap();
    for row in 0..40 {
        let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
        feature.set_geometry(Geometry::from_wkt(&format!("LINESTRING (520000 335{row:02}00,520100 335{row:02}00)")).unwrap()).unwrap();
        feature.set_field_integer(0, row).unwrap();
        feature.set_field_string(1, &format!("解放大道{row}")).unwrap();
        feature.create(&layer).unwrap();
    }
    dataset.close().unwrap();
    folder
}

fn cut(path: &Path, keep: f64) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len((length as f64 * keep) as u64).unwrap();
}

#[test]
fn files_that_cannot_be_trusted_are_refused_and_nothing_is_written() {
    let trial = Trial::new();
    let shapes = |crs: &str| trial.pack("shapes", CITY, &ROADS.replace("[\"*\"]", &format!("[\"*.shp\"]{crs}")));
    let any = trial.pack("any", CITY, ROADS);
    let table = trial.pack("table", CITY, &ROADS.replace("[\"*\"]", "[\"*\"]\ncrs = \"EPSG:4549\"\ncsv = { x = \"x\", y = \"y\" }"));

    // cut short on the way
    for part in ["shp", "shx", "dbf"] {
        let source = shapefile(&trial, &format!("cut-{part}"), Some(4549), "UTF-8");
        cut(&source.join(format!("roads.{part}")), 0.6);
        trial.refused(&source, &shapes(""), &["roads.shp", &format!(".{part} has"), "损坏或不完整", "damaged or incomplete"]);
    }
    let source = shapefile(&trial, "missing-part", Some(4549), "UTF-8");
    std::fs::remove_file(source.join("roads.dbf")).unwrap();
    trial.refused(&source, &shapes(""), &["roads.shp", "缺少 .dbf", ".dbf is missing"]);
    trial.refused(&trial.source("cut-json", "roads.geojson", &SOUND.as_bytes()[..150]), &any, &["roads.geojson", "损坏", "damaged"]);

    // in no coordinate system, or in one that only its own city can convert
    trial.refused(
        &shapefile(&trial, "no-crs", None, "UTF-8"),
        &shapes(""),
        &["roads.shp", "没有写明坐标系", "states no coordinate system"],
    );
    for (code, datum) in [(4610, "Xian 1980"), (2379, "Xian 1980"), (4214, "Beijing 1954")] {
        let source = shapefile(&trial, &format!("datum-{code}"), Some(code), "UTF-8");
        trial.refused(&source, &shapes(""), &["roads.shp", datum, "七参数", "3 or 7 parameters"]);
        let source = shapefile(&trial, &format!("declared-{code}"), None, "UTF-8");
        trial.refused(&source, &shapes(&format!("\ncrs = \"EPSG:{code}\"")), &["roads.shp", datum, "七参数", "3 or 7 parameters"]);
    }
    let source = shapefile(&trial, "differs", Some(4549), "UTF-8");
    trial.refused(&source, &shapes("\ncrs = \"EPSG:4548\""), &["roads.shp", "crs_lies", "文件写明坐标系", "the file states"]);

    // packed to fill the disk
    let bomb = vec![b' '; 80 << 20];
    trial.refused(&trial.source("bomb", "roads.zip", &zipped("roads.csv", &bomb)), &table, &["roads.zip", "超过上限", "limit", "ratio"]);

    // not what it is called
    let text = b"this is something else entirely\n";
    for name in ["roads.shp", "roads.gpkg", "roads.geojson", "roads.xlsx", "roads.zip"] {
        trial.refused(&trial.source(&format!("not-{name}"), name, text), &table, &[name]);
    }
    // columns and encodings that are not there
    let csv = trial.source("columns", "roads.csv", "id,name\n1,中山路\n".as_bytes());
    trial.refused(&csv, &table, &["roads.csv", "没有列", "no column", "\"x\""]);
    let unknown = trial.pack("unknown-encoding", CITY, &ROADS.replace("[\"*\"]", "[\"*.shp\"]\nencoding = \"klingon\""));
    trial.refused(&shapefile(&trial, "encoding", Some(4549), "UTF-8"), &unknown, &["klingon"]);
    trial.refused(&trial.files.path().join("nowhere"), &any, &["nowhere"]);
    trial.refused(
        &trial.source("nothing", "readme.md", text),
        &shapes(""),
        &["*.shp", "没有任何配置需要的文件", "no file that a profile asks for"],
    );
}

/// What is wrong with the text of a file is told row by row; the rest is read.
#[test]
fn text_in_another_encoding_than_stated_is_told_by_file_row_and_field() {
    let trial = Trial::new();
    let source = shapefile(&trial, "gbk", Some(4549), "CP936");
    std::fs::write(source.join("roads.cpg"), "UTF-8").unwrap();
    let pack = trial.pack("gbk", CITY, &ROADS.replace("[\"*\"]", "[\"*.shp\"]"));
    let output = trial.program.import(&source, &pack, &["--dry-run"]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for word in ["unreadable_text", "roads.shp:1", "文字无法辨认", "unreadable text", "name", "40"] {
        assert!(report.contains(word), "{word}: {report}");
    }
    std::fs::write(source.join("roads.cpg"), "GBK").unwrap();
    let output = trial.program.import(&source, &pack, &["--dry-run"]);
    assert!(!String::from_utf8(output.stdout).unwrap().contains("unreadable_text"));
}

/// 2 GB that are mostly a hole on the disk: brackets at first, which already say enough.
#[test]
fn two_gigabytes_of_brackets_are_refused_quickly_and_in_little_memory() {
    let trial = Trial::new();
    let source = trial.source("brackets", "roads.geojson", b"");
    let mut file = std::fs::File::create(source.join("roads.geojson")).unwrap();
    file.write_all(br#"{"type":"FeatureCollection","features":"#).unwrap();
    file.write_all(&vec![b'['; 8 << 20]).unwrap();
    file.seek(SeekFrom::Start(2 << 30)).unwrap();
    file.write_all(b"]").unwrap();
    drop(file);
    let pack = trial.pack("brackets", CITY, ROADS);
    let started = Instant::now();
    let mut import = trial.program.command("import");
    let import = import.arg(&source).arg("--city").arg(&pack).spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", import.id()));
    let watching = std::thread::spawn(move || {
        let mut peak_kb = 0u64;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
            peak_kb = peak_kb.max(line.trim().trim_end_matches(" kB").parse().unwrap());
            std::thread::sleep(Duration::from_millis(5));
        }
        peak_kb
    });
    let output = import.wait_with_output().unwrap();
    refusal(&output, &["roads.geojson", "超过上限 64", "limit of 64"]);
    let (took, peak_kb) = (started.elapsed(), watching.join().unwrap());
    assert!(peak_kb < 200 << 10, "{peak_kb} kB");
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn packs_with_mistakes_are_refused_with_file_line_and_reason_before_anything_starts() {
    let program = Program::new();
    let files = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(files.path().join("profiles")).unwrap();
    let broken = |city: &str, roads: &str, expected: &[&str]| {
        std::fs::write(files.path().join("city.toml"), city).unwrap();
        std::fs::write(files.path().join("profiles/roads.toml"), roads).unwrap();
        refusal(&program.import(files.path(), files.path(), &[]), expected);
        let serve = program.command("serve").arg("--city").arg(files.path()).output().unwrap();
        refusal(&serve, expected);
    };
    broken(&format!("{CITY}mayor = \"?\"\n"), ROADS, &["city.toml", "line 5", "mayor"]);
    broken(&CITY.replace("code = \"330199\"\n", ""), ROADS, &["city.toml", "code"]);
    broken(&CITY.replace("EPSG:4549", "EPSG:4490"), ROADS, &["city.toml", "line 3", "EPSG:4490"]);
    broken(&CITY.replace("EPSG:4549", "EPSG:2379"), ROADS, &["city.toml", "line 3"]);
    broken(CITY, &ROADS.replace("name =", "nom ="), &["roads.toml", "line 7", "nom"]);
    broken(CITY, &ROADS.replace("layer = \"roads\"\n", ""), &["roads.toml", "layer"]);
    broken(CITY, &ROADS.replace("\"roads\"", "\"rivers\""), &["roads.toml", "line 1", "rivers"]);
    broken(CITY, "layer = ", &["roads.toml", "line 1"]);
    std::fs::remove_file(files.path().join("city.toml")).unwrap();
    refusal(&program.import(files.path(), files.path(), &[]), &["city.toml"]);
    assert!(!program.data_dir().join("postgres").exists(), "no database is made for a pack that cannot be read");
}

#[test]
fn a_pack_for_another_working_system_is_refused_naming_both() {
    let trial = Trial::new();
    let pack = trial.pack("elsewhere", &CITY.replace("4549", "26986"), ROADS);
    let source = trial.source("sound", "roads.geojson", SOUND.as_bytes());
    trial.refused(&source, &pack, &["EPSG:4549", "EPSG:26986"]);
    let before = trial.written();
    let serve = trial.program.command("serve").arg("--city").arg(&pack).args(["--listen", "127.0.0.1:0"]).output().unwrap();
    refusal(&serve, &["EPSG:4549", "EPSG:26986"]);
    let given = trial.program.import(&source, &pack, &["--crs", "EPSG:4549"]);
    refusal(&given, &["--crs"]);
    assert_eq!(trial.written(), before);
    assert_eq!(trial.program.import(&source, &pack, &["--no-such-option"]).status.code(), Some(2));
}
