//! Backup and restore over a real PostGIS, in the private cluster and through a database URL, while others read and write.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor};
use yutu::cluster::{self, Durability, Lease};

use super::cluster::{ask, options};

const CONTENT: &str = "SELECT count(*)::text || ' ' || sum(hashtextextended(t::text, 7)) FROM place t";

fn yutu(data_dir: &Path, url: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yutu"));
    command.env_remove("DATABASE_URL").env_remove("YUTU_DATABASE_URL").args(arguments);
    match url {
        Some(url) => command.env("DATABASE_URL", url),
        None => command.env("YUTU_DATA_DIR", data_dir),
    };
    command.output().unwrap()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn execute(lease: &Lease, statements: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = lease.connect_options().connect().await.unwrap();
        connection.execute(statements).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// Places with geometry, json, arrays, times, floats and a registered coordinate system of the city's own.
fn with_places(data_dir: &Path) -> Lease {
    let lease = cluster::acquire_with(&options(data_dir, Durability::Throwaway)).unwrap();
    execute(
        &lease,
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)
         VALUES (910001, 'city', 910001, 'LOCAL_CS[\"own\"]', '+proj=tmerc +lon_0=114.5 +k=1 +x_0=500000 +ellps=GRS80 +units=m');
         CREATE TABLE place (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             name text NOT NULL, level float8, tags jsonb, other text[], at timestamptz DEFAULT now(),
             valid daterange NOT NULL, geom geometry(Point, 910001) CHECK (ST_IsValid(geom)),
             shape geometry GENERATED ALWAYS AS (ST_Buffer(geom, 1)) STORED,
             EXCLUDE USING gist (name WITH =, valid WITH &&));
         INSERT INTO place (name, level, tags, other, valid, geom)
         SELECT '人民路' || n, n / 7.0, jsonb_build_object('序', n), ARRAY['Renmin', NULL], daterange('2020-01-01', NULL),
                ST_SetSRID(ST_MakePoint(500000 + n / 3.0, 3000000 + n), 910001)
         FROM generate_series(1, 5000) n",
    );
    lease
}

#[test]
fn a_backup_taken_during_writes_restores_into_the_same_content_while_a_reader_reads() {
    let folder = tempfile::tempdir().unwrap();
    let lease = with_places(folder.path());
    let file = folder.path().join("city.backup");
    let backup = ["backup", file.to_str().unwrap()];
    let before = ask(&lease, CONTENT).unwrap();
    let epoch_like = ask(&lease, "SELECT max(oid)::text FROM pg_database WHERE datname = 'yutu'").unwrap();

    let (stop, answers, outages) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // A reader that reconnects as a pool does: it may be cut off, but never find no database for long.
            while !stop.load(Ordering::SeqCst) {
                match ask(&lease, "SELECT count(*)::text FROM place") {
                    Ok(_) => answers.fetch_add(1, Ordering::SeqCst),
                    Err(_) => outages.fetch_add(1, Ordering::SeqCst),
                };
            }
        });
        assert!(done(&yutu(folder.path(), None, &backup)).contains("5000 行"));
        execute(&lease, "UPDATE place SET name = '改' || name WHERE id % 2 = 0; DELETE FROM place WHERE id > 4000");
        assert_ne!(ask(&lease, CONTENT).unwrap(), before);
        let said = done(&yutu(folder.path(), None, &["restore", file.to_str().unwrap()]));
        assert!(said.contains("yutu_before_"), "{said}");
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::SeqCst);
    });
    assert_eq!(ask(&lease, CONTENT).unwrap(), before);
    assert_ne!(ask(&lease, "SELECT max(oid)::text FROM pg_database WHERE datname = 'yutu'").unwrap(), epoch_like, "a fresh database");
    assert_eq!(ask(&lease, "SELECT count(*)::text FROM spatial_ref_sys WHERE srid = 910001").unwrap(), "1");
    assert!(answers.load(Ordering::SeqCst) > 20, "{answers:?}");
    assert!(outages.load(Ordering::SeqCst) < 200, "cut off during the exchange only: {outages:?}");
    // Inserting goes on above the restored numbers.
    execute(&lease, "INSERT INTO place (name, valid) VALUES ('新街', 'empty')");

    done(&yutu(folder.path(), None, &["restore", file.to_str().unwrap(), "--drop-former"]));
    assert_eq!(ask(&lease, "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'yutu%'").unwrap(), "yutu");
}

#[test]
fn a_flipped_byte_a_cut_file_and_a_later_version_are_refused_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lease = with_places(folder.path());
    let file = folder.path().join("city.backup");
    let name = file.to_str().unwrap();
    done(&yutu(folder.path(), None, &["backup", name]));
    let good = std::fs::read(&file).unwrap();
    let content = ask(&lease, CONTENT).unwrap();
    for at in [700, good.len() / 2, good.len() - 3000] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&file, &bad).unwrap();
        assert!(refused(&yutu(folder.path(), None, &["restore", name])).contains("不是完好的备份"));
    }
    std::fs::write(&file, &good[..good.len() - 600]).unwrap();
    assert!(refused(&yutu(folder.path(), None, &["restore", name])).contains("not an intact backup"));

    execute(
        &lease,
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, checksum bytea NOT NULL); INSERT INTO _sqlx_migrations VALUES (99990101, 'x')",
    );
    done(&yutu(folder.path(), None, &["backup", name]));
    assert!(refused(&yutu(folder.path(), None, &["restore", name])).contains("later version"));
    assert_eq!(ask(&lease, CONTENT).unwrap(), content);
    assert_eq!(ask(&lease, "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'yutu%'").unwrap(), "yutu");
}

#[test]
fn a_restore_that_counts_differently_is_dropped_and_the_present_database_stays() {
    let folder = tempfile::tempdir().unwrap();
    let lease = with_places(folder.path());
    let file = folder.path().join("city.backup");
    let name = file.to_str().unwrap();
    // A rule of the database that throws rows away on the way in: intact file, other content.
    execute(
        &lease,
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id % 1000 = 0 THEN RETURN NULL; END IF; RETURN NEW; END';
         CREATE TABLE lossy (id bigint);
         INSERT INTO lossy SELECT generate_series(1, 5000);",
    );
    done(&yutu(folder.path(), None, &["backup", name]));
    let content = ask(&lease, CONTENT).unwrap();
    let mut archive = tar::Archive::new(std::fs::File::open(&file).unwrap());
    let names: Vec<String> = archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    assert_eq!(names, ["database.dump", "manifest.json", "SHA256SUMS"], "an ordinary tar can read it");

    // Every fresh database is made from template0, so let the event trigger sit there.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut server = lease.connect_options().database("postgres").connect().await.unwrap();
        server.execute("ALTER DATABASE template0 ALLOW_CONNECTIONS true").await.unwrap();
        let mut template = lease.connect_options().database("template0").connect().await.unwrap();
        template
            .execute(
                "CREATE FUNCTION lose_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = 77 THEN RETURN NULL; END IF; RETURN NEW; END';
                 CREATE FUNCTION add_loss() RETURNS event_trigger LANGUAGE plpgsql AS $$
                 BEGIN
                     IF to_regclass('public.lossy') IS NOT NULL AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'loss') THEN
                         CREATE TRIGGER loss BEFORE INSERT ON public.lossy FOR EACH ROW EXECUTE FUNCTION public.lose_row();
                     END IF;
                 END $$;
                 CREATE EVENT TRIGGER on_table ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION add_loss()",
            )
            .await
            .unwrap();
        template.close().await.unwrap();
        server.execute("ALTER DATABASE template0 ALLOW_CONNECTIONS false").await.unwrap();
        server.close().await.unwrap();
    });
    let reason = refused(&yutu(folder.path(), None, &["restore", name]));
    assert!(reason.contains("public.lossy: 5000 -> 4999"), "{reason}");
    assert_eq!(ask(&lease, CONTENT).unwrap(), content);
    assert_eq!(ask(&lease, "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'yutu%'").unwrap(), "yutu");
}

#[test]
fn a_database_named_by_a_url_is_backed_up_and_restored_too() {
    let folder = tempfile::tempdir().unwrap();
    let lease = with_places(folder.path());
    let file = folder.path().join("city.backup");
    let name = file.to_str().unwrap();
    let sockets =
        percent_encoding::utf8_percent_encode(lease.socket_folder().to_str().unwrap(), percent_encoding::NON_ALPHANUMERIC).to_string();
    execute(&lease, "CREATE ROLE office LOGIN SUPERUSER PASSWORD 'p@ss'");
    let url = format!("postgres://office:p%40ss@{sockets}/yutu");
    let before = ask(&lease, CONTENT).unwrap();
    done(&yutu(folder.path(), Some(&url), &["backup", name]));
    execute(&lease, "DELETE FROM place");
    done(&yutu(folder.path(), Some(&url), &["restore", name]));
    assert_eq!(ask(&lease, CONTENT).unwrap(), before);
    // Into a database that is not there yet.
    let other = format!("postgres://office:p%40ss@{sockets}/second");
    done(&yutu(folder.path(), Some(&other), &["restore", name]));
    let said = done(&yutu(folder.path(), Some(&other), &["psql", "--", "-XAtc", CONTENT]));
    assert_eq!(said.trim(), before);
}

#[test]
fn a_backup_that_cannot_be_written_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let lease = with_places(folder.path());
    let missing = folder.path().join("no/such/folder/city.backup");
    assert!(refused(&yutu(folder.path(), None, &["backup", missing.to_str().unwrap()])).contains("无法写入"));
    // The disk is full.
    let file = folder.path().join("city.backup");
    std::fs::write(&file, "an earlier backup").unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("city.backup.part")).unwrap();
    let reason = refused(&yutu(folder.path(), None, &["backup", file.to_str().unwrap()]));
    assert!(reason.contains("磁盘是否已满") && reason.contains("os error 28"), "{reason}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "an earlier backup");
    assert!(std::fs::symlink_metadata(folder.path().join("city.backup.part")).is_err(), "nothing half-written stays");
    assert!(refused(&yutu(folder.path(), None, &["backup", "/dev"])).contains("not an ordinary file"));
    drop(lease);
}

#[test]
fn a_restore_killed_at_any_moment_leaves_the_former_or_the_restored_database_whole() {
    let folder = tempfile::tempdir().unwrap();
    let lease = with_places(folder.path());
    let file = folder.path().join("city.backup");
    done(&yutu(folder.path(), None, &["backup", file.to_str().unwrap()]));
    let backed_up = ask(&lease, CONTENT).unwrap();
    execute(&lease, "DELETE FROM place WHERE id > 2500");
    let present = ask(&lease, CONTENT).unwrap();
    let mut restored = 0;
    for time in 0..10 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yutu"));
        command.env_remove("DATABASE_URL").env_remove("YUTU_DATABASE_URL").arg("restore").arg(&file).arg("--data-dir").arg(folder.path());
        let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(150 * time));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = ask(&lease, CONTENT).unwrap();
        assert!(found == present || found == backed_up, "kill {time}: {found}");
        if found == backed_up {
            restored += 1;
            execute(&lease, "DELETE FROM place WHERE id > 2500");
        }
    }
    assert!(restored < 10, "some were killed before the end");
    done(&yutu(folder.path(), None, &["restore", file.to_str().unwrap(), "--drop-former"]));
    assert_eq!(ask(&lease, CONTENT).unwrap(), backed_up);
    assert_eq!(ask(&lease, "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'yutu%'").unwrap(), "yutu");
}

/// Yutu's own schema, and one change that is in its log.
fn with_schema(data_dir: &Path) -> Lease {
    let lease = cluster::acquire_with(&options(data_dir, Durability::Throwaway)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = yutu::store::connect(lease.connect_options(), "Asia/Shanghai", 2).await.unwrap();
        yutu::store::open(&pool, "EPSG:4549", Some(4549), "", "").await.unwrap();
        pool.close().await;
    });
    lease
}

const LOGGED: &str =
    "SELECT string_agg(format('%s %s', t.sequence, c.id), ', ' ORDER BY t.sequence) FROM change c JOIN change_transaction t USING (xid)";

#[test]
fn a_city_restored_on_another_server_goes_on_counting_its_changes() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = first.path().join("city.backup");
    let here = with_schema(first.path());
    let insert = "INSERT INTO place_names (region, id, name) VALUES ('420102', 'aaaaaaaaaaaaaaaa', '黄鹤楼')";
    // The other server is younger: it will count its transactions past the number of this one.
    execute(&here, "DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    execute(&here, insert);
    let xid: i64 = ask(&here, "SELECT xid::text FROM change_transaction").unwrap().parse().unwrap();
    done(&yutu(first.path(), None, &["backup", file.to_str().unwrap()]));

    let there = with_schema(second.path());
    let epoch = ask(&there, "SELECT epoch::text FROM installation").unwrap();
    done(&yutu(second.path(), None, &["restore", file.to_str().unwrap()]));
    let new_epoch = ask(&there, "SELECT epoch::text FROM installation").unwrap();
    assert!(new_epoch != epoch && new_epoch != ask(&here, "SELECT epoch::text FROM installation").unwrap(), "followers must notice");
    assert_eq!(ask(&there, LOGGED).unwrap(), "1 aaaaaaaaaaaaaaaa");
    execute(
        &there,
        "CREATE PROCEDURE count_to(last bigint) LANGUAGE plpgsql AS $$ BEGIN WHILE pg_current_xact_id()::text::bigint < last LOOP COMMIT; END LOOP; END $$",
    );
    let psql = format!("CALL count_to({})", xid - 1);
    done(&yutu(second.path(), None, &["psql", "--", "-c", &psql]));
    for statement in [
        "UPDATE place_names SET name = '黄鶴樓' WHERE id = 'aaaaaaaaaaaaaaaa'",
        "INSERT INTO place_names (region, id, name) VALUES ('420102', 'bbbbbbbbbbbbbbbb', '晴川阁')",
        "DELETE FROM place_names WHERE id = 'bbbbbbbbbbbbbbbb'",
    ] {
        execute(&there, statement);
    }
    assert_eq!(ask(&there, LOGGED).unwrap(), "1 aaaaaaaaaaaaaaaa, 2 aaaaaaaaaaaaaaaa, 3 bbbbbbbbbbbbbbbb, 4 bbbbbbbbbbbbbbbb");

    // A city drawn in another system is not overwritten by this one.
    execute(&there, "UPDATE installation SET working_definition = 'EPSG:3826'");
    let reason = refused(&yutu(second.path(), None, &["restore", file.to_str().unwrap()]));
    assert!(reason.contains("EPSG:4549") && reason.contains("EPSG:3826"), "{reason}");
}
