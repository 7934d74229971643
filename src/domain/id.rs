//! Stable feature ids: 80 bits, written as 16 characters that are safe in a URL.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The public identity of a feature. It never changes and is never given to another feature.
/// Shape: `[a-z2-7]{16}` (RFC 4648 base 32 without padding, lower case).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId([u8; 10]);

/// The text is not an id of this service.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a feature id: expected 16 characters of a-z and 2-7")]
pub struct InvalidId;

impl FeatureId {
    /// The id of what `source` calls `key` in `layer`. The same words always give the same id, so that links
    /// survive a reload of the same files into an empty database.
    pub fn derive(layer: &str, source: &str, key: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [layer, source, key] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let mut bytes = [0u8; 10];
        bytes.copy_from_slice(&digest[..10]);
        Self(bytes)
    }

    pub fn from_bytes(bytes: [u8; 10]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }

    /// The text of the id: ASCII letters and digits.
    pub fn letters(&self) -> [u8; 16] {
        let mut text = [0u8; 16];
        for (half, chunk) in self.0.chunks(5).enumerate() {
            let bits = chunk.iter().fold(0u64, |all, byte| (all << 8) | u64::from(*byte));
            for (place, slot) in text[half * 8..half * 8 + 8].iter_mut().enumerate() {
                *slot = ALPHABET[((bits >> (35 - 5 * place)) & 31) as usize];
            }
        }
        text
    }

    /// A number for formats whose ids are integers (MVT): the first 53 bits, exact in a double.
    pub fn number(&self) -> u64 {
        let mut first = [0u8; 8];
        first.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(first) >> 11
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.letters()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FeatureId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let text = text.as_bytes();
        if text.len() != 16 {
            return Err(InvalidId);
        }
        let mut bytes = [0u8; 10];
        for (half, chunk) in text.chunks(8).enumerate() {
            let mut bits = 0u64;
            for character in chunk {
                let digit = match character {
                    b'a'..=b'z' => character - b'a',
                    b'2'..=b'7' => character - b'2' + 26,
                    _ => return Err(InvalidId),
                };
                bits = (bits << 5) | u64::from(digit);
            }
            bytes[half * 5..half * 5 + 5].copy_from_slice(&bits.to_be_bytes()[3..]);
        }
        Ok(Self(bytes))
    }
}

impl Serialize for FeatureId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FeatureId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(FeatureId::derive("roads", "ab", "c"), FeatureId::derive("roads", "a", "bc"));
    }

    proptest! {
        #[test]
        fn text_and_bytes_are_the_same_id(bytes: [u8; 10]) {
            let id = FeatureId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<FeatureId>(), Ok(id));
        }

        #[test]
        fn any_other_text_is_refused_without_panic(text: String) {
            if let Ok(id) = text.parse::<FeatureId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
