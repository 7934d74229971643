//! Which files of the source folder belong to which edition of which profile, in the order of work.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

use super::profile::{EditionDate, Profile};
use super::template;

/// Where the data lie: a folder, or one file.
#[derive(Clone, Debug)]
pub struct SourceFolder {
    root: PathBuf,
    /// Relative to the root, with `/`, sorted.
    files: Vec<String>,
    /// One file was named, not a folder: globs are compared with its name only.
    single: bool,
}

/// One edition to be imported.
#[derive(Clone, Debug)]
pub struct Planned {
    pub files: Vec<SourceFile>,
    pub valid_from: Option<NaiveDate>,
    pub full: bool,
    pub allow_ends: bool,
}

#[derive(Clone, Debug)]
pub struct SourceFile {
    pub path: PathBuf,
    /// Relative to the source folder, for reports.
    pub name: String,
}

/// Deeper folders are not searched.
const MAX_DEPTH: usize = 8;

impl SourceFolder {
    pub fn open(path: &Path) -> Result<Self> {
        let about = std::fs::metadata(path)
            .with_context(|| format!("来源 {0} 不存在或不可读 / the source {0} does not exist or cannot be read", path.display()))?;
        if about.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let root = path.parent().unwrap_or(Path::new("")).to_owned();
            return Ok(Self { root, files: vec![name], single: true });
        }
        let mut files = Vec::new();
        list(path, "", 0, &mut files).with_context(|| format!("无法列出 / cannot list {}", path.display()))?;
        files.sort();
        Ok(Self { root: path.to_owned(), files, single: false })
    }

    /// The files that match a glob (`*`, `?` inside a name, `**` for any folders), in order. Shapefiles bring their other parts along unnamed.
    pub fn matching(&self, glob: &str) -> Vec<SourceFile> {
        let glob = if self.single { glob.rsplit('/').next().unwrap_or(glob) } else { glob };
        let found = self.files.iter().filter(|name| path_matches(glob, name));
        found.map(|name| SourceFile { path: self.root.join(name), name: name.clone() }).collect()
    }

    fn all(&self, globs: &[String]) -> Vec<SourceFile> {
        let mut files: Vec<SourceFile> = Vec::new();
        for glob in globs {
            for file in self.matching(glob) {
                if !files.iter().any(|known| known.name == file.name) {
                    files.push(file);
                }
            }
        }
        files
    }

    /// The editions of a profile for which there are files; none when a table it looks words up in is not there.
    ///
    /// # Errors
    /// When the dates do not fit.
    pub fn editions(&self, profile: &Profile, valid_from: Option<NaiveDate>) -> Result<Vec<Planned>> {
        let lookups = profile.lookups.values().filter_map(|lookup| lookup.file.as_deref());
        if lookups.into_iter().any(|file| self.matching(file).is_empty()) {
            return Ok(Vec::new());
        }
        let mut planned = Vec::new();
        for edition in &profile.editions {
            let files = self.all(&edition.files);
            if files.is_empty() {
                continue;
            }
            let plan = |files, valid_from| Planned { files, valid_from, full: edition.full, allow_ends: edition.allow_ends };
            match edition.valid_from {
                EditionDate::Day(day) => planned.push(plan(files, Some(day))),
                EditionDate::Unknown => planned.push(plan(files, None)),
                EditionDate::FileName => {
                    let several = files.len() > 1;
                    let mut dated = Vec::new();
                    for file in files {
                        let day = day_in(&file.name);
                        if day.is_none() && several {
                            bail!(
                                "配置 {0}：文件 {1} 的名称中没有日期 / profile {0}: there is no day in the name of {1}, and each of several files is an \
                                 edition; name it like x-2026-08-17.osm.pbf or import one file at a time with --valid-from",
                                profile.name,
                                file.name
                            );
                        }
                        dated.push((day, file));
                    }
                    dated.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
                    if let Some(pair) = dated.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                        bail!(
                            "配置 {0}：{1} 与 {2} 日期相同 / profile {0}: {1} and {2} are editions of the same day",
                            profile.name,
                            pair[0].1.name,
                            pair[1].1.name
                        );
                    }
                    planned.extend(dated.into_iter().map(|(day, file)| plan(vec![file], day)));
                }
            }
        }
        if let Some(day) = valid_from {
            match planned.as_mut_slice() {
                [] => {}
                [one] => one.valid_from = Some(day),
                _ => bail!(
                    "配置 {0} 有多个版本，--valid-from 无法确定用于哪一个 / profile {0} has several editions here; --valid-from dates one: name one file as SOURCE",
                    profile.name
                ),
            }
        }
        Ok(planned)
    }
}

/// The first day written in a file's name, as 2022-12-15 or 20221215.
fn day_in(name: &str) -> Option<NaiveDate> {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.char_indices().find_map(|(at, _)| {
        let free = at == 0 || !name[..at].ends_with(|c: char| c.is_ascii_digit());
        let long = name
            .get(at..at + 10)
            .filter(|text| text.as_bytes()[4] == b'-')
            .and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
        let short = || {
            let text = name.get(at..at + 8).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
            let ends = !name[at + 8..].starts_with(|c: char| c.is_ascii_digit());
            ends.then(|| template::date(text, "%Y%m%d")).flatten()
        };
        if free { long.or_else(short) } else { None }
    })
}

fn list(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let about = std::fs::metadata(entry.path())?;
        if about.is_file() || name.ends_with(".gdb") {
            files.push(name);
        } else if about.is_dir() && depth < MAX_DEPTH {
            list(&entry.path(), &format!("{name}/"), depth + 1, files)?;
        }
    }
    Ok(())
}

fn path_matches(glob: &str, path: &str) -> bool {
    let glob: Vec<&str> = glob.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path: Vec<&str> = path.split('/').collect();
    parts_match(&glob, &path)
}

fn parts_match(glob: &[&str], path: &[&str]) -> bool {
    match (glob.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|skip| parts_match(rest, &path[skip..])),
        (Some((part, glob)), Some((name, path))) => name_matches(part, name) && parts_match(glob, path),
        _ => false,
    }
}

/// `*` is any characters, `?` is one; upper and lower case are the same, as offices' disks have it.
fn name_matches(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut star = None;
    while place < name.len() {
        if at < glob.len() && (glob[at] == '?' || (glob[at] == name[place] && glob[at] != '*')) {
            at += 1;
            place += 1;
        } else if at < glob.len() && glob[at] == '*' {
            star = Some((at, place));
            at += 1;
        } else if let Some((back, from)) = star {
            at = back + 1;
            place = from + 1;
            star = Some((back, from + 1));
        } else {
            return false;
        }
    }
    glob[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_names_and_folders() {
        for (glob, path, expected) in [
            ("zoning/G*.geojson.gz", "zoning/G0101.geojson.gz", true),
            ("zoning/G*.geojson.gz", "zoning/plan_index.json", false),
            ("*.osm.pbf", "a/b.osm.pbf", false),
            ("**/*.osm.pbf", "a/b.osm.pbf", true),
            ("**/*.osm.pbf", "b.osm.pbf", true),
            ("ROADS.SHP", "roads.shp", true),
            ("a?c*e", "abcde", true),
            ("a*a*b", "aaab", true),
            ("a*a*b", "aaac", false),
            ("地名?.csv", "地名表.csv", true),
        ] {
            assert_eq!(path_matches(glob, path), expected, "{glob} {path}");
        }
    }

    #[test]
    fn a_day_is_found_in_a_file_name() {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        assert_eq!(day_in("a/liechtenstein-2022-12-15.osm.pbf"), day("2022-12-15"));
        assert_eq!(day_in("zones_20240305.shp"), day("2024-03-05"));
        assert_eq!(day_in("parcel1202403051.shp"), None);
        assert_eq!(day_in("道路-2022-13-15.shp"), None);
        assert_eq!(day_in("roads.shp"), None);
    }
}
