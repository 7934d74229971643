//! Tests of the whole, in one binary so that they link once.
#![allow(clippy::unwrap_used)]

mod readers;
