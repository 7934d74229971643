//! The layers and their typed fields. The database has a table for each with a column for each field
//! (a test compares the two); profiles name them; tiles, the inspector and exports take their titles from here.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A text in both languages of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    pub zh: &'static str,
    pub en: &'static str,
}

/// What geometries a layer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GeometryKind {
    Point,
    /// Stored as MultiLineString.
    Line,
    /// Stored as MultiPolygon.
    Polygon,
    Any,
}

/// The type of a typed field, which is also the type of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Int,
    Number,
    Date,
}

/// A typed field of a layer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    /// Kept in the snapshot in memory and written into tiles.
    pub in_tiles: bool,
    pub title: Text,
}

/// The layers of the service; the order is the order in which they are drawn, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Layer {
    /// 行政区划
    Divisions,
    /// 规划用地 (plan parcels with land use and indicators)
    Zoning,
    /// 宗地
    Parcels,
    /// 控制线与控制区
    ControlAreas,
    /// 道路
    Roads,
    /// 建筑物
    Buildings,
    /// 规划许可 (cases)
    Permits,
    /// 许可用地与建筑范围: 0 to n per case, drawn as part of `permits`
    PermitFootprints,
    /// 行政区域界线
    BoundaryLines,
    /// 界桩
    BoundaryMarkers,
    /// 地名
    PlaceNames,
    /// 门牌
    DoorPlates,
}

/// No layer has this name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no layer is called {0:?}; there are: {known}", known = Layer::ALL.map(|layer| layer.id()).join(", "))]
pub struct UnknownLayer(pub String);

const fn text(name: &'static str, in_tiles: bool, zh: &'static str, en: &'static str) -> Field {
    Field { name, kind: FieldKind::Text, in_tiles, title: Text { zh, en } }
}

const fn int(name: &'static str, in_tiles: bool, zh: &'static str, en: &'static str) -> Field {
    Field { name, kind: FieldKind::Int, in_tiles, title: Text { zh, en } }
}

const fn number(name: &'static str, in_tiles: bool, zh: &'static str, en: &'static str) -> Field {
    Field { name, kind: FieldKind::Number, in_tiles, title: Text { zh, en } }
}

const fn date(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    Field { name, kind: FieldKind::Date, in_tiles: false, title: Text { zh, en } }
}

static DIVISIONS: [Field; 3] = [
    text("code", true, "区划代码", "Division code"),
    // country, province, city, county, town, village
    text("level", true, "级别", "Level"),
    text("parent_code", false, "上级代码", "Parent code"),
];

static ZONING: [Field; 11] = [
    text("plan_code", false, "规划编号", "Plan code"),
    text("plan_name", false, "规划名称", "Plan"),
    // the code in the classification of the city, such as 070102 or C-3
    text("land_use", true, "用地代码", "Land-use code"),
    text("land_use_name", true, "用地性质", "Land use"),
    // residential, public, commercial, industry, storage, transport, utilities, green, farmland, water, reserved, special, mixed
    text("class", true, "用地大类", "Land-use class"),
    number("far_max", false, "容积率上限", "Floor-area ratio, at most"),
    number("far_min", false, "容积率下限", "Floor-area ratio, at least"),
    number("density_max_pct", false, "建筑密度上限(%)", "Building coverage, at most (%)"),
    number("green_min_pct", false, "绿地率下限(%)", "Green ratio, at least (%)"),
    number("height_max_m", false, "建筑限高(m)", "Height, at most (m)"),
    // in_force, pending, superseded
    text("status", true, "状态", "Status"),
];

static PARCELS: [Field; 3] = [
    text("code", true, "宗地代码", "Parcel code"),
    text("land_use", true, "用途", "Land use"),
    number("area_m2", false, "登记面积(m²)", "Registered area (m²)"),
];

static CONTROL_AREAS: [Field; 4] = [
    // road_red_line, green_line, blue_line, purple_line, yellow_line, farmland, ecology, urban_boundary, overlay, historic, flood, wetland, other
    text("kind", true, "类别", "Kind"),
    text("code", true, "编号", "Code"),
    text("legal_basis", false, "依据", "Legal basis"),
    text("status", true, "状态", "Status"),
];

static ROADS: [Field; 8] = [
    // expressway, trunk, arterial, collector, local, lane, service, path, rail
    text("class", true, "等级", "Class"),
    text("road_code", false, "道路代码", "Road code"),
    int("left_from", false, "左侧起号", "Left side, from"),
    int("left_to", false, "左侧止号", "Left side, to"),
    int("right_from", false, "右侧起号", "Right side, from"),
    int("right_to", false, "右侧止号", "Right side, to"),
    number("width_m", false, "红线宽度(m)", "Right-of-way width (m)"),
    number("length_m", false, "长度(m)", "Length (m)"),
];

static BUILDINGS: [Field; 5] = [
    text("use", true, "用途", "Use"),
    int("levels", true, "层数", "Storeys"),
    number("height_m", true, "高度(m)", "Height (m)"),
    number("floor_area_m2", false, "建筑面积(m²)", "Floor area (m²)"),
    text("code", false, "建筑编号", "Building code"),
];

static PERMITS: [Field; 18] = [
    text("case_no", true, "案件编号", "Case number"),
    text("certificate_no", false, "证书编号", "Certificate number"),
    text("case_type", true, "许可类型", "Type"),
    // applied, approved, building, built, lapsed, withdrawn, refused, superseded, breach, unknown
    text("status", true, "状态", "Status"),
    text("status_text", false, "来源所称状态", "Status in the source"),
    text("stage", false, "阶段", "Stage"),
    text("applicant", false, "建设单位", "Applicant"),
    text("address", false, "位置", "Address"),
    date("applied_on", "申请日期", "Applied on"),
    date("decided_on", "决定日期", "Decided on"),
    date("expires_on", "失效日期", "Expires on"),
    text("use", false, "建设用途代码", "Use"),
    number("site_area_m2", false, "用地面积(m²)", "Site area (m²)"),
    number("floor_area_m2", false, "计容建筑面积(m²)", "Counted floor area (m²)"),
    number("far", false, "容积率", "Floor-area ratio"),
    number("density_pct", false, "建筑密度(%)", "Building coverage (%)"),
    number("green_pct", false, "绿地率(%)", "Green ratio (%)"),
    number("height_m", false, "建筑高度(m)", "Height (m)"),
];

static PERMIT_FOOTPRINTS: [Field; 2] = [
    text("case_no", true, "案件编号", "Case number"),
    // parcel, building
    text("kind", true, "范围类型", "Kind"),
];

static BOUNDARY_LINES: [Field; 4] = [
    // country, province, city, county, town, village
    text("rank", true, "级别", "Rank"),
    text("left_code", false, "左侧区划代码", "Division on the left"),
    text("right_code", false, "右侧区划代码", "Division on the right"),
    text("code", false, "界线编号", "Line code"),
];

static BOUNDARY_MARKERS: [Field; 5] = [
    text("number", true, "界桩号", "Marker number"),
    // single, pair, triple
    text("kind", true, "立桩方式", "Kind"),
    text("line_code", false, "所属界线", "Boundary line"),
    text("condition", true, "状态", "Condition"),
    date("next_inspection", "下次联检", "Next joint inspection"),
];

static PLACE_NAMES: [Field; 4] = [
    // estate, building, bridge, park, square, water, mountain, island, station, school, hospital, government, village, district, other
    text("class", true, "类别", "Class"),
    text("class_code", false, "类别代码", "Class code (GB/T 18521)"),
    // standard, historical, reserved
    text("status", true, "状态", "Status"),
    text("address", false, "地址", "Address"),
];

static DOOR_PLATES: [Field; 7] = [
    text("number", true, "门牌号", "Number"),
    text("road", true, "道路", "Road"),
    text("lane", false, "巷弄", "Lane"),
    text("village", false, "村居", "Village or community"),
    text("address", false, "标准地址", "Address"),
    text("plate_kind", false, "门牌种类", "Plate kind"),
    text("postcode", false, "邮政编码", "Postcode"),
];

impl Layer {
    pub const ALL: [Layer; 12] = [
        Layer::Divisions,
        Layer::Zoning,
        Layer::Parcels,
        Layer::ControlAreas,
        Layer::Roads,
        Layer::Buildings,
        Layer::Permits,
        Layer::PermitFootprints,
        Layer::BoundaryLines,
        Layer::BoundaryMarkers,
        Layer::PlaceNames,
        Layer::DoorPlates,
    ];

    /// The layers that clients see: all but the footprints, which are part of their cases.
    pub fn public() -> impl Iterator<Item = Layer> {
        Self::ALL.into_iter().filter(|layer| *layer != Layer::PermitFootprints)
    }

    /// The id in URLs and profiles, which is also the name of its table.
    pub fn id(self) -> &'static str {
        match self {
            Layer::Divisions => "divisions",
            Layer::Zoning => "zoning",
            Layer::Parcels => "parcels",
            Layer::ControlAreas => "control_areas",
            Layer::Roads => "roads",
            Layer::Buildings => "buildings",
            Layer::Permits => "permits",
            Layer::PermitFootprints => "permit_footprints",
            Layer::BoundaryLines => "boundary_lines",
            Layer::BoundaryMarkers => "boundary_markers",
            Layer::PlaceNames => "place_names",
            Layer::DoorPlates => "door_plates",
        }
    }

    pub fn title(self) -> Text {
        let (zh, en) = match self {
            Layer::Divisions => ("行政区划", "Divisions"),
            Layer::Zoning => ("规划用地", "Zoning"),
            Layer::Parcels => ("宗地", "Parcels"),
            Layer::ControlAreas => ("控制线与控制区", "Control areas"),
            Layer::Roads => ("道路", "Roads"),
            Layer::Buildings => ("建筑物", "Buildings"),
            Layer::Permits => ("规划许可", "Planning permits"),
            Layer::PermitFootprints => ("许可范围", "Permit footprints"),
            Layer::BoundaryLines => ("界线", "Boundary lines"),
            Layer::BoundaryMarkers => ("界桩", "Boundary markers"),
            Layer::PlaceNames => ("地名", "Place names"),
            Layer::DoorPlates => ("门牌", "Door plates"),
        };
        Text { zh, en }
    }

    pub fn geometry(self) -> GeometryKind {
        match self {
            Layer::Divisions | Layer::Zoning | Layer::Parcels | Layer::ControlAreas | Layer::Buildings | Layer::PermitFootprints => {
                GeometryKind::Polygon
            }
            Layer::Roads | Layer::BoundaryLines => GeometryKind::Line,
            Layer::BoundaryMarkers | Layer::DoorPlates => GeometryKind::Point,
            Layer::Permits | Layer::PlaceNames => GeometryKind::Any,
        }
    }

    /// Whether a feature without a position is kept ("located by road only") instead of refused.
    pub fn may_lack_position(self) -> bool {
        matches!(self, Layer::DoorPlates | Layer::Permits | Layer::PlaceNames)
    }

    pub fn fields(self) -> &'static [Field] {
        match self {
            Layer::Divisions => &DIVISIONS,
            Layer::Zoning => &ZONING,
            Layer::Parcels => &PARCELS,
            Layer::ControlAreas => &CONTROL_AREAS,
            Layer::Roads => &ROADS,
            Layer::Buildings => &BUILDINGS,
            Layer::Permits => &PERMITS,
            Layer::PermitFootprints => &PERMIT_FOOTPRINTS,
            Layer::BoundaryLines => &BOUNDARY_LINES,
            Layer::BoundaryMarkers => &BOUNDARY_MARKERS,
            Layer::PlaceNames => &PLACE_NAMES,
            Layer::DoorPlates => &DOOR_PLATES,
        }
    }

    pub fn field_index(self, name: &str) -> Option<usize> {
        self.fields().iter().position(|field| field.name == name)
    }

    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Layer {
    type Err = UnknownLayer;

    fn from_str(text: &str) -> Result<Self, UnknownLayer> {
        Self::ALL.into_iter().find(|layer| layer.id() == text).ok_or_else(|| UnknownLayer(text.to_owned()))
    }
}

impl Serialize for Layer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
