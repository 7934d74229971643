//! China's divisions down to the street level: by name, with all above them, read aloud and in short. The readings come from
//! pypinyin's tables in the shared data, not from the crate that the engine uses. (The data has no former names.)

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use yutu::domain::{FeatureId, Layer};
use yutu::gazetteer::{Entry, Place};

use crate::gold::{Question, Set};
use crate::source;
use crate::typing::Chance;

const COUNT: usize = 2000;
const PLACEHOLDERS: [&str; 4] = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"];

struct Unit {
    id: FeatureId,
    code: String,
    name: String,
    /// 0 province, 1 city, 2 county, 3 street or town.
    level: usize,
}

pub struct China {
    units: Vec<Unit>,
    row_of: HashMap<FeatureId, usize>,
    name_of: HashMap<String, String>,
    readings: Readings,
}

pub fn read() -> Option<China> {
    let mut units = Vec::new();
    let mut name_of = HashMap::new();
    for (level, file) in ["provinces", "cities", "areas", "streets"].into_iter().enumerate() {
        for row in source::table(&format!("cn-divisions/codes/{file}.csv.gz"))? {
            if PLACEHOLDERS.contains(&row["name"].as_str()) {
                continue;
            }
            let id = FeatureId::derive("divisions", "quality", &row["code"]);
            name_of.insert(row["code"].clone(), row["name"].clone());
            units.push(Unit { id, code: row["code"].clone(), name: row["name"].clone(), level });
        }
    }
    let row_of = units.iter().enumerate().map(|(row, unit)| (unit.id, row)).collect();
    Some(China { units, row_of, name_of, readings: Readings::read()? })
}

impl China {
    /// As `live` makes them of rows of the layer `divisions`: name, code and rank.
    pub fn entries(&self) -> Vec<Entry> {
        let entry = |unit: &Unit| {
            let mut entry = Entry::new(Layer::Divisions, unit.id);
            entry.name = Some(unit.name.as_str().into());
            entry.codes = vec![unit.code.as_str().into()];
            entry.rank = unit.level as u8 + 1;
            entry
        };
        self.units.iter().map(entry).collect()
    }

    pub fn sets(&self, seed: u64) -> Vec<Set<'_>> {
        let drawn = |way: u64, lowest: usize| {
            let mut chance = Chance::new(seed ^ way << 32);
            chance.some(self.units.iter().filter(|unit| unit.level <= lowest).collect(), COUNT)
        };
        let by_id = |unit: &Unit, text: String| {
            let id = unit.id;
            Question { text, meant: self.chain(unit), is_right: Box::new(move |place: &Place| place.id == id) }
        };
        let named = drawn(1, 3).into_iter().map(|unit| {
            let is_right = |place: &Place| place.name.as_deref() == Some(unit.name.as_str());
            Question { text: unit.name.clone(), meant: self.chain(unit), is_right: Box::new(is_right) }
        });
        let chains = drawn(2, 3).into_iter().filter(|unit| unit.level > 0).map(|unit| by_id(unit, self.chain(unit)));
        let codes = drawn(3, 3).into_iter().map(|unit| by_id(unit, unit.code.clone()));
        let short = drawn(4, 2).into_iter().filter_map(|unit| {
            let short = shortened(&unit.name)?;
            let is_right = move |place: &Place| place.name.as_deref().is_some_and(|name| name == short || shortened(name) == Some(short));
            Some(Question { text: short.to_owned(), meant: self.chain(unit), is_right: Box::new(is_right) as _ })
        });
        vec![
            Set::new("name", named.collect()),
            Set::new("with all above", chains.collect()),
            Set::new("code", codes.collect()),
            Set::new("short name", short.collect()),
            Set::new("Pinyin joined", self.aloud(&drawn(5, 2), |syllables| syllables.concat())),
            Set::new("Pinyin apart", self.aloud(&drawn(6, 2), |syllables| syllables.join(" "))),
            Set::new("initials", self.aloud(&drawn(7, 2), |syllables| syllables.iter().map(|syllable| &syllable[..1]).collect())),
        ]
    }

    /// Whatever sounds the same and is no smaller is right.
    fn aloud<'a>(&'a self, units: &[&'a Unit], write: fn(&[String]) -> String) -> Vec<Question<'a>> {
        let question = |unit: &&'a Unit| {
            let text = write(&self.readings.of(&unit.name)?);
            let (asked, level) = (text.clone(), unit.level);
            let is_right = move |place: &Place| {
                let found = &self.units[self.row_of[&place.id]];
                found.level <= level && self.readings.of(&found.name).is_some_and(|syllables| write(&syllables) == asked)
            };
            Some(Question { text, meant: self.chain(unit), is_right: Box::new(is_right) })
        };
        units.iter().filter_map(question).collect()
    }

    /// 浙江省杭州市西湖区
    fn chain(&self, unit: &Unit) -> String {
        let above =
            [2, 4, 6].into_iter().filter(|length| *length < unit.code.len()).filter_map(|length| self.name_of.get(&unit.code[..length]));
        above.map(String::as_str).chain([unit.name.as_str()]).collect()
    }
}

/// 西湖 of 西湖区; names of two characters and of autonomous areas are not shortened so.
fn shortened(name: &str) -> Option<&str> {
    let short = name.strip_suffix(['省', '市', '区', '县'])?;
    (short.chars().count() >= 2 && !short.ends_with("自治") && !short.ends_with('新')).then_some(short)
}

struct Readings {
    phrases: HashMap<String, Vec<Vec<String>>>,
    signs: HashMap<String, String>,
}

impl Readings {
    fn read() -> Option<Self> {
        let phrases = serde_json::from_slice(&source::unpacked("cn-pinyin/phrases_dict.json.gz")?).unwrap();
        let signs = serde_json::from_slice(&source::unpacked("cn-pinyin/pinyin_dict.json.gz")?).unwrap();
        Some(Self { phrases, signs })
    }

    /// Syllables without tones; longest phrases first, as pypinyin reads. ü is typed as v.
    fn of(&self, name: &str) -> Option<Vec<String>> {
        let signs: Vec<char> = name.chars().collect();
        let mut syllables = Vec::new();
        let mut place = 0;
        while place < signs.len() {
            let phrase = (2..=4.min(signs.len() - place)).rev().find_map(|length| {
                let text: String = signs[place..place + length].iter().collect();
                self.phrases.get(&text).map(|readings| (length, readings))
            });
            if let Some((length, readings)) = phrase {
                syllables.extend(readings.iter().map(|reading| plain(&reading[0])));
                place += length;
            } else {
                let readings = self.signs.get(&u32::from(signs[place]).to_string())?;
                syllables.push(plain(readings.split(',').next()?));
                place += 1;
            }
        }
        Some(syllables)
    }
}

fn plain(syllable: &str) -> String {
    let decomposed: String = syllable.nfd().collect();
    decomposed.replace("u\u{308}", "v").chars().filter(char::is_ascii_alphabetic).collect()
}
