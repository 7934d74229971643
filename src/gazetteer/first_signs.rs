//! The signs with which the texts of a column begin: most pieces of a query are told from all of them by their first sign alone.

/// A set of signs.
#[derive(Debug, Default)]
pub(super) struct FirstSigns {
    /// A bit for each sign of ASCII.
    ascii: u128,
    /// Ascending.
    others: Vec<char>,
}

impl FirstSigns {
    pub fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut all = Self::default();
        for sign in texts.filter_map(|text| text.chars().next()) {
            if sign.is_ascii() {
                all.ascii |= 1 << u32::from(sign);
            } else if let Err(place) = all.others.binary_search(&sign) {
                all.others.insert(place, sign);
            }
        }
        all
    }

    /// Whether one of the texts may begin so; of an empty text it may.
    pub fn may_begin(&self, text: &str) -> bool {
        let Some(sign) = text.chars().next() else { return true };
        if sign.is_ascii() { self.ascii >> u32::from(sign) & 1 == 1 } else { self.others.binary_search(&sign).is_ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_may_begin_a_text_or_surely_does_not() {
        let signs = FirstSigns::of(["12号", "7", "甲1号", "", "~"].into_iter());
        let may: Vec<bool> = ["1", "70", "甲", "~x", "2", "乙", "号", ""].iter().map(|text| signs.may_begin(text)).collect();
        assert_eq!(may, [true, true, true, true, false, false, false, true]);
    }
}
