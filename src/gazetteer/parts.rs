//! What of a place's address or name each part of the query met, and how.

use serde::Serialize;

use crate::language::address::ElementKind;

/// One part of the place or of the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartMatch {
    pub part: ElementKind,
    pub how: How,
    /// What the query says, folded as it is compared (simplified, half width, lower case); `None`: nothing.
    pub asked: Option<String>,
    /// What the register says; `None`: it has no such part.
    pub found: Option<String>,
}

/// How a part was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The same, be it in full width, with other dashes or with numerals for digits.
    Exact,
    /// The same in simplified or traditional characters.
    Script,
    /// The same when read aloud: Pinyin, initials, or characters of the same sound.
    Sound,
    /// One character is wrong, missing, too many, or two have changed places. Never said of the digits of a number.
    Typo,
    /// The query does not say it.
    LeftOut,
    /// The query says it, the register does not have it.
    Extra,
    /// It was called so before; what was found is what it is called now.
    Former,
    /// The number lies between two that are known.
    Interpolated,
    /// The query says something else.
    Differs,
}

impl How {
    /// Whether the query says what the place is not.
    pub fn contradicts(self) -> bool {
        self == How::Differs
    }
}
