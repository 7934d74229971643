//! One copy of every text that many features repeat: road names, classes, region codes.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::feature::Feature;
use crate::domain::Value;

/// The texts seen so far. Whoever reads features from the store asks here for each text of tags and regions, and repeats
/// never take memory of their own.
#[derive(Debug, Default)]
pub struct SharedTexts(HashSet<Arc<str>>);

/// Texts longer than this seldom repeat.
const LONGEST: usize = 64;
const CHUNK: usize = 1 << 16;

impl SharedTexts {
    pub fn get(&mut self, text: &str) -> Arc<str> {
        match self.0.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let new = Arc::from(text);
                if text.len() <= LONGEST {
                    self.0.insert(Arc::clone(&new));
                }
                new
            }
        }
    }

    fn replace(&mut self, text: &mut Arc<str>) {
        match self.0.get(text) {
            Some(known) => *text = Arc::clone(known),
            None if text.len() <= LONGEST => {
                self.0.insert(Arc::clone(text));
            }
            None => {}
        }
    }
}

/// Makes equal texts of tags and regions one allocation (within runs of 65,536 features, so that it runs in parallel).
pub(super) fn share_texts(features: &mut [Feature]) {
    features.par_chunks_mut(CHUNK).for_each(|chunk| {
        let mut known = SharedTexts::default();
        for feature in chunk {
            known.replace(&mut feature.region);
            for tag in &mut feature.tags {
                if let Value::Text(text) = &mut tag.value {
                    known.replace(text);
                }
            }
        }
    });
}
