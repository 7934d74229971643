//! How people write the address of a plate: each variant is made from the file's own text, from a fixed seed, and shares
//! nothing with the code that is judged by it.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use pinyin::{ToPinyin, ToPinyinMulti};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::plates::Plate;

/// One way of writing an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    AsWritten,
    CharacterDeleted,
    CharacterWrong,
    DigitWrong,
    Simplified,
    Pinyin,
    SectionInDigits,
    FullWidth,
    WithoutCounty,
    WithoutVillage,
}

/// What is asked, and which plate is meant.
pub struct PlateQuestion {
    pub text: String,
    pub plate: usize,
}

pub struct Questions<'a> {
    plates: &'a [Plate],
    seed: u64,
    simplifier: OpenCC,
    /// All characters of the file that are neither digits nor Latin.
    signs: Vec<char>,
    /// How many plates are written so.
    written: HashMap<&'a str, u32>,
    /// How many plates have a text with one digit left open (`_`), by the hash of that text: there are seven million.
    with_open_digit: HashMap<u64, u32>,
}

impl Way {
    /// As it stands in the files of figures.
    pub fn name(self) -> &'static str {
        match self {
            Way::AsWritten => "as written",
            Way::CharacterDeleted => "character deleted",
            Way::CharacterWrong => "character wrong",
            Way::DigitWrong => "digit wrong",
            Way::Simplified => "simplified",
            Way::Pinyin => "Pinyin",
            Way::SectionInDigits => "section in digits",
            Way::FullWidth => "full width",
            Way::WithoutCounty => "without county",
            Way::WithoutVillage => "without village",
        }
    }
}

impl<'a> Questions<'a> {
    pub fn new(plates: &'a [Plate], seed: u64) -> Self {
        let mut signs: Vec<char> =
            plates.iter().step_by(7).flat_map(|plate| plate.address.chars()).filter(|sign| is_hanzi(*sign)).collect();
        signs.sort_unstable();
        signs.dedup();
        let mut written = HashMap::new();
        let mut with_open_digit = HashMap::new();
        for plate in plates {
            *written.entry(plate.address.as_str()).or_insert(0) += 1;
            for open in open_digits(&plate.address) {
                *with_open_digit.entry(hash(&open)).or_insert(0) += 1;
            }
        }
        let simplifier = OpenCC::from_config(BuiltinConfig::T2s).unwrap();
        Self { plates, seed, simplifier, signs, written, with_open_digit }
    }

    /// So many questions about plates drawn at random; plates that cannot be written in this way are passed over.
    pub fn drawn(&self, way: Way, count: usize) -> Vec<PlateQuestion> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ (way as u64) << 32);
        let mut questions = Vec::with_capacity(count);
        for _ in 0..count * 40 {
            let plate = below(&mut random, self.plates.len());
            if let Some(text) = self.write(way, &self.plates[plate], &mut random) {
                questions.push(PlateQuestion { text, plate });
            }
            if questions.len() == count {
                break;
            }
        }
        questions
    }

    /// Whether an answer is as good as the plate asked about: 51 addresses are there twice, and a text without its village
    /// may be that of several plates.
    pub fn is_right(&self, way: Way, question: &PlateQuestion, found: &Plate) -> bool {
        let asked = &self.plates[question.plate];
        asked.address == found.address || (way == Way::WithoutVillage && without_village(found).is_some_and(|text| text == question.text))
    }

    /// How many plates differ from this text in one digit.
    pub fn fitting(&self, text: &str) -> u32 {
        open_digits(text).map(|open| self.with_open_digit.get(&hash(&open)).copied().unwrap_or(0)).sum()
    }

    fn write(&self, way: Way, plate: &Plate, random: &mut ChaCha8Rng) -> Option<String> {
        let address = &plate.address;
        let signs: Vec<char> = address.chars().collect();
        let places = |wanted: fn(&char) -> bool| (0..signs.len()).filter(|place| wanted(&signs[*place])).collect::<Vec<_>>();
        let with = |place: usize, sign: Option<char>| -> String {
            signs.iter().enumerate().filter_map(|(other, known)| if other == place { sign } else { Some(*known) }).collect()
        };
        match way {
            Way::AsWritten => Some(address.clone()),
            Way::CharacterDeleted => {
                let text = one_of(&places(|sign| !sign.is_ascii_digit()), random).map(|place| with(*place, None))?;
                // 五樓 of 十五樓 is the address of another plate
                (!self.written.contains_key(text.as_str())).then_some(text)
            }
            Way::CharacterWrong => {
                let place = *one_of(&places(|sign| !sign.is_ascii_digit()), random)?;
                let wrong = *one_of(&self.signs, random)?;
                let text = with(place, Some(wrong));
                (!self.written.contains_key(text.as_str())).then_some(text)
            }
            Way::DigitWrong => {
                let place = *one_of(&places(char::is_ascii_digit), random)?;
                let wrong = char::from(b'0' + below(random, 10) as u8);
                let leads = place == 0 || !signs[place - 1].is_ascii_digit();
                let text = (wrong != signs[place] && !(leads && wrong == '0')).then(|| with(place, Some(wrong)))?;
                // what is the address of another plate is not wrong
                (!self.written.contains_key(text.as_str())).then_some(text)
            }
            Way::Simplified => Some(self.simplifier.convert(address)),
            Way::Pinyin => {
                let road = Some(plate.road.as_str()).filter(|road| !road.is_empty() && address.contains(road));
                let parts: Vec<&str> = road.into_iter().chain(plate.village()).collect();
                let part = *one_of(&parts, random)?;
                Some(address.replacen(part, &pinyin(part, random)?, 1))
            }
            Way::SectionInDigits => {
                let written = signs.windows(2).position(|pair| pair[1] == '段' && "一二三四五六七八九".contains(pair[0]))?;
                let digit = "一二三四五六七八九".chars().position(|sign| sign == signs[written])? + 1;
                Some(with(written, char::from_digit(digit as u32, 10)))
            }
            Way::FullWidth => Some(signs.iter().map(|sign| full_width(*sign)).collect()),
            Way::WithoutCounty => Some(signs[3..].iter().collect()),
            Way::WithoutVillage => without_village(plate).filter(|_| !plate.road.is_empty() || !plate.lane.is_empty()),
        }
    }
}

fn without_village(plate: &Plate) -> Option<String> {
    let divisions = format!("{}{}", plate.village()?, plate.neighbourhood);
    let rest = plate.address.char_indices().nth(6).map(|(place, _)| &plate.address[place..])?.strip_prefix(&divisions)?;
    let county: String = plate.address.chars().take(3).collect();
    Some(format!("{county}{}{rest}", plate.town()))
}

/// Without tones; any of a character's readings, joined or with blanks.
fn pinyin(name: &str, random: &mut ChaCha8Rng) -> Option<String> {
    let mut syllables = Vec::new();
    for sign in name.chars() {
        let multi = sign.to_pinyin_multi()?;
        // a rare reading now and then: those who type know the place, the crate does not
        let reading = if below(random, 4) == 0 { multi.get(below(random, multi.count())) } else { sign.to_pinyin()? };
        syllables.push(reading.plain().replace('ü', "u"));
    }
    Some(match below(random, 3) {
        0 => syllables.concat(),
        1 => syllables.join(" "),
        _ => syllables.iter().map(|syllable| format!("{}{}", syllable[..1].to_uppercase(), &syllable[1..])).collect(),
    })
}

fn open_digits(text: &str) -> impl Iterator<Item = String> {
    let digits = text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(place, _)| place);
    digits.map(move |place| format!("{}_{}", &text[..place], &text[place + 1..]))
}

fn hash(text: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}

fn is_hanzi(sign: char) -> bool {
    matches!(sign, '\u{4E00}'..='\u{9FFF}')
}

fn full_width(sign: char) -> char {
    match sign {
        '0'..='9' => char::from_u32(u32::from(sign) - u32::from('0') + u32::from('０')).unwrap_or(sign),
        other => other,
    }
}

fn below(random: &mut ChaCha8Rng, limit: usize) -> usize {
    (random.next_u64() % limit as u64) as usize
}

fn one_of<'t, T>(all: &'t [T], random: &mut ChaCha8Rng) -> Option<&'t T> {
    (!all.is_empty()).then(|| &all[below(random, all.len())])
}
