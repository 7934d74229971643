//! The address grammar: what the parts of a query or of a stored address are, and where in the text they stand.
//!
//! [`readings`] folds the text sign by sign (width, case, variants of address words, dashes, blanks), finds at every sign
//! which elements could stand there (known names first, then patterns), and takes the cheapest chains of elements that
//! cover the text. Names come from a [`Names`], so that the register's own divisions, roads and estates decide where one
//! name ends and the next begins; without one, patterns alone do what they can. Hanzi addresses run from the large to
//! the small; those without hanzi are read by words (`western`).
//!
//! Leaves out: whether an address exists, how parts relate (is this county in that city), and correction of any kind.

mod candidates;
mod chain;
mod names;
mod signs;
mod streets;
mod weights;
mod western;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::Serialize;

pub use names::{Known, Lexicon, Names, NoNames};
use signs::Signs;
pub use streets::street_spellings;

/// What an element is, from the large to the small (the levels of a Chinese standard address, county to room).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementKind {
    Country,
    Province,
    City,
    County,
    /// A zone that is no division by law: 经济技术开发区.
    DevelopmentZone,
    /// Town, township, subdistrict; in Western addresses the place with its own post office.
    Town,
    Community,
    /// 3组, 第二村民小组, 12鄰.
    Group,
    /// With its section: 人民南路一段.
    Road,
    /// 595弄, 12巷.
    Lane,
    /// 108支弄; the 弄 within a 巷.
    SubLane,
    /// Number of the door or courtyard with all its suffixes: 235号附1号, 5号院, 12-14.
    Number,
    /// A named estate, building, firm or other place.
    Estate,
    /// A part of an estate: 三区, 二期.
    Block,
    Building,
    Unit,
    Floor,
    Room,
    /// Who is inside the building.
    Occupant,
    Postcode,
    /// Words that say where from a place: 附近, 对面, 与...交叉口.
    Hint,
    /// What no rule reads.
    Other,
}

impl ElementKind {
    pub(super) const ALL: [ElementKind; 22] = {
        use ElementKind::*;
        [
            Country,
            Province,
            City,
            County,
            DevelopmentZone,
            Town,
            Community,
            Group,
            Road,
            Lane,
            SubLane,
            Number,
            Estate,
            Block,
            Building,
            Unit,
            Floor,
            Room,
            Occupant,
            Postcode,
            Hint,
            Other,
        ]
    };

    /// A division, down to the neighbourhood.
    pub fn is_division(self) -> bool {
        self <= ElementKind::Group
    }

    /// A part inside the house or of its estate, or who lives there.
    pub fn is_inside(self) -> bool {
        (ElementKind::Block..=ElementKind::Occupant).contains(&self)
    }

    /// Whether its value is a number with a mark rather than a name.
    fn is_numbered(self) -> bool {
        use ElementKind::*;
        matches!(self, Group | Lane | SubLane | Number | Building | Unit | Floor | Room | Postcode)
    }
}

/// One part of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub kind: ElementKind,
    /// Bytes of the text as it was given.
    pub span: Range<usize>,
    /// The folded text (half width, lower case, 號 as 号), in numbered parts with digits for numerals: 478号, 2组, 22号之1.
    pub value: String,
}

/// One way to read a text: elements in the order of the text, which do not overlap. Blanks and punctuation are in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub elements: Vec<Element>,
    /// How much had to be assumed; the least is best. Comparable between readings of one text only.
    pub penalty: u32,
}

impl Reading {
    /// The first element of this kind.
    pub fn first(&self, kind: ElementKind) -> Option<&Element> {
        self.elements.iter().find(|element| element.kind == kind)
    }
}

/// The ways to read a text, the best first and at most `most` of them; none for a text without a letter or digit.
///
/// Any text is read in bounded time: the work grows with its length up to 400 signs, and what lies beyond is one element
/// of kind [`ElementKind::Other`].
pub fn readings(text: &str, names: &dyn Names, most: usize) -> Vec<Reading> {
    let signs = Signs::of(text);
    if signs.is_empty() || most == 0 {
        return Vec::new();
    }
    if signs.has_unspaced() { chain::readings(&signs, names, most) } else { vec![western::reading(&signs, names)] }
}
