//! Invented names and their Roman spelling by the 1984 rule (中国地名汉语拼音字母拼写规则): specific and generic part apart,
//! a one-syllable modifier joined to the part it modifies, ordinals of streets in digits, tone marks, the apostrophe.

use pinyin::ToPinyin;

use super::dice::Dice;

/// A name in hanzi with its Pinyin, toned and toneless.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    pub zh: String,
    pub pinyin: String,
    pub plain: String,
}

/// Readings in place names where the first reading of the dictionary is another one.
const READINGS: [(char, &str); 18] = [
    ('和', "hé"),
    ('乐', "lè"),
    ('长', "cháng"),
    ('行', "xíng"),
    ('石', "shí"),
    ('重', "chóng"),
    ('会', "huì"),
    ('大', "dà"),
    ('中', "zhōng"),
    ('车', "chē"),
    ('区', "qū"),
    ('场', "chǎng"),
    ('校', "xiào"),
    ('道', "dào"),
    ('泊', "bó"),
    ('都', "dū"),
    ('朝', "cháo"),
    ('荫', "yīn"),
];

/// Joins the segments of a name. A segment of numerals that follows another is an ordinal and spelt in digits.
pub fn name(segments: &[&str]) -> Name {
    let zh = segments.concat();
    let spelt: Vec<String> = segments.iter().enumerate().map(|(place, segment)| spell(segment, place > 0)).collect();
    let pinyin = spelt.join(" ");
    let plain = pinyin.chars().map(without_tone).collect();
    Name { zh, pinyin, plain }
}

fn spell(segment: &str, may_be_ordinal: bool) -> String {
    if segment.is_ascii() {
        return segment.to_owned();
    }
    if may_be_ordinal && let Some(number) = ordinal(segment) {
        return number.to_string();
    }
    let mut word = String::new();
    for character in segment.chars() {
        let fixed = READINGS.iter().find(|(known, _)| *known == character).map(|(_, reading)| *reading);
        let syllable = fixed.or_else(|| character.to_pinyin().map(|reading| reading.with_tone())).unwrap_or_default();
        let mut letters = syllable.chars();
        let Some(first) = letters.next() else { continue };
        if word.is_empty() {
            word.extend(first.to_uppercase());
        } else {
            if matches!(without_tone(first), 'a' | 'o' | 'e') {
                word.push('\'');
            }
            word.push(first);
        }
        word.extend(letters);
    }
    word
}

const NUMERALS: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];

fn ordinal(text: &str) -> Option<usize> {
    NUMERALS.iter().position(|numeral| *numeral == text).map(|place| place + 1)
}

/// The numeral of an ordinal street, from 1 to 12.
pub fn numeral(number: usize) -> &'static str {
    NUMERALS[(number - 1) % NUMERALS.len()]
}

fn without_tone(letter: char) -> char {
    match letter {
        'ā' | 'á' | 'ǎ' | 'à' => 'a',
        'ē' | 'é' | 'ě' | 'è' => 'e',
        'ī' | 'í' | 'ǐ' | 'ì' => 'i',
        'ō' | 'ó' | 'ǒ' | 'ò' => 'o',
        'ū' | 'ú' | 'ǔ' | 'ù' => 'u',
        'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' => 'ü',
        'Ā' | 'Á' | 'Ǎ' | 'À' => 'A',
        'Ē' | 'É' | 'Ě' | 'È' => 'E',
        'Ō' | 'Ó' | 'Ǒ' | 'Ò' => 'O',
        other => other,
    }
}

/// What a street is named after; one theme for each part of the town, as naming plans do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Main roads: the town's virtues and light.
    Main,
    /// Old town: learning and crafts.
    Letters,
    /// Housing: flowers and trees.
    Plants,
    /// Business: prosperity.
    Trade,
    /// Industry: invention.
    Work,
    /// Country: water and birds.
    Country,
}

impl Theme {
    const ALL: [Theme; 6] = [Theme::Main, Theme::Letters, Theme::Plants, Theme::Trade, Theme::Work, Theme::Country];

    pub fn words(self) -> &'static [&'static str] {
        match self {
            Theme::Main => {
                &["文澜", "景和", "昭阳", "明远", "宁泰", "清晏", "弘景", "嘉禾", "永嘉", "熙春", "映辉", "望舒", "承露", "霁虹"]
            }
            Theme::Letters => &[
                "砚池", "书院", "松墨", "翰林", "青箱", "琴台", "棋盘", "画锦", "织锦", "染织", "竹器", "铜匠", "纸墨", "茶香", "酒务",
                "米市", "鼓楼", "钟楼", "学前", "贡院", "崇文", "尚义", "仁寿", "积善", "桂枝", "槐荫", "井泉", "油车", "灯市", "花市",
                "绣衣", "银杏", "诗礼", "芸香", "素心", "听雨", "枕河", "望鹤", "卧云", "扫叶", "拾翠", "浣纱", "采菱", "挹秀", "留耕",
                "守拙", "知鱼", "观稼", "耕读", "清和", "漱玉", "梧叶",
            ],
            Theme::Plants => &[
                "荷风", "桂馨", "兰汀", "梅影", "棠梨", "紫藤", "青桐", "银桂", "玉兰", "海棠", "芙蕖", "丁香", "木槿", "蔷薇", "茉莉",
                "含笑", "樱落", "枫丹", "橙黄", "柚香", "杏雨", "桃源", "柳浪", "竹影", "松涛", "香樟", "榆荫", "楠亭", "石榴", "蜡梅",
                "山茶", "杜鹃", "芷兰", "蕙风", "荇菜", "菖蒲", "萱草", "凌霄", "忍冬", "迎春", "合欢", "辛夷", "素馨", "栀子", "芍药",
                "牡丹", "秋葵", "薜荔", "芦雪", "苹香", "菱歌", "莲叶", "茭白", "莼羹",
            ],
            Theme::Trade => &[
                "聚丰", "汇金", "恒通", "广源", "瑞祥", "同德", "万和", "盛泰", "金穗", "隆昌", "裕民", "鸿升", "富春", "昌明", "百汇",
                "时代", "星河", "云帆", "远航", "鼎新", "嘉会", "通济",
            ],
            Theme::Work => &[
                "兴业", "创新", "启航", "腾飞", "精工", "智造", "锐意", "科苑", "天工", "开物", "巧匠", "力行", "奋进", "日新", "致远",
                "宏图",
            ],
            Theme::Country => &[
                "苇塘", "鹭洲", "雁滩", "渔歌", "稻香", "麦浪", "菱湾", "蒲汀", "荻花", "鸥渚", "萍踪", "野渡", "桑麻", "篱菊", "烟溪",
                "水杉", "石矶", "柴扉", "耕云", "听蛙", "丰禾", "田园",
            ],
        }
    }
}

/// Hands out words so that none is used twice.
#[derive(Debug)]
pub struct Words {
    left: Vec<(Theme, Vec<&'static str>)>,
    /// For themes that have run dry.
    more: Vec<String>,
}

const MORE_FIRST: [char; 16] = ['青', '翠', '碧', '丹', '素', '沁', '映', '凝', '晴', '暖', '清', '澄', '秀', '芳', '怡', '静'];
const MORE_SECOND: [char; 16] = ['岚', '屿', '泓', '霭', '枫', '荷', '溪', '岭', '桐', '蕊', '苔', '汀', '砚', '芜', '蔓', '萝'];

impl Words {
    pub fn new(dice: &mut Dice) -> Self {
        let left: Vec<(Theme, Vec<&'static str>)> = Theme::ALL
            .into_iter()
            .map(|theme| {
                let mut words = theme.words().to_vec();
                dice.shuffle(&mut words);
                (theme, words)
            })
            .collect();
        let mut more: Vec<String> = MORE_FIRST
            .iter()
            .flat_map(|first| MORE_SECOND.iter().map(move |second| [*first, *second].iter().collect::<String>()))
            .filter(|word| Theme::ALL.iter().all(|theme| !theme.words().contains(&word.as_str())))
            .collect();
        dice.shuffle(&mut more);
        Self { left, more }
    }

    /// # Panics
    /// When all words are used: some 400, twice what a district has roads.
    pub fn next(&mut self, theme: Theme) -> String {
        if let Some((_, words)) = self.left.iter_mut().find(|(known, _)| *known == theme)
            && let Some(word) = words.pop()
        {
            return word.to_owned();
        }
        self.more.pop().unwrap_or_else(|| panic!("no words left for the roads of a district"))
    }
}

/// County, towns and their parent of the district with this number; codes and names are its own.
#[derive(Clone, Debug)]
pub struct Identity {
    pub index: u32,
    /// Six digits in the unused range 99.
    pub code: String,
    pub city_code: String,
    pub city: Name,
    pub district: Name,
    /// The specific part of the district's name, which its lake, station and main works take up.
    pub base: String,
    pub lake: Name,
}

const DISTRICT_FIRST: [char; 40] = [
    '霁', '沐', '映', '栖', '汀', '岚', '泠', '荻', '浣', '澹', '漱', '溯', '湄', '汐', '泽', '淳', '涵', '润', '渚', '滢', '溦', '澜',
    '潇', '滟', '漾', '沁', '澄', '泓', '涟', '漪', '渟', '潺', '沛', '漓', '泱', '溪', '渌', '濯', '滨', '浦',
];
const DISTRICT_SECOND: [char; 40] = [
    '湖', '川', '苇', '棠', '桐', '荷', '枫', '竹', '松', '柏', '梅', '兰', '菊', '桂', '蓉', '蒲', '萍', '菱', '芦', '槐', '榆', '杉',
    '樟', '楠', '桑', '柳', '杏', '桃', '梨', '榴', '橘', '柚', '茗', '禾', '麦', '稻', '黍', '粟', '豆', '麻',
];

/// More districts than this have no name and code of their own.
pub const MAX_DISTRICTS: u32 = 1600;

pub fn identity(index: u32) -> Identity {
    let (prefecture, place) = (index / 60, index % 60);
    let base: String = [DISTRICT_FIRST[(index % 40) as usize], DISTRICT_SECOND[((index / 40 + index) % 40) as usize]].iter().collect();
    let city = match prefecture {
        0 => name(&["云汀", "市"]),
        more => {
            let specific: String = ['云', DISTRICT_SECOND[(more % 40) as usize]].iter().collect();
            name(&[&specific, "市"])
        }
    };
    Identity {
        index,
        code: format!("99{:02}{:02}", prefecture + 1, place + 2),
        city_code: format!("99{:02}00", prefecture + 1),
        city,
        district: name(&[&base, "区"]),
        lake: name(&[base.trim_end_matches('湖'), "湖"]),
        base,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn spelling_follows_the_rule_of_1984() {
        for (segments, toned, plain) in [
            (&["云汀", "大道"][..], "Yúntīng Dàdào", "Yunting Dadao"),
            (&["中和", "北路"], "Zhōnghé Běilù", "Zhonghe Beilu"),
            (&["兴业", "三", "路"], "Xīngyè 3 Lù", "Xingye 3 Lu"),
            (&["海安", "路"], "Hǎi'ān Lù", "Hai'an Lu"),
            (&["三八", "路"], "Sānbā Lù", "Sanba Lu"),
            (&["上苇塘"], "Shàngwěitáng", "Shangweitang"),
        ] {
            let name = name(segments);
            assert_eq!((name.pinyin.as_str(), name.plain.as_str()), (toned, plain));
        }
    }

    #[test]
    fn every_character_of_the_word_lists_has_a_reading() {
        for word in Theme::ALL.iter().flat_map(|theme| theme.words()) {
            assert!(word.chars().all(|c| c.to_pinyin().is_some()), "{word}");
        }
    }

    #[test]
    fn no_two_districts_share_a_code_or_a_name() {
        let all: Vec<Identity> = (0..MAX_DISTRICTS).map(identity).collect();
        assert_eq!(all.iter().map(|one| &one.code).collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all.iter().map(|one| &one.district).collect::<HashSet<_>>().len(), all.len());
        assert!(all.iter().all(|one| one.code.len() == 6));
    }

    #[test]
    fn no_word_is_given_twice() {
        let mut words = Words::new(&mut Dice::new(1, 0, 9));
        let given: Vec<String> = (0..70).map(|_| words.next(Theme::Plants)).collect();
        assert_eq!(given.iter().collect::<HashSet<_>>().len(), given.len());
    }
}
