//! The expression that both encodings become. Made only by the functions here, so that what was compared is of one kind.

use chrono::{DateTime, NaiveDate, Utc};
use geo::MapCoordsInPlace;
use geo_types::{Coord, Geometry};

use super::{Fault, Properties};

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Boolean,
    Date,
    Time,
    Geometry,
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Constant(bool),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Comparison, Scalar, Scalar),
    Between(Scalar, Scalar, Scalar),
    In(Scalar, Vec<Scalar>),
    /// The pattern has `%` for any text, `_` for one character and `\` before either to mean itself.
    Like(Scalar, Scalar),
    IsNull(String),
    Spatial(Spatial, Operand, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value or where to find it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Property(String, Kind),
    Text(String),
    Number(f64),
    Boolean(bool),
    Date(NaiveDate),
    Time(DateTime<Utc>),
    /// Without regard to upper and lower case.
    CaseFolded(Box<Scalar>),
    /// Without regard to accents.
    Unaccented(Box<Scalar>),
}

/// How two geometries lie to each other (OGC 06-103r4, 6.1.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spatial {
    Intersects,
    Disjoint,
    Equals,
    Touches,
    Within,
    Overlaps,
    Crosses,
    Contains,
}

/// One side of a spatial question: the feature's geometry, or one from the filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Feature,
    Literal(Box<Geometry<f64>>),
}

impl Comparison {
    pub(super) fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }
}

impl Spatial {
    pub(super) const ALL: [(&'static str, Spatial); 8] = [
        ("s_intersects", Spatial::Intersects),
        ("s_disjoint", Spatial::Disjoint),
        ("s_equals", Spatial::Equals),
        ("s_touches", Spatial::Touches),
        ("s_within", Spatial::Within),
        ("s_overlaps", Spatial::Overlaps),
        ("s_crosses", Spatial::Crosses),
        ("s_contains", Spatial::Contains),
    ];

    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, spatial)| *spatial)
    }
}

impl Scalar {
    pub(super) fn property(name: &str, properties: Properties<'_>) -> Result<Self, Fault> {
        match properties(name) {
            Some(Kind::Geometry) => Err(Fault::new(
                format!("{name} 是几何，只能用于 S_INTERSECTS 等空间函数。"),
                format!("{name} is a geometry: only spatial functions such as S_INTERSECTS take it."),
            )),
            Some(kind) => Ok(Self::Property(name.to_owned(), kind)),
            None => Err(unknown(name)),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Scalar::Property(_, kind) => *kind,
            Scalar::Text(_) | Scalar::CaseFolded(_) | Scalar::Unaccented(_) => Kind::Text,
            Scalar::Number(_) => Kind::Number,
            Scalar::Boolean(_) => Kind::Boolean,
            Scalar::Date(_) => Kind::Date,
            Scalar::Time(_) => Kind::Time,
        }
    }

    pub(super) fn folded(self) -> Result<Self, Fault> {
        text_only(&self, "CASEI").map(|()| Self::CaseFolded(Box::new(self)))
    }

    pub(super) fn unaccented(self) -> Result<Self, Fault> {
        text_only(&self, "ACCENTI").map(|()| Self::Unaccented(Box::new(self)))
    }

    pub(super) fn number(value: f64) -> Result<Self, Fault> {
        if value.is_finite() { Ok(Self::Number(value)) } else { Err(Fault::new("数值超出范围。", "A number is out of range.")) }
    }

    pub(super) fn time(text: &str) -> Result<Self, Fault> {
        let wrong = |_| Fault::new(format!("{text:?} 不是 RFC 3339 时间。"), format!("{text:?} is not an RFC 3339 time."));
        DateTime::parse_from_rfc3339(text).map(|time| Self::Time(time.to_utc())).map_err(wrong)
    }

    pub(super) fn date(text: &str) -> Result<Self, Fault> {
        text.parse().map(Self::Date).map_err(|_| Fault::new(format!("{text:?} 不是日期。"), format!("{text:?} is not a date.")))
    }
}

impl Expression {
    pub(super) fn compare(comparison: Comparison, a: Scalar, b: Scalar) -> Result<Self, Fault> {
        same_kind(&a, &b).map(|()| Self::Compare(comparison, a, b))
    }

    pub(super) fn between(value: Scalar, low: Scalar, high: Scalar) -> Result<Self, Fault> {
        same_kind(&value, &low)?;
        same_kind(&value, &high).map(|()| Self::Between(value, low, high))
    }

    pub(super) fn within(value: Scalar, list: Vec<Scalar>) -> Result<Self, Fault> {
        if list.is_empty() {
            return Err(Fault::new("IN 的列表为空。", "The list of IN is empty."));
        }
        list.iter().try_for_each(|one| same_kind(&value, one))?;
        Ok(Self::In(value, list))
    }

    pub(super) fn like(value: Scalar, pattern: Scalar) -> Result<Self, Fault> {
        text_only(&value, "LIKE")?;
        text_only(&pattern, "LIKE").map(|()| Self::Like(value, pattern))
    }

    pub(super) fn is_null(name: &str, properties: Properties<'_>) -> Result<Self, Fault> {
        properties(name).map(|_| Self::IsNull(name.to_owned())).ok_or_else(|| unknown(name))
    }

    pub(super) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Turns every geometry of the filter, such as from latitude first to longitude first.
    pub fn map_coordinates(&mut self, turn: &dyn Fn([f64; 2]) -> [f64; 2]) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter_mut().for_each(|part| part.map_coordinates(turn)),
            Self::Not(part) => part.map_coordinates(turn),
            Self::Spatial(_, a, b) => {
                for side in [a, b] {
                    if let Operand::Literal(geometry) = side {
                        geometry.map_coords_in_place(|Coord { x, y }| turn([x, y]).into());
                    }
                }
            }
            _ => {}
        }
    }

    /// A geometry that every feature which passes must touch, if the filter says so on its face.
    pub fn must_touch(&self) -> Option<&Geometry<f64>> {
        match self {
            Self::Spatial(spatial, Operand::Feature, Operand::Literal(geometry))
            | Self::Spatial(spatial, Operand::Literal(geometry), Operand::Feature)
                if *spatial != Spatial::Disjoint =>
            {
                Some(geometry)
            }
            Self::And(parts) => parts.iter().find_map(Self::must_touch),
            _ => None,
        }
    }
}

impl Operand {
    pub(super) fn property(name: &str, properties: Properties<'_>) -> Result<Self, Fault> {
        match properties(name) {
            Some(Kind::Geometry) => Ok(Self::Feature),
            Some(_) => Err(Fault::new(format!("{name} 不是几何。"), format!("{name} is not a geometry."))),
            None => Err(unknown(name)),
        }
    }
}

fn unknown(name: &str) -> Fault {
    let name: String = name.chars().take(80).collect();
    Fault::new(
        format!("没有可查询属性 {name:?}，见该集合的 queryables。"),
        format!("There is no queryable {name:?}: see the queryables of the collection."),
    )
}

fn text_only(value: &Scalar, what: &str) -> Result<(), Fault> {
    if value.kind() == Kind::Text {
        return Ok(());
    }
    Err(Fault::new(format!("{what} 只用于文本。"), format!("{what} takes texts only.")))
}

fn same_kind(a: &Scalar, b: &Scalar) -> Result<(), Fault> {
    let (a, b) = (a.kind(), b.kind());
    if a == b {
        return Ok(());
    }
    Err(Fault::new(format!("不能比较{}与{}。", a.zh(), b.zh()), format!("{} and {} cannot be compared.", a.en(), b.en())))
}

impl Kind {
    fn zh(self) -> &'static str {
        match self {
            Kind::Text => "文本",
            Kind::Number => "数值",
            Kind::Boolean => "真假值",
            Kind::Date => "日期",
            Kind::Time => "时间",
            Kind::Geometry => "几何",
        }
    }

    fn en(self) -> &'static str {
        match self {
            Kind::Text => "a text",
            Kind::Number => "a number",
            Kind::Boolean => "a truth value",
            Kind::Date => "a date",
            Kind::Time => "a time",
            Kind::Geometry => "a geometry",
        }
    }
}
