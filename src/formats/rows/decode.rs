//! Bytes that come in pieces, as text. The encoding is named, or told by a byte order mark, or found out from the first stretch that
//! is not plain ASCII; until then ASCII passes through at once.

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

use super::RowsError;
use crate::formats::text;

/// Enough text beyond ASCII to tell encodings apart, little enough to be held.
const SAMPLE_BYTES: usize = 64 << 10;
const BOM_BYTES: usize = 3;

#[derive(Debug)]
pub(super) struct Decode {
    state: State,
    has_bom: bool,
    known: Option<&'static Encoding>,
}

enum State {
    /// The first bytes may be a byte order mark.
    Beginning(Vec<u8>, Option<&'static Encoding>),
    /// Nothing but ASCII so far.
    Plain,
    /// From the first byte that is not ASCII on.
    Sampling(Vec<u8>),
    Known(&'static Encoding, Box<Decoder>),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Beginning(..) => "Beginning",
            State::Plain => "Plain",
            State::Sampling(_) => "Sampling",
            State::Known(encoding, _) => encoding.name(),
        })
    }
}

impl Decode {
    pub fn new(named: Option<&str>) -> Result<Self, RowsError> {
        let known = |name: &str| text::by_name(name).ok_or_else(|| RowsError::UnknownEncoding(name.to_owned()));
        let encoding = named.map(known).transpose()?;
        Ok(Self { state: State::Beginning(Vec::new(), encoding), has_bom: false, known: encoding })
    }

    /// The encoding and whether a byte order mark said it.
    pub fn found(&self) -> (&'static Encoding, bool) {
        (self.known.unwrap_or(UTF_8), self.has_bom)
    }

    pub fn push(&mut self, bytes: &[u8]) -> String {
        match &mut self.state {
            State::Beginning(held, named) => {
                held.extend_from_slice(bytes);
                if held.len() < BOM_BYTES {
                    return String::new();
                }
                let (held, named) = (std::mem::take(held), *named);
                self.begin(&held, named)
            }
            State::Plain => match bytes.iter().position(|byte| !byte.is_ascii()) {
                None => ascii(bytes),
                Some(first) => {
                    self.state = State::Sampling(Vec::new());
                    ascii(&bytes[..first]) + &self.push(&bytes[first..])
                }
            },
            State::Sampling(sample) => {
                sample.extend_from_slice(bytes);
                if sample.len() < SAMPLE_BYTES {
                    return String::new();
                }
                self.decide()
            }
            State::Known(encoding, decoder) => decoded(encoding, decoder, bytes, false),
        }
    }

    pub fn finish(&mut self) -> String {
        let mut text = match &mut self.state {
            State::Beginning(held, named) => {
                let (held, named) = (std::mem::take(held), *named);
                self.begin(&held, named)
            }
            _ => String::new(),
        };
        if let State::Sampling(_) = &self.state {
            text += &self.decide();
        }
        if let State::Known(encoding, decoder) = &mut self.state {
            text += &decoded(encoding, decoder, b"", true);
        }
        self.state = State::Plain;
        text
    }

    fn begin(&mut self, held: &[u8], named: Option<&'static Encoding>) -> String {
        let marked = Encoding::for_bom(held);
        self.has_bom = marked.is_some();
        let skipped = marked.map_or(0, |(_, length)| length);
        match marked.map(|(encoding, _)| encoding).or(named) {
            Some(encoding) => self.know(encoding),
            None => self.state = State::Plain,
        }
        self.push(&held[skipped..])
    }

    fn decide(&mut self) -> String {
        let State::Sampling(sample) = &mut self.state else { return String::new() };
        let sample = std::mem::take(sample);
        self.know(text::guess_beginning(&sample));
        self.push(&sample)
    }

    fn know(&mut self, encoding: &'static Encoding) {
        self.known = Some(encoding);
        self.state = State::Known(encoding, Box::new(encoding.new_decoder_without_bom_handling()));
    }
}

fn ascii(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn decoded(encoding: &'static Encoding, decoder: &mut Decoder, bytes: &[u8], is_last: bool) -> String {
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
    let _ = decoder.decode_to_string(bytes, &mut text, is_last);
    // the five bytes that Windows leaves undefined come out as control characters
    let undefined = |character: char| matches!(character, '\u{80}'..='\u{9f}');
    if encoding == WINDOWS_1252 && text.contains(undefined) { text.replace(undefined, "\u{fffd}") } else { text }
}
