//! Place names other than roads and divisions: estates, buildings, parks, bridges, waters, the hill, schools, stations.

use std::collections::HashSet;

use super::dice::Dice;
use super::district::District;
use super::land::{Face, Zone};
use super::names::{Name, Theme, name};
use super::plan::{Class, Part, RIVER_ROW};
use super::shape::{Shape, area_m2};
use super::uses::Form;

#[derive(Clone, Debug)]
pub struct Place {
    pub name: Name,
    pub class: &'static str,
    pub class_code: Option<&'static str>,
    pub status: &'static str,
    pub old_name: Option<String>,
    /// The zone that carries the name, for an estate.
    pub zone: Option<usize>,
    /// On the board; tells the address.
    pub at: [f64; 2],
    pub shape: Shape,
}

const ESTATE_FIRST: [char; 16] = ['锦', '瑞', '馨', '雅', '怡', '逸', '颐', '芳', '翠', '碧', '霁', '月', '星', '晨', '映', '清'];
const ESTATE_SECOND: [char; 16] = ['澜', '景', '岚', '溪', '桐', '枫', '棠', '荷', '桂', '竹', '松', '梅', '霖', '霞', '晖', '泉'];

pub fn places(d: &District, dice: &mut Dice) -> Vec<Place> {
    let mut draft = Draft { d, places: Vec::new(), taken: HashSet::new() };
    draft.nature();
    draft.bridges();
    draft.estates(dice);
    draft.zones();
    draft.towers(dice);
    draft.villages(dice);
    draft.places
}

struct Draft<'a> {
    d: &'a District,
    places: Vec<Place>,
    taken: HashSet<String>,
}

impl Draft<'_> {
    /// Adds the place unless its name is taken.
    fn add(
        &mut self,
        segments: &[&str],
        class: &'static str,
        class_code: Option<&'static str>,
        at: [f64; 2],
        shape: Option<Shape>,
    ) -> bool {
        let name = name(segments);
        if !self.taken.insert(name.zh.clone()) {
            return false;
        }
        let shape = shape.unwrap_or_else(|| Shape::Point(self.d.warp.at(at[0], at[1])));
        self.places.push(Place { name, class, class_code, status: "standard", old_name: None, zone: None, at, shape });
        true
    }

    fn nature(&mut self) {
        let d = self.d;
        let city = d.identity.city.zh.trim_end_matches('市');
        let (us, river) = (&d.plan.us, d.divisions.river_v);
        let line = d.mesh.line(&d.warp, &[[us[0], river], [us[9], river]]);
        self.add(&[city, "河"], "water", Some("12100"), [0.0, f64::from(river)], Some(Shape::Line(line)));
        let hill = [f64::from(us[0] + us[1]) / 2.0, f64::from(d.plan.vs[8]) - 60.0];
        self.add(&["栖鹭", "山"], "mountain", Some("13400"), hill, None);
        if let Some(lake) = &d.land.lake {
            let at = d.land.zones.iter().find(|zone| zone.part == Part::LakePark).map_or([0.0; 2], centre);
            let reversed = lake.island.iter().rev().copied().collect();
            let specific = d.identity.lake.zh.trim_end_matches('湖').to_owned();
            self.add(&[&specific, "湖"], "water", Some("12200"), at, Some(Shape::Polygon(vec![lake.shore.clone(), reversed])));
            self.add(&["听鹭", "岛"], "island", None, at, Some(Shape::Polygon(vec![lake.island.clone()])));
            self.add(&[&d.identity.lake.zh, "公园"], "park", Some("25200"), [at[0], at[1] - 300.0], None);
        }
        let core = d.controls.core;
        if self.add(&["状元坊"], "other", None, core.centre(), None)
            && let Some(last) = self.places.last_mut()
        {
            last.status = "historical";
            last.old_name = Some("状元里".to_owned());
        }
        let reserved = [f64::from(us[7] + 200), f64::from(d.plan.vs[2] + 200)];
        if self.add(&["启航", "科技园"], "district", Some("21730"), reserved, None)
            && let Some(last) = self.places.last_mut()
        {
            last.status = "reserved";
        }
    }

    fn bridges(&mut self) {
        let d = self.d;
        for strip in d.plan.strips.iter().filter(|strip| strip.over_water) {
            let road = &d.plan.roads[strip.road];
            let specific = road.name.as_ref().map_or("", |name| name.zh.as_str());
            let specific = specific.trim_end_matches('路').trim_end_matches("铁");
            let line = d.mesh.line(&d.warp, &[[road.at, d.plan.vs[RIVER_ROW]], [road.at, d.plan.vs[RIVER_ROW + 1]]]);
            let generic = if road.class == Class::Rail { "铁路桥" } else { "桥" };
            let specific = specific.trim_end_matches(['北', '南']);
            self.add(
                &[specific, generic],
                "bridge",
                Some("23610"),
                [f64::from(road.at), f64::from(d.divisions.river_v)],
                Some(Shape::Line(line)),
            );
        }
    }

    fn estates(&mut self, dice: &mut Dice) {
        let d = self.d;
        let mut words: Vec<String> =
            ESTATE_FIRST.iter().flat_map(|first| ESTATE_SECOND.iter().map(move |second| [*first, *second].iter().collect())).collect();
        dice.shuffle(&mut words);
        for (place, zone) in
            d.land.zones.iter().enumerate().filter(|(_, zone)| matches!(zone.land.form, Form::Rows | Form::Slabs | Form::Towers))
        {
            let Some(word) = words.pop() else { return };
            let shape = d.shape(&zone.face);
            let area = if let Shape::Polygon(rings) = &shape { area_m2(rings) } else { 0.0 };
            // The larger words are for the larger grounds (see the generic terms of the place-name rules).
            let generic = match zone.land.form {
                _ if area >= 100_000.0 => "小区",
                Form::Rows if area >= 60_000.0 => "新村",
                Form::Towers if area >= 20_000.0 => "花园",
                _ => dice.pick(&["苑", "家园", "苑"]),
            };
            if self.add(&[&word, generic], "estate", Some("22100"), centre(zone), Some(shape))
                && let Some(last) = self.places.last_mut()
            {
                last.zone = Some(place);
            }
        }
    }

    /// Named after the road they face, as facilities are.
    fn zones(&mut self) {
        let d = self.d;
        let base = d.identity.base.clone();
        let mut count = std::collections::HashMap::new();
        for zone in &d.land.zones {
            let at = centre(zone);
            let Face::Rect(rect, _) = &zone.face else { continue };
            let road =
                zone.sides.iter().flatten().filter_map(|&road| d.plan.roads[road].name.as_ref().map(|name| (road, name))).min_by_key(
                    |(road, _)| {
                        // The smaller road has the rarer word.
                        std::cmp::Reverse(d.plan.roads[*road].class)
                    },
                );
            let word = road.map_or_else(|| base.clone(), |(_, name)| name.zh.chars().take(2).collect());
            let serial = count.entry(zone.land.code).or_insert(0usize);
            let number = |n: usize| format!("第{}", super::names::numeral(n + 1));
            let added = match zone.land.code {
                "1401" if rect.width().min(rect.height()) > 60 && zone.part != Part::River && zone.part != Part::LakePark => {
                    self.add(&[&word, "公园"], "park", Some("25200"), at, Some(d.shape(&zone.face)))
                }
                "1403" => self.add(&[&word, "广场"], "square", None, at, Some(d.shape(&zone.face))),
                "080403" if *serial < 5 => self.add(&[&base, &number(*serial), "中学"], "school", Some("27300"), at, None),
                "080403" => self.add(&[&word, "小学"], "school", Some("27300"), at, None),
                "080404" => self.add(&[&word, "幼儿园"], "school", Some("27300"), at, None),
                "080401" => {
                    let city = d.identity.city.zh.trim_end_matches('市');
                    self.add(&[city, ["理工", "师范", "工商", "艺术", "职业"][*serial % 5], "学院"], "school", Some("27300"), at, None)
                }
                "080601" => self.add(&[&base, &number(*serial), "人民", "医院"], "hospital", Some("27300"), at, None),
                "0801" if zone.part == Part::Seat => self.add(&["苇浦镇", "人民", "政府"], "government", Some("27100"), at, None),
                "0801" if *serial == 0 => self.add(&[&d.identity.district.zh, "人民", "政府"], "government", Some("27100"), at, None),
                "120801" => {
                    let city = d.identity.city.zh.trim_end_matches('市');
                    self.add(&[city, "东站"], "station", None, at, None)
                }
                "120802" => self.add(&[&word, "公交站"], "station", None, at, None),
                "080301" => self.add(&[&base, "图书馆"], "building", None, at, None),
                "080302" => self.add(&[&base, "文化馆"], "building", None, at, None),
                "080501" => self.add(&[&base, "体育馆"], "building", None, at, None),
                "1503" => self.add(&[&word, "寺"], "other", None, at, None),
                _ => false,
            };
            if added || zone.land.code == "0801" {
                *serial += 1;
            }
        }
    }

    fn towers(&mut self, dice: &mut Dice) {
        let d = self.d;
        let mut words = Theme::Trade.words().to_vec();
        dice.shuffle(&mut words);
        for site in d.sites.iter().filter(|site| !site.planned) {
            let parcel = &d.land.parcels[site.parcel];
            let Some(tallest) = site.buildings.iter().max_by(|a, b| a.levels.cmp(&b.levels)) else { continue };
            let generic = if tallest.levels >= 18 { "大厦" } else { "大楼" };
            if d.land.zones[parcel.zone].land.code == "0902" && tallest.levels >= 12 {
                let Some(word) = words.pop() else { return };
                let shape = Shape::Polygon(vec![tallest.ring.clone()]);
                self.add(&[word, generic], "building", Some("22190"), parcel.rect.centre(), Some(shape));
            }
        }
    }

    fn villages(&mut self, dice: &mut Dice) {
        let d = self.d;
        let mut words: Vec<(char, &str)> =
            Theme::Country.words().iter().flat_map(|word| ['东', '西', '上', '下'].map(move |side| (side, *word))).collect();
        dice.shuffle(&mut words);
        for rect in &d.land.villages {
            let Some((side, word)) = words.pop() else { return };
            // A natural village is one word: its generic part is not set apart.
            self.add(&[&format!("{side}{word}")], "village", Some("22200"), rect.centre(), None);
        }
    }
}

fn centre(zone: &Zone) -> [f64; 2] {
    match &zone.face {
        Face::Rect(rect, _) => rect.centre(),
        Face::Corners(corners) => corners.first().map_or([0.0; 2], |corner| corner.map(f64::from)),
        Face::Rings(_) => [0.0; 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_district_has_its_own_name_in_hanzi_and_pinyin() {
        let district = super::super::district::district(1, 0);
        let all = places(&district, &mut Dice::new(1, 0, 6));
        let names: HashSet<&str> = all.iter().map(|place| place.name.zh.as_str()).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.len() > 100, "{}", all.len());
        assert!(all.iter().all(|place| !place.name.plain.is_empty() && place.name.plain.is_ascii()), "a name without Pinyin");
    }
}
