//! The permits that break a rule on purpose, one for each rule, so that a check has something to find. Each breaks exactly the
//! rules it lists.

use super::dice::Dice;
use super::district::District;
use super::land::{Face, Zone};
use super::mesh::Rect;
use super::permits::{Case, Kind, building_case, date, is_ordinary, land_case, zone_of};
use super::shape::{Ring, area_m2, clearance_m};
use super::site::{Building, Site};
use super::uses::Use;

/// The cases, and the parcels that they take: nothing is built there and no other permit speaks of them.
pub fn breaches(d: &District, dice: &mut Dice) -> (Vec<Case>, Vec<usize>) {
    let mut work = Work { d, dice, cases: Vec::new(), taken: Vec::new() };
    work.indicators();
    work.lines();
    work.outside();
    work.parcels();
    (work.cases, work.taken)
}

struct Work<'a> {
    d: &'a District,
    dice: &'a mut Dice,
    cases: Vec<Case>,
    taken: Vec<usize>,
}

impl Work<'_> {
    fn site(&mut self, fits: impl Fn(&District, &Site) -> bool) -> Option<Site> {
        let d = self.d;
        let site = d.sites.iter().find(|site| !self.taken.contains(&site.parcel) && fits(d, site))?.clone();
        self.taken.push(site.parcel);
        Some(site)
    }

    fn ordinary(&mut self, land: &'static Use, fits: impl Fn(&Site) -> bool) -> Option<Site> {
        self.site(|d, site| std::ptr::eq(zone_of(d, site).land, land) && is_ordinary(d, site) && fits(site))
    }

    fn add(&mut self, mut case: Case, status: &'static str, breaks: &[&'static str], why: [String; 2]) {
        date(&mut case, status, self.dice);
        case.breaks = breaks.to_vec();
        case.why = why;
        self.cases.push(case);
    }

    /// A lawful land permit of some years ago, for a breach to go against.
    fn earlier(&mut self, mut land: Case) {
        date(&mut land, "built", self.dice);
        land.status = "approved";
        self.cases.push(land);
    }

    /// The stated numbers are over or under the plan's.
    fn indicators(&mut self) {
        let d = self.d;
        use super::uses::{HOUSING_ROWS, HOUSING_SLABS, HOUSING_TOWERS, INDUSTRY_1, SHOPS};
        if let Some(site) = self.ordinary(&HOUSING_SLABS, |_| true) {
            let most = HOUSING_SLABS.far_max.unwrap_or_default();
            let mut case = building_case(self.d, &site, self.dice);
            case.floor_area_m2 = case.site_area_m2.map(|site_m2| super::emit::round((most + 0.22) * site_m2, 2));
            let why = [format!("容积率 {:.2},上限 {most}", most + 0.22), format!("floor-area ratio {:.2}, at most {most}", most + 0.22)];
            self.add(case, "applied", &["far_max"], why);
        }
        if let Some(site) = self.ordinary(&HOUSING_TOWERS, |_| true) {
            let most = HOUSING_TOWERS.height_max_m.unwrap_or_default();
            let mut case = building_case(self.d, &site, self.dice);
            case.height_m = Some(most + 8.4);
            let why = [format!("建筑高度 {:.1} m,限高 {most} m", most + 8.4), format!("height {:.1} m, at most {most} m", most + 8.4)];
            self.add(case, "breach", &["height_max"], why);
        }
        if let Some(mut site) = self.ordinary(&SHOPS, |site| is_roomy(d, site)) {
            let most = SHOPS.density_max_pct.unwrap_or_default();
            site.buildings = vec![Building { ring: self.shrunk(&site, 0.755), levels: 3, height_m: 13.5 }];
            let case = building_case(self.d, &site, self.dice);
            let density = site.density_pct();
            let why = [format!("建筑密度 {density:.1}%,上限 {most}%"), format!("building coverage {density:.1} %, at most {most} %")];
            let green = Case { green_pct: Some(21.0), ..case };
            self.add(green, "approved", &["density_max"], why);
        }
        if let Some(site) = self.ordinary(&HOUSING_ROWS, |_| true) {
            let least = HOUSING_ROWS.green_min_pct.unwrap_or_default();
            let mut case = building_case(self.d, &site, self.dice);
            case.green_pct = Some(least - 6.5);
            let why =
                [format!("绿地率 {:.1}%,下限 {least}%", least - 6.5), format!("green ratio {:.1} %, at least {least} %", least - 6.5)];
            self.add(case, "approved", &["green_min"], why);
        }
        if let Some(site) = self.ordinary(&HOUSING_ROWS, |_| true) {
            let mut case = building_case(self.d, &site, self.dice);
            case.use_code = Some("0902");
            let why =
                ["规划为 070102 住宅,申请商务金融 0902".to_owned(), "the plan says housing (070102), the case offices (0902)".to_owned()];
            self.add(case, "applied", &["use"], why);
        }
        if let Some(mut site) = self.ordinary(&INDUSTRY_1, |site| site.buildings.len() > 1) {
            site.buildings.truncate(1);
            site.buildings[0].levels = 1;
            site.buildings[0].height_m = 9.0;
            let (far, least) = (site.far(), INDUSTRY_1.far_min.unwrap_or_default());
            let case = building_case(self.d, &site, self.dice);
            let why = [format!("工业用地容积率 {far:.2},下限 {least}"), format!("industrial floor-area ratio {far:.2}, at least {least}")];
            self.add(case, "approved", &["far_min"], why);
        }
    }

    /// A building inside its plot and past its setback, but on a line that reaches into the plot.
    fn lines(&mut self) {
        for (kind, status, why) in [
            ("blue_line", "building", ["占压河道蓝线", "stands on the river's blue line"]),
            ("green_line", "approved", ["占压环城绿带绿线", "stands on the green line of the ring belt"]),
            ("road_red_line", "applied", ["占压大道规划拓宽道路红线", "stands on the red line of the planned widening of the avenue"]),
        ] {
            let guards = self.d.controls.guards.clone();
            let lines_on =
                |rect: &Rect| guards.iter().filter(|(_, guard)| guard.shared(rect).is_some()).map(|(kind, _)| *kind).collect::<Vec<_>>();
            // The building with which the case would stand on the line, where the plot has room for it past the setback.
            let on_line = |d: &District, site: &Site| {
                let (rect, setback_m) = (d.land.parcels[site.parcel].rect, zone_of(d, site).land.setback_m);
                let strip = guards.iter().find_map(|(known, guard)| (*known == kind).then(|| guard.shared(&rect)).flatten())?;
                // The board is drawn up to a sixth smaller on the ground.
                let near = ((setback_m + 0.5) * 1.2).ceil() as i32;
                let ring = d.mesh.rect(&d.warp, &at_side(&rect, &strip, near, near + 14, 34));
                (clearance_m(&ring, &site.ring) > setback_m + 0.1).then_some(ring)
            };
            let found = self.site(|d, site| {
                let (code, rect) = (zone_of(d, site).land.code, d.land.parcels[site.parcel].rect);
                let usual = code == "070102" || code.starts_with("0901");
                usual && is_roomy(d, site) && lines_on(&rect) == [kind] && on_line(d, site).is_some()
            });
            let Some(mut site) = found else { continue };
            let Some(ring) = on_line(self.d, &site) else { continue };
            site.buildings = vec![Building { ring, levels: 4, height_m: 13.2 }];
            let case = building_case(self.d, &site, self.dice);
            self.add(case, status, &[kind], why.map(str::to_owned));
        }
        let core = self.d.controls.core;
        if let Some(site) = self.site(|d, site| {
            let rect = d.land.parcels[site.parcel].rect;
            core.shared(&rect) == Some(rect) && !site.buildings.is_empty() && zone_of(d, site).land.code == "070102"
        }) {
            let case = building_case(self.d, &site, self.dice);
            let why = ["在历史文化街区核心保护范围内新建", "a new building in the strict part of the historic quarter"].map(str::to_owned);
            self.add(case, "applied", &["purple_line"], why);
        }
        if let Some(site) = self.site(|d, site| {
            zone_of(d, site).land.code.starts_with("13")
                && !site.buildings.is_empty()
                && d.controls.guards.iter().all(|(_, guard)| guard.shared(&d.land.parcels[site.parcel].rect).is_none())
        }) {
            let mut case = building_case(self.d, &site, self.dice);
            case.use_code = Some("090101");
            let why = ["在黄线内的市政设施用地上建商业", "shops on utility land inside a yellow line"].map(str::to_owned);
            self.add(case, "approved", &["yellow_line", "use"], why);
        }
    }

    /// Buildings where the plan has none.
    fn outside(&mut self) {
        let d = self.d;
        let field = d.land.farmland.first().copied();
        let forest = self.zone(|zone| zone.land.code == "0301", &[]);
        let open = self.zone(|zone| matches!(zone.land.code, "0101" | "0103" | "0201"), &d.land.farmland);
        for (ground, half, kind, code, breaks, status, why) in [
            (
                field,
                [6, 5],
                Kind::Rural,
                "070301",
                &["farmland", "use"],
                "building",
                ["在永久基本农田上建住宅", "a house on permanent farmland"],
            ),
            (
                forest,
                [12, 8],
                Kind::Rural,
                "090104",
                &["ecology", "use"],
                "applied",
                ["在生态保护红线内建民宿", "a guest house inside the ecological red line"],
            ),
            (
                open,
                [18, 12],
                Kind::Building,
                "090101",
                &["urban_boundary", "use"],
                "breach",
                ["在城镇开发边界外建商场", "a shopping hall outside the urban boundary"],
            ),
        ] {
            let Some(ground) = ground else { continue };
            let [u, v] = ground.centre().map(|place| place as i32);
            let rect = Rect::new(u - half[0], v - half[1], u + half[0], v + half[1]);
            let ring = d.mesh.rect(&d.warp, &rect);
            let footprint_m2 = area_m2(std::slice::from_ref(&ring));
            let at = rect.centre();
            // Any site lends its form; everything that speaks of its parcel is replaced.
            let Some(lender) = d.sites.iter().find(|site| !site.buildings.is_empty()) else { continue };
            let case = Case {
                kind,
                use_code: Some(code),
                site_area_m2: None,
                floor_area_m2: Some(super::emit::round(2.0 * footprint_m2, 2)),
                density_pct: None,
                green_pct: None,
                height_m: Some(7.2),
                parcel: None,
                at: Some(at),
                point: Some(d.warp.at(at[0], at[1])),
                footprints: vec![("building", ring)],
                ..building_case(d, lender, self.dice)
            };
            self.add(case, status, breaks, why.map(str::to_owned));
        }
    }

    fn zone(&self, fits: impl Fn(&Zone) -> bool, not_on: &[Rect]) -> Option<Rect> {
        self.d.land.zones.iter().filter(|zone| fits(zone)).find_map(|zone| match &zone.face {
            Face::Rect(rect, _) if rect.width() > 60 && rect.height() > 60 && not_on.iter().all(|other| other.shared(rect).is_none()) => {
                Some(*rect)
            }
            _ => None,
        })
    }

    /// Buildings too near or past the border, and land given twice.
    fn parcels(&mut self) {
        use super::uses::{HOUSING_ROWS, SHOPS};
        let d = self.d;
        if let Some(mut site) = self.ordinary(&SHOPS, |site| is_roomy(d, site)) {
            let rect = d.land.parcels[site.parcel].rect;
            let strip = Rect::new(rect.u0, rect.v0, rect.u1, rect.v0 + 1);
            let ring = d.mesh.rect(&d.warp, &at_side(&rect, &strip, 2, 22, 40));
            site.buildings = vec![Building { ring, levels: 4, height_m: 16.8 }];
            let case = building_case(d, &site, self.dice);
            let least = SHOPS.setback_m;
            let why = [
                format!("距用地红线约 2 m,应不小于 {least} m"),
                format!("about 2 m from the border of its plot, at least {least} m asked"),
            ];
            self.add(case, "applied", &["setback"], why);
        }
        let neighbour = |site: &Site| {
            let own = &d.land.parcels[site.parcel];
            d.land.parcels.iter().position(|other| {
                other.zone == own.zone && other.rect.u0 == own.rect.u1 && other.rect.v0 == own.rect.v0 && other.rect.v1 == own.rect.v1
            })
        };
        if let Some(mut site) = self
            .site(|d, site| zone_of(d, site).land.form != super::uses::Form::Street && is_ordinary(d, site) && neighbour(site).is_some())
        {
            self.taken.extend(neighbour(&site));
            let rect = d.land.parcels[site.parcel].rect;
            let [_, v] = rect.centre().map(|place| place as i32);
            let ring = d.mesh.rect(&d.warp, &Rect::new(rect.u1 - 20, v - 14, rect.u1 + 3, v + 14));
            site.buildings = vec![Building { ring, levels: 4, height_m: 13.2 }];
            let land = land_case(d, &site, self.dice);
            let mut case = Case { applicant: land.applicant.clone(), ..building_case(d, &site, self.dice) };
            if let Some(least) = zone_of(d, &site).land.far_min {
                case.floor_area_m2 = case.site_area_m2.map(|site_m2| super::emit::round((least + 0.1) * site_m2, 2));
            }
            self.earlier(land);
            let why = ["建筑越出用地规划许可范围约 3 m", "the building passes the land of its land permit by about 3 m"].map(str::to_owned);
            self.add(case, "breach", &["beyond_parcel"], why);
        }
        if let Some(site) = self.ordinary(&HOUSING_ROWS, |_| true) {
            let first = land_case(d, &site, self.dice);
            let mut second = land_case(d, &site, self.dice);
            while second.applicant == first.applicant {
                second = land_case(d, &site, self.dice);
            }
            self.earlier(first);
            let why =
                ["同一宗地已许可给另一单位", "the same parcel is already allotted to another by an earlier land permit"].map(str::to_owned);
            self.add(second, "applied", &["double_allocation"], why);
        }
    }

    /// The plot drawn smaller by this factor around its middle.
    fn shrunk(&self, site: &Site, factor: f64) -> Ring {
        let rect = self.d.land.parcels[site.parcel].rect;
        let [u, v] = rect.centre();
        let (half_u, half_v) = (f64::from(rect.width()) * factor / 2.0, f64::from(rect.height()) * factor / 2.0);
        let at = |a: f64, b: f64| self.d.warp.at(u + a, v + b);
        vec![at(-half_u, -half_v), at(half_u, -half_v), at(half_u, half_v), at(-half_u, half_v), at(-half_u, -half_v)]
    }
}

/// Large enough for a building away from all sides.
fn is_roomy(d: &District, site: &Site) -> bool {
    let rect = d.land.parcels[site.parcel].rect;
    rect.width() > 70 && rect.height() > 70
}

/// A rectangle in `rect` from `near` to `far` metres off the side along which `strip` lies, `length` long where there is room
/// for it, near its middle.
fn at_side(rect: &Rect, strip: &Rect, near: i32, far: i32, length: i32) -> Rect {
    const FREE_M: i32 = 12;
    let [u, v] = strip.centre().map(|place| place as i32);
    let along = |low: i32, high: i32, wish: i32| {
        let half = (length / 2).min((high - low) / 2 - FREE_M).max(4);
        let (low, high) = (low + half + FREE_M, high - half - FREE_M);
        let middle = if low < high { wish.clamp(low, high) } else { i32::midpoint(low, high) };
        (middle - half, middle + half)
    };
    if strip.width() >= strip.height() {
        let (u0, u1) = along(rect.u0, rect.u1, u);
        if strip.v0 == rect.v0 {
            Rect::new(u0, rect.v0 + near, u1, rect.v0 + far)
        } else {
            Rect::new(u0, rect.v1 - far, u1, rect.v1 - near)
        }
    } else {
        let (v0, v1) = along(rect.v0, rect.v1, v);
        if strip.u0 == rect.u0 {
            Rect::new(rect.u0 + near, v0, rect.u0 + far, v1)
        } else {
            Rect::new(rect.u1 - far, v0, rect.u1 - near, v1)
        }
    }
}
