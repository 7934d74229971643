//! `yutu doctor`: what this machine lacks to serve, to build and to test, and how to get it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Result;

use crate::cluster;

/// The packages by system, shared with the Makefile.
const PACKAGES: &str = include_str!("../../scripts/packages.txt");

/// For what something is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Without it `yutu serve` does not work: the exit status tells.
    Serve,
    /// Works without, less well.
    Better,
    Build,
    Test,
}

#[derive(Debug)]
struct Finding {
    need: Need,
    /// Key in the package table; empty: not a system package.
    package: &'static str,
    what: &'static str,
    /// Where or which version it is, or `Err` with what is wrong.
    state: Result<String, String>,
}

/// Prints the findings; fails when something needed to serve is missing.
pub fn run() -> Result<ExitCode> {
    let findings = examine();
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    write!(std::io::stdout(), "{}", report(&findings, &system))?;
    let lacking = findings.iter().any(|finding| finding.need == Need::Serve && finding.state.is_err());
    Ok(if lacking { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn examine() -> Vec<Finding> {
    let finding = |need, package, what, state| Finding { need, package, what, state };
    vec![
        finding(Need::Serve, "postgis", "PostgreSQL + PostGIS", postgis()),
        finding(Need::Serve, "proj-data", "PROJ 坐标系数据 / PROJ data (proj.db)", proj_data()),
        finding(Need::Better, "setpriv", "setpriv --pdeathsig", setpriv()),
        finding(Need::Build, "", "cargo (rustup: https://rustup.rs)", program(&["cargo"])),
        finding(Need::Build, "", "Node 20.19+ (https://nodejs.org)", node()),
        finding(Need::Build, "compiler", "C 编译器 / C compiler", program(&["cc"])),
        finding(Need::Build, "pkg-config", "pkg-config", program(&["pkg-config"])),
        finding(Need::Build, "gdal-dev", "GDAL 开发文件 / GDAL for building", module("gdal")),
        finding(Need::Build, "proj-dev", "PROJ 开发文件 / PROJ for building", module("proj")),
        finding(Need::Test, "ogr2ogr", "ogr2ogr (GDAL)", program(&["ogr2ogr"])),
        finding(Need::Test, "chromium", "Chromium", chromium()),
        finding(Need::Test, "cjk-fonts", "中文字体 / Chinese fonts", fonts()),
    ]
}

fn postgis() -> Result<String, String> {
    match cluster::find_programs(None) {
        Ok(found) => Ok(format!("PostgreSQL {}, {}", found.major, found.folder.display())),
        Err(_) => Err(match cluster::installed_programs().first() {
            Some(one) => format!("PostgreSQL {} ({}): - {}", one.major, one.folder.display(), one.missing.join(", ")),
            None => "initdb, postgres: 找不到 / not found (YUTU_PG_BINDIR)".to_owned(),
        }),
    }
}

fn proj_data() -> Result<String, String> {
    let named = ["PROJ_DATA", "PROJ_LIB"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let usual = ["/usr/share/proj", "/usr/local/share/proj", "/opt/homebrew/share/proj"].map(PathBuf::from);
    let found = named.chain(usual).map(|folder| folder.join("proj.db")).find(|file| file.exists());
    found.map(|file| file.display().to_string()).ok_or_else(|| "找不到 proj.db / proj.db was not found".to_owned())
}

fn setpriv() -> Result<String, String> {
    if cluster::setpriv_can_signal() {
        return Ok("util-linux".to_owned());
    }
    Err("没有它，进程被强杀后数据库要到下次启动才停 / without it a killed keeper leaves PostgreSQL running until the next start".to_owned())
}

fn node() -> Result<String, String> {
    let version = said(Command::new("node").arg("--version")).ok_or_else(|| "找不到 / not found".to_owned())?;
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if (major, minor) >= (20, 19) { Ok(version) } else { Err(version) }
}

fn module(name: &str) -> Result<String, String> {
    said(Command::new("pkg-config").args(["--modversion", name])).ok_or_else(|| "找不到 / not found".to_owned())
}

fn chromium() -> Result<String, String> {
    match std::env::var("YUTU_CHROMIUM") {
        Ok(path) if Path::new(&path).exists() => Ok(path),
        _ => program(&["chromium", "chromium-browser", "google-chrome"]),
    }
}

fn fonts() -> Result<String, String> {
    let list = said(Command::new("fc-list").args([":lang=zh", "family"])).unwrap_or_default();
    list.lines().next().map(str::to_owned).ok_or_else(|| "找不到 / not found".to_owned())
}

fn program(names: &[&str]) -> Result<String, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name))).find(|file| file.is_file());
    found.map(|file| file.display().to_string()).ok_or_else(|| "找不到 / not found".to_owned())
}

/// What a program prints, without the last line end; `None` when it is missing, fails or is silent.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn report(findings: &[Finding], os_release: &str) -> String {
    let mut text = String::new();
    for (needs, title) in [
        (&[Need::Serve, Need::Better][..], "运行 / To serve"),
        (&[Need::Build][..], "从源码构建 / To build from source"),
        (&[Need::Test][..], "测试 / To run the tests"),
    ] {
        let _ = writeln!(text, "{title}");
        for finding in findings.iter().filter(|finding| needs.contains(&finding.need)) {
            let (mark, state) = match (&finding.state, finding.need) {
                (Ok(state), _) => ("✓", state),
                (Err(state), Need::Serve) => ("✗", state),
                (Err(state), _) => ("-", state),
            };
            let _ = writeln!(text, "  {mark} {}: {state}", finding.what);
        }
        let missing: Vec<&str> = findings
            .iter()
            .filter(|finding| needs.contains(&finding.need) && finding.state.is_err() && !finding.package.is_empty())
            .map(|finding| finding.package)
            .collect();
        if !missing.is_empty() {
            let _ = writeln!(text, "  安装 / Install:");
            for (system, command) in install_lines(&missing, os_release) {
                let _ = writeln!(text, "    {system}: {command}");
            }
        }
    }
    text
}

/// How to install `missing`: for the system at hand when it is known, else for all that are listed.
fn install_lines(missing: &[&str], os_release: &str) -> Vec<(&'static str, String)> {
    let systems = [
        ("Debian, Ubuntu", "apt-get install", 2, ["debian", "ubuntu"], ""),
        ("Fedora", "dnf install", 3, ["fedora", "rhel"], "   (未经验证 / names not tried)"),
        ("Alpine", "apk add", 4, ["alpine", "alpine"], "   (未经验证 / names not tried)"),
    ];
    let here: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .collect();
    let known = systems.iter().any(|(.., ids, _)| ids.iter().any(|id| here.contains(id)));
    let mut lines = Vec::new();
    for (system, command, column, ids, note) in systems {
        if known && !ids.iter().any(|id| here.contains(id)) {
            continue;
        }
        let rows = PACKAGES.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect::<Vec<_>>());
        let names: Vec<String> = rows
            .filter(|row| row.get(1).is_some_and(|what| missing.contains(what)))
            .filter_map(|row| row.get(column).map(|names| names.replace(',', " ")))
            .collect();
        lines.push((system, format!("{command} {}{note}", names.join(" "))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_with_a_package_has_a_name_on_every_system() {
        for finding in examine().iter().filter(|finding| !finding.package.is_empty()) {
            let lines = install_lines(&[finding.package], "");
            assert_eq!(lines.len(), 3);
            for (system, line) in lines {
                assert!(line.split_whitespace().count() >= 3, "{system} has no package for {}: {line}", finding.package);
            }
        }
    }

    #[test]
    fn a_known_system_gets_its_own_line_only() {
        let lines = install_lines(&["postgis", "proj-data"], "NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n");
        assert_eq!(lines, [("Debian, Ubuntu", "apt-get install postgresql-postgis proj-data".to_owned())]);
        assert!(install_lines(&["postgis"], "ID=fedora")[0].1.starts_with("dnf install postgresql-server postgresql-contrib postgis"));
    }

    #[test]
    fn what_is_missing_is_marked_and_installable() {
        let findings = [
            Finding { need: Need::Serve, package: "postgis", what: "PostGIS", state: Err("gone".into()) },
            Finding { need: Need::Test, package: "chromium", what: "Chromium", state: Ok("/usr/bin/chromium".into()) },
        ];
        let text = report(&findings, "ID=debian");
        assert!(text.contains("✗ PostGIS: gone") && text.contains("apt-get install postgresql-postgis\n"), "{text}");
        assert!(text.contains("✓ Chromium") && !text.contains("apt-get install chromium"), "{text}");
    }
}
