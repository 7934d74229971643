//! Finds the features in a JSON text of any size without reading it whole: memory holds one feature, and brackets nested
//! deeper than a limit are refused where they are met.

use std::io::{self, BufRead};

/// The members of a top-level object that are kept; all others are passed over.
const KEPT: [&str; 9] = ["type", "crs", "geometry", "properties", "id", "coordinates", "geometries", "name", "features"];

#[derive(Debug, thiserror::Error)]
pub(super) enum JsonError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("brackets are nested deeper than {0} at byte {1}")]
    TooDeep(usize, u64),
    #[error("a feature is longer than {0} bytes at byte {1}")]
    TooLong(usize, u64),
    #[error("it ends in the middle, at byte {0}")]
    Ends(u64),
    #[error("{0} at byte {1}")]
    Unexpected(&'static str, u64),
}

pub(super) struct Scanner<R> {
    reader: R,
    offset: u64,
    max_depth: usize,
    max_bytes: usize,
}

/// A top-level object, less its features.
pub(super) type Members = Vec<(String, Vec<u8>)>;

impl<R: BufRead> Scanner<R> {
    pub(super) fn new(reader: R, max_depth: usize, max_bytes: usize) -> Self {
        Self { reader, offset: 0, max_depth, max_bytes }
    }

    /// The next object of the text, its members but for `features`, whose elements go to `feature` one by one (`false`
    /// from it ends everything). `None` at the end of the text, or when stopped.
    pub(super) fn object(&mut self, feature: &mut dyn FnMut(&[u8]) -> bool) -> Result<Option<Members>, JsonError> {
        match self.next_word()? {
            None => return Ok(None),
            Some(b'{') => self.step(),
            Some(_) => return Err(self.unexpected("not a GeoJSON object")),
        }
        let mut members = Vec::new();
        if self.next_word()? == Some(b'}') {
            self.step();
            return Ok(Some(members));
        }
        loop {
            let mut key = Vec::new();
            if self.need()? != b'"' {
                return Err(self.unexpected("a member without a name"));
            }
            self.value(Some(&mut key), 1)?;
            let key: String = serde_json::from_slice(&key).map_err(|_| self.unexpected("a member's name is not text"))?;
            if self.need()? != b':' {
                return Err(self.unexpected("a member without a value"));
            }
            self.step();
            if key == "features" && self.need()? == b'[' {
                self.features(feature)?;
                members.push((key, Vec::new()));
            } else if KEPT.contains(&key.as_str()) {
                let mut value = Vec::new();
                self.value(Some(&mut value), 1)?;
                members.push((key, value));
            } else {
                self.value(None, 1)?;
            }
            match self.need()? {
                b',' => self.step(),
                b'}' => {
                    self.step();
                    return Ok(Some(members));
                }
                _ => return Err(self.unexpected("neither a comma nor the end of an object")),
            }
        }
    }

    /// When `feature` has had enough the rest is only passed over: a coordinate system may stand behind the features.
    fn features(&mut self, feature: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), JsonError> {
        let mut wanted = true;
        self.step();
        let mut bytes = Vec::new();
        if self.need()? == b']' {
            self.step();
            return Ok(());
        }
        loop {
            bytes.clear();
            self.value(wanted.then_some(&mut bytes), 2)?;
            wanted = wanted && feature(&bytes);
            match self.need()? {
                b',' => self.step(),
                b']' => {
                    self.step();
                    return Ok(());
                }
                _ => return Err(self.unexpected("neither a comma nor the end of the features")),
            }
        }
    }

    /// Passes over one value, which may be kept; `depth` brackets are open around it.
    fn value(&mut self, mut keep: Option<&mut Vec<u8>>, depth: usize) -> Result<(), JsonError> {
        let first = self.need()?;
        let (mut open, mut in_text, mut escaped, mut started) = (0usize, false, false, false);
        let is_word = !matches!(first, b'"' | b'{' | b'[');
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                return if is_word && started { Ok(()) } else { Err(JsonError::Ends(self.offset)) };
            }
            let mut taken = chunk.len();
            let mut done = false;
            for (place, byte) in chunk.iter().enumerate() {
                if in_text {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => in_text = false,
                        _ => continue,
                    }
                    if in_text || open > 0 {
                        continue;
                    }
                    (taken, done) = (place + 1, true);
                    break;
                }
                match byte {
                    b'"' => in_text = true,
                    b'{' | b'[' => {
                        open += 1;
                        if depth + open > self.max_depth {
                            return Err(JsonError::TooDeep(self.max_depth, self.offset + place as u64));
                        }
                    }
                    b'}' | b']' if open > 0 => {
                        open -= 1;
                        if open == 0 {
                            (taken, done) = (place + 1, true);
                            break;
                        }
                    }
                    b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' if is_word => {
                        (taken, done) = (place, true);
                        break;
                    }
                    _ => {}
                }
            }
            started |= taken > 0;
            if let Some(keep) = keep.as_deref_mut() {
                if keep.len() + taken > self.max_bytes {
                    return Err(JsonError::TooLong(self.max_bytes, self.offset));
                }
                keep.extend_from_slice(&chunk[..taken]);
            }
            self.reader.consume(taken);
            self.offset += taken as u64;
            if done {
                return if started { Ok(()) } else { Err(self.unexpected("a value is missing")) };
            }
        }
    }

    /// The next byte that is neither blank, record separator nor byte order mark; it is not taken.
    fn next_word(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let blank =
                |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x1e) || (self.offset < 3 && matches!(byte, 0xef | 0xbb | 0xbf));
            let skipped = chunk.iter().take_while(|byte| blank(byte)).count();
            let found = chunk.get(skipped).copied();
            self.reader.consume(skipped);
            self.offset += skipped as u64;
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn need(&mut self) -> Result<u8, JsonError> {
        self.next_word()?.ok_or(JsonError::Ends(self.offset))
    }

    fn step(&mut self) {
        self.reader.consume(1);
        self.offset += 1;
    }

    fn unexpected(&self, what: &'static str) -> JsonError {
        JsonError::Unexpected(what, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    fn scan(text: &[u8], buffer: usize) -> Result<(Vec<String>, Vec<Members>), JsonError> {
        let mut scanner = Scanner::new(BufReader::with_capacity(buffer, text), 64, 1 << 20);
        let (mut features, mut objects) = (Vec::new(), Vec::new());
        while let Some(members) = scanner.object(&mut |feature| {
            features.push(String::from_utf8(feature.to_vec()).unwrap());
            true
        })? {
            objects.push(members);
        }
        Ok((features, objects))
    }

    #[test]
    fn features_are_found_wherever_the_reads_end() {
        let text = br#" {"type" : "FeatureCollection","other":[{"a":"]}"}],"features" : [ {"a":"}\"{"} , {"b":[1,{}]},7 ], "crs":null}
            {"type":"Feature","id":5}"#;
        for buffer in [1, 2, 3, 7, 4096] {
            let (features, objects) = scan(text, buffer).unwrap();
            assert_eq!(features, [r#"{"a":"}\"{"}"#, r#"{"b":[1,{}]}"#, "7"]);
            assert_eq!(objects.len(), 2);
            assert_eq!(objects[1], [("type".to_owned(), b"\"Feature\"".to_vec()), ("id".to_owned(), b"5".to_vec())]);
        }
    }

    #[test]
    fn two_gigabytes_of_brackets_are_refused_at_once() {
        for start in ["[", "{\"features\":[", "{\"features\":[{\"geometry\":", "{\"x\":"] {
            let endless = BufReader::new(start.as_bytes().chain(io::repeat(b'[').take(2 << 30)));
            let mut scanner = Scanner::new(endless, 64, 1 << 30);
            let error = scanner.object(&mut |_| true).unwrap_err();
            assert!(matches!(error, JsonError::TooDeep(64, ..100) | JsonError::Unexpected(_, 0)), "{error}");
        }
    }

    #[test]
    fn an_endless_text_is_refused_at_the_limit() {
        let endless = BufReader::new(&b"{\"features\":[{\"a\":\""[..]).chain(BufReader::new(io::repeat(b'x')));
        let error = Scanner::new(endless, 64, 1 << 20).object(&mut |_| true).unwrap_err();
        assert!(matches!(error, JsonError::TooLong(..)), "{error}");
    }

    #[test]
    fn broken_texts_are_errors() {
        for text in [
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"features\":[",
            "{\"features\":[1",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{,}",
            "[]",
            "7",
            "{\"features\":[1 2]}",
            "{\"a\":}",
        ] {
            assert!(scan(text.as_bytes(), 5).is_err(), "{text}");
        }
    }
}
