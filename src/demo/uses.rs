//! The land uses of the demo plan: codes of the 2023 classification (国土空间调查、规划、用途管制用地用海分类指南) and the
//! indicators a plan gives them. The limits are this fictional city's own, chosen in the usual ranges.

/// How a plot of this use is built up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing stands here.
    Open,
    /// Rows of slabs, 5 to 7 storeys.
    Rows,
    /// Slabs of 11 to 18 storeys.
    Slabs,
    /// Towers of 24 to 33 storeys.
    Towers,
    /// Old street houses of 2 to 3 storeys.
    Street,
    /// Podium with towers.
    Podium,
    /// Halls.
    Halls,
    /// School, hospital, office wings around a court.
    Wings,
    /// One low house of services.
    Pavilion,
    /// A village house on each plot.
    House,
}

#[derive(Debug, PartialEq)]
pub struct Use {
    pub code: &'static str,
    pub name: &'static str,
    pub class: &'static str,
    pub far_max: Option<f64>,
    pub far_min: Option<f64>,
    pub density_max_pct: Option<f64>,
    pub green_min_pct: Option<f64>,
    pub height_max_m: Option<f64>,
    /// Least distance of a building from the border of its plot.
    pub setback_m: f64,
    pub form: Form,
}

const fn open(code: &'static str, name: &'static str, class: &'static str) -> Use {
    Use {
        code,
        name,
        class,
        far_max: None,
        far_min: None,
        density_max_pct: None,
        green_min_pct: None,
        height_max_m: None,
        setback_m: 5.0,
        form: Form::Open,
    }
}

const fn built(
    (code, name, class, form): (&'static str, &'static str, &'static str, Form),
    far_max: f64,
    density: f64,
    green: f64,
    height: f64,
    setback_m: f64,
) -> Use {
    Use {
        code,
        name,
        class,
        far_max: Some(far_max),
        far_min: None,
        density_max_pct: Some(density),
        green_min_pct: Some(green),
        height_max_m: Some(height),
        setback_m,
        form,
    }
}

pub static HOUSING_ROWS: Use = built(("070102", "二类城镇住宅用地", "residential", Form::Rows), 1.8, 30.0, 35.0, 24.0, 5.0);
pub static HOUSING_SLABS: Use = built(("070102", "二类城镇住宅用地", "residential", Form::Slabs), 2.4, 25.0, 35.0, 54.0, 6.0);
pub static HOUSING_TOWERS: Use = built(("070102", "二类城镇住宅用地", "residential", Form::Towers), 3.0, 22.0, 35.0, 100.0, 8.0);
pub static HOUSING_OLD: Use = built(("070102", "二类城镇住宅用地", "residential", Form::Street), 2.0, 65.0, 10.0, 12.0, 1.0);
pub static COMMUNITY: Use = built(("0702", "城镇社区服务设施用地", "residential", Form::Pavilion), 1.5, 40.0, 30.0, 18.0, 4.0);
pub static HOMESTEAD: Use = built(("070301", "一类农村宅基地", "residential", Form::House), 2.0, 70.0, 10.0, 12.0, 0.5);
pub static RURAL_SERVICE: Use = built(("0704", "农村社区服务设施用地", "residential", Form::Pavilion), 1.0, 35.0, 30.0, 12.0, 3.0);
pub static OFFICES: Use = built(("0801", "机关团体用地", "public", Form::Wings), 2.0, 35.0, 30.0, 36.0, 6.0);
pub static RESEARCH: Use = built(("0802", "科研用地", "public", Form::Wings), 2.0, 35.0, 30.0, 45.0, 6.0);
pub static LIBRARY: Use = built(("080301", "图书与展览用地", "public", Form::Pavilion), 1.5, 40.0, 30.0, 30.0, 6.0);
pub static CULTURE: Use = built(("080302", "文化活动用地", "public", Form::Pavilion), 1.5, 40.0, 30.0, 30.0, 6.0);
pub static COLLEGE: Use = built(("080401", "高等教育用地", "public", Form::Wings), 1.2, 28.0, 40.0, 45.0, 8.0);
pub static SCHOOL: Use = built(("080403", "中小学用地", "public", Form::Wings), 0.9, 30.0, 35.0, 24.0, 6.0);
pub static KINDERGARTEN: Use = built(("080404", "幼儿园用地", "public", Form::Pavilion), 0.8, 30.0, 35.0, 15.0, 4.0);
pub static SPORT: Use = built(("080501", "体育场馆用地", "public", Form::Pavilion), 0.8, 35.0, 35.0, 30.0, 8.0);
pub static HOSPITAL: Use = built(("080601", "医院用地", "public", Form::Wings), 2.2, 35.0, 35.0, 60.0, 8.0);
pub static ELDERLY: Use = built(("080701", "老年人社会福利用地", "public", Form::Wings), 1.6, 35.0, 35.0, 24.0, 5.0);
pub static SHOPS: Use = built(("090101", "零售商业用地", "commercial", Form::Podium), 2.5, 50.0, 20.0, 50.0, 5.0);
pub static SHOPS_OLD: Use = built(("090101", "零售商业用地", "commercial", Form::Street), 2.2, 70.0, 8.0, 12.0, 1.0);
pub static HOTEL: Use = built(("090104", "旅馆用地", "commercial", Form::Podium), 3.0, 45.0, 25.0, 80.0, 5.0);
pub static BUSINESS: Use = built(("0902", "商务金融用地", "commercial", Form::Podium), 5.0, 50.0, 20.0, 150.0, 5.0);
pub static INDUSTRY_1: Use =
    Use { far_min: Some(0.7), ..built(("100101", "一类工业用地", "industry", Form::Halls), 2.0, 60.0, 10.0, 24.0, 6.0) };
pub static INDUSTRY_2: Use =
    Use { far_min: Some(0.7), ..built(("100102", "二类工业用地", "industry", Form::Halls), 1.8, 60.0, 10.0, 24.0, 6.0) };
pub static LOGISTICS: Use = built(("110101", "一类物流仓储用地", "storage", Form::Halls), 1.5, 60.0, 10.0, 24.0, 6.0);
pub static RAILWAY: Use = open("1201", "铁路用地", "transport");
pub static ROAD: Use = open("1207", "城镇村道路用地", "transport");
pub static STATION: Use = built(("120801", "对外交通场站用地", "transport", Form::Pavilion), 1.0, 40.0, 20.0, 30.0, 6.0);
pub static BUS: Use = built(("120802", "公共交通场站用地", "transport", Form::Pavilion), 0.8, 40.0, 20.0, 15.0, 5.0);
pub static WATERWORKS: Use = built(("1301", "供水用地", "utilities", Form::Pavilion), 0.6, 40.0, 30.0, 18.0, 5.0);
pub static SEWAGE: Use = built(("1302", "排水用地", "utilities", Form::Pavilion), 0.6, 40.0, 30.0, 18.0, 5.0);
pub static POWER: Use = built(("1303", "供电用地", "utilities", Form::Pavilion), 0.6, 40.0, 20.0, 18.0, 5.0);
pub static FIRE: Use = built(("1310", "消防用地", "utilities", Form::Pavilion), 1.0, 40.0, 25.0, 24.0, 4.0);
pub static PARK: Use = open("1401", "公园绿地", "green");
pub static BUFFER: Use = open("1402", "防护绿地", "green");
pub static SQUARE: Use = open("1403", "广场用地", "green");
pub static TEMPLE: Use = built(("1503", "宗教用地", "special", Form::Street), 1.0, 45.0, 30.0, 12.0, 1.0);
pub static MONUMENT: Use = open("1504", "文物古迹用地", "special");
pub static RESERVED: Use = open("16", "留白用地", "reserved");
pub static RIVER: Use = open("1701", "河流水面", "water");
pub static LAKE: Use = open("1702", "湖泊水面", "water");
pub static POND: Use = open("1704", "坑塘水面", "water");
pub static PADDY: Use = open("0101", "水田", "farmland");
pub static DRY_FIELD: Use = open("0103", "旱地", "farmland");
pub static ORCHARD: Use = open("0201", "果园", "farmland");
pub static FOREST: Use = open("0301", "乔木林地", "green");
pub static RURAL_ROAD: Use = open("060101", "村道用地", "transport");
