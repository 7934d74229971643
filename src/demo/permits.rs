//! Planning permits in all states. They keep the plan to the letter, but for the cases of `breaches`.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::dice::Dice;
use super::district::District;
use super::emit::round;
use super::land::Zone;
use super::shape::{Point, Ring};
use super::site::Site;
use super::uses::Form;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 建设项目用地预审与选址意见书
    Siting,
    /// 建设用地规划许可证
    Land,
    /// 建设工程规划许可证
    Building,
    /// 乡村建设规划许可证
    Rural,
    /// 规划条件核实合格证
    Verified,
}

impl Kind {
    pub fn title(self) -> &'static str {
        match self {
            Kind::Siting => "建设项目用地预审与选址意见书",
            Kind::Land => "建设用地规划许可证",
            Kind::Building => "建设工程规划许可证",
            Kind::Rural => "乡村建设规划许可证",
            Kind::Verified => "规划条件核实合格证",
        }
    }

    fn letters(self) -> (&'static str, &'static str) {
        match self {
            Kind::Siting => ("用", "XS"),
            Kind::Land => ("地", "YG"),
            Kind::Building => ("建", "GG"),
            Kind::Rural => ("乡", "XG"),
            Kind::Verified => ("核", "HS"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Case {
    pub kind: Kind,
    pub case_no: String,
    pub certificate_no: Option<String>,
    pub name: String,
    pub status: &'static str,
    pub applicant: String,
    pub applied_on: Option<NaiveDate>,
    pub decided_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub use_code: Option<&'static str>,
    pub site_area_m2: Option<f64>,
    pub floor_area_m2: Option<f64>,
    pub density_pct: Option<f64>,
    pub green_pct: Option<f64>,
    pub height_m: Option<f64>,
    /// Which parcel it speaks of, where it speaks of one.
    pub parcel: Option<usize>,
    /// On the board; `None`: the file gives no position.
    pub at: Option<[f64; 2]>,
    pub point: Option<Point>,
    pub footprints: Vec<(&'static str, Ring)>,
    /// The rules it breaks on purpose, and why.
    pub breaks: Vec<&'static str>,
    pub why: [String; 2],
}

impl Case {
    pub fn far(&self) -> Option<f64> {
        Some(self.floor_area_m2? / self.site_area_m2?)
    }

    pub fn status_text(&self) -> &'static str {
        match self.status {
            "applied" => "已受理",
            "approved" => "已发证",
            "building" => "在建",
            "built" => "已竣工",
            "lapsed" => "逾期失效",
            "withdrawn" => "申请人撤回",
            "refused" => "不予许可",
            "superseded" => "已换证",
            "breach" => "违法在查",
            _ => "档案缺失",
        }
    }

    pub fn stage(&self) -> &'static str {
        match self.status {
            "applied" => "审查",
            "approved" => "批后公布",
            "building" => "施工",
            "built" => "核实",
            "breach" => "查处",
            _ => "办结",
        }
    }
}

pub const FIRMS: [&str; 14] =
    ["锦澜", "翠屏", "云岫", "禾润", "霁光", "青筠", "映川", "砚田", "沐野", "荷田", "松庭", "溪石", "竹里", "棠舍"];

/// What `site` would be asked to comply with, filled with what it has.
pub fn building_case(d: &District, site: &Site, dice: &mut Dice) -> Case {
    let zone = zone_of(d, site);
    let density = site.density_pct();
    let least_green = zone.land.green_min_pct.unwrap_or(0.0);
    let at = d.land.parcels[site.parcel].rect.centre();
    Case {
        kind: Kind::Building,
        case_no: String::new(),
        certificate_no: None,
        name: String::new(),
        status: "approved",
        applicant: format!(
            "{}{}{}有限公司",
            d.identity.city.zh.trim_end_matches('市'),
            dice.pick(&FIRMS),
            dice.pick(&["置业", "建设", "实业"])
        ),
        applied_on: None,
        decided_on: None,
        expires_on: None,
        use_code: Some(zone.land.code),
        site_area_m2: Some(round(site.area_m2, 2)),
        floor_area_m2: Some(round(site.far() * site.area_m2, 2)),
        density_pct: Some(round(density, 2)),
        green_pct: Some(round((least_green + dice.unit() * 4.0).min(100.0 - density), 1)),
        height_m: site.buildings.iter().map(|building| building.height_m).reduce(f64::max),
        parcel: Some(site.parcel),
        at: Some(at),
        point: Some(d.warp.at(at[0], at[1])),
        footprints: site.buildings.iter().map(|building| ("building", building.ring.clone())).collect(),
        breaks: Vec::new(),
        why: [String::new(), String::new()],
    }
}

/// The land permit of the same site.
pub fn land_case(d: &District, site: &Site, dice: &mut Dice) -> Case {
    Case {
        kind: Kind::Land,
        floor_area_m2: None,
        density_pct: None,
        green_pct: None,
        height_m: None,
        footprints: vec![("parcel", site.ring.clone())],
        ..building_case(d, site, dice)
    }
}

pub fn zone_of<'a>(d: &'a District, site: &Site) -> &'a Zone {
    &d.land.zones[d.land.parcels[site.parcel].zone]
}

/// Whether an ordinary permit may speak of this site: built up by rule, inside the urban boundary, and touched by no line.
pub fn is_ordinary(d: &District, site: &Site) -> bool {
    let (zone, rect) = (zone_of(d, site), d.land.parcels[site.parcel].rect);
    let land = zone.land;
    !site.buildings.is_empty()
        && !matches!(land.form, Form::Street | Form::House | Form::Open)
        && !matches!(land.code.get(..2), Some("12" | "13"))
        && land.code != "0704"
        && land.far_min.is_none_or(|least| site.far() >= least + 0.02)
        && d.controls.guards.iter().all(|(_, guard)| guard.shared(&rect).is_none())
        && d.controls.core.grown(100).shared(&rect).is_none()
}

/// All cases of the district: the lawful ones, then the given breaches, with numbers in the order of their dates.
pub fn permits(d: &District, breaches: Vec<Case>, taken: &[usize], dice: &mut Dice) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut rare = ["lapsed", "withdrawn", "refused", "superseded", "unknown"].repeat(6);
    for site in d.sites.iter().filter(|site| !taken.contains(&site.parcel)) {
        let land = zone_of(d, site).land;
        if land.form == Form::House && !site.buildings.is_empty() && (site.planned || dice.chance(0.012)) {
            let status = if site.planned { dice.pick(&["applied", "approved", "building"]) } else { "built" };
            let applicant = format!("村民{}某", dice.pick(&["赵", "钱", "孙", "李", "周", "吴", "郑", "王"]));
            let mut case = Case { kind: Kind::Rural, applicant, ..building_case(d, site, dice) };
            date(&mut case, status, dice);
            cases.push(case);
            continue;
        }
        if matches!(land.code, "1301" | "1303" | "120802") && !site.planned && !guarded(d, site) && dice.chance(0.6) {
            let mut case = Case { kind: Kind::Siting, ..land_case(d, site, dice) };
            date(&mut case, "approved", dice);
            cases.push(case);
        }
        if !is_ordinary(d, site) {
            continue;
        }
        if site.planned {
            let status = dice.pick(&["applied", "approved", "building", "building"]);
            pair(d, site, status, dice, &mut cases);
        } else if dice.chance(0.16) {
            pair(d, site, "built", dice, &mut cases);
        } else if dice.chance(0.25)
            && let Some(status) = rare.pop()
        {
            let mut case = building_case(d, site, dice);
            date(&mut case, status, dice);
            if matches!(status, "unknown" | "withdrawn") {
                case.footprints.clear();
            }
            if status == "unknown" {
                // An old paper file: what it was about, and nowhere where.
                case = Case {
                    at: None,
                    point: None,
                    parcel: None,
                    site_area_m2: None,
                    floor_area_m2: None,
                    density_pct: None,
                    green_pct: None,
                    height_m: None,
                    ..case
                };
            }
            cases.push(case);
        }
    }
    cases.extend(breaches);
    number(d, &mut cases);
    cases
}

fn guarded(d: &District, site: &Site) -> bool {
    let rect = d.land.parcels[site.parcel].rect;
    d.controls.guards.iter().any(|(_, guard)| guard.shared(&rect).is_some())
}

fn pair(d: &District, site: &Site, status: &'static str, dice: &mut Dice, cases: &mut Vec<Case>) {
    let mut building = building_case(d, site, dice);
    date(&mut building, status, dice);
    let mut land = Case { applicant: building.applicant.clone(), ..land_case(d, site, dice) };
    let before = Days::new(dice.range(150, 320) as u64);
    land.applied_on = building.applied_on.and_then(|day| day.checked_sub_days(before)).map(workday);
    land.decided_on = land.applied_on.and_then(|day| day.checked_add_days(Days::new(18))).map(workday);
    land.status = if status == "built" { "built" } else { "approved" };
    if status == "built" && dice.chance(0.4) {
        let mut verified = Case { kind: Kind::Verified, ..building.clone() };
        verified.applied_on = building.decided_on.and_then(|day| day.checked_add_days(Days::new(700))).map(workday);
        verified.decided_on = verified.applied_on.and_then(|day| day.checked_add_days(Days::new(14))).map(workday);
        verified.expires_on = None;
        cases.push(verified);
    }
    cases.extend([land, building]);
}

/// Sets the status and dates that go with it, as on 22 November 2026.
pub fn date(case: &mut Case, status: &'static str, dice: &mut Dice) {
    let first = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    let (start, days) = match status {
        "applied" => (first(2026, 10, 12), 30),
        "approved" => (first(2026, 1, 5), 240),
        "building" | "breach" => (first(2024, 3, 1), 560),
        "unknown" => (first(1996, 3, 1), 2500),
        "refused" | "withdrawn" => (first(2021, 3, 1), 1700),
        _ => (first(2019, 4, 1), 1500),
    };
    let day = start.checked_add_days(Days::new(dice.range(0, days) as u64)).map(workday);
    case.status = status;
    case.applied_on = day.filter(|_| status != "unknown");
    case.decided_on = match status {
        "applied" | "withdrawn" => None,
        "unknown" => day,
        _ => day.and_then(|day| day.checked_add_days(Days::new(dice.range(12, 28) as u64))).map(workday),
    };
    let granted = !matches!(status, "refused" | "unknown") && matches!(case.kind, Kind::Building | Kind::Rural);
    case.expires_on = case.decided_on.filter(|_| granted).and_then(|day| day.checked_add_days(Days::new(365)));
}

fn workday(day: NaiveDate) -> NaiveDate {
    let more = match day.weekday() {
        Weekday::Sat => 2,
        Weekday::Sun => 1,
        _ => 0,
    };
    day.checked_add_days(Days::new(more)).unwrap_or(day)
}

/// Case numbers by day of application, certificate numbers by kind, year and day of decision. Until 11 September 2024 a
/// certificate carries 15 digits, since then the 19 characters of the supervision number.
fn number(d: &District, cases: &mut [Case]) {
    let code = &d.identity.code;
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|&place| (cases[place].applied_on.or(cases[place].decided_on), place));
    let mut serials = std::collections::BTreeMap::new();
    for &place in &order {
        let case = &mut cases[place];
        let year = case.applied_on.or(case.decided_on).map_or(0, |day| day.year());
        let serial = serials.entry((None, year)).and_modify(|serial| *serial += 1).or_insert(1);
        case.case_no = format!("{code}-{year}-{serial:04}");
        let project = case.use_code.map_or("", super::emit::project_of);
        case.name =
            format!("{}{project}{}", case.applicant.trim_end_matches("有限公司"), if case.kind == Kind::Land { "用地" } else { "工程" });
    }
    order.sort_by_key(|&place| (cases[place].decided_on, place));
    let new_rule = NaiveDate::from_ymd_opt(2024, 9, 12).unwrap_or_default();
    for &place in &order {
        let case = &mut cases[place];
        let Some(day) = case.decided_on.filter(|_| !matches!(case.status, "refused" | "unknown")) else { continue };
        let serial = serials.entry((Some(case.kind), day.year())).and_modify(|serial| *serial += 1).or_insert(1);
        let (character, letters) = case.kind.letters();
        case.certificate_no = Some(if day < new_rule {
            format!("{character}字第{code}{}{serial:05}号", day.year())
        } else {
            format!("{code}{}{letters}{serial:07}", day.year())
        });
    }
}
