//! Text encodings: finding out which one a file has, and decoding so that what cannot be read is told.

use std::borrow::Cow;
use std::io::{self, BufRead};

use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, WINDOWS_1252};

/// Enough text to tell Chinese from French, little enough to be fast.
const SAMPLE_BYTES: usize = 1 << 20;

/// By the names of the web, and by the code pages of Windows, dBASE and `.cpg` files.
pub(super) fn by_name(name: &str) -> Option<&'static Encoding> {
    let plain = name.trim().trim_matches('"').to_lowercase();
    let page = plain.trim_start_matches("ansi").trim_start_matches([' ', '_', '-']).trim_start_matches("cp").trim_start_matches("ms");
    match page {
        "936" | "54936" | "gbk" | "gb2312" | "gb18030" => Some(GB18030),
        "950" | "big5" | "big5-hkscs" => Some(BIG5),
        "1252" | "88591" | "8859_1" | "latin1" | "iso-8859-1" => Some(WINDOWS_1252),
        "65001" | "utf8" | "utf-8" => Some(UTF_8),
        _ => Encoding::for_label(plain.as_bytes()),
    }
}

/// Decodes; the flag says that something could not be read (it is shown as U+FFFD).
pub(super) fn decode(bytes: &[u8], encoding: &'static Encoding) -> (String, bool) {
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (String::from_utf8_lossy(bytes).into_owned(), true),
        };
    }
    let (text, lost) = encoding.decode_without_bom_handling(bytes);
    if encoding == WINDOWS_1252 {
        // the five bytes that Windows leaves undefined come out as control characters
        let undefined = |character: char| matches!(character, '\u{80}'..='\u{9f}');
        if text.contains(undefined) {
            return (text.replace(undefined, "\u{fffd}"), true);
        }
    }
    (text.into_owned(), lost)
}

/// The encoding of a whole text: by its byte order mark, UTF-8 when it is that from end to end, else the likeliest of
/// GB18030, Big5 and windows-1252. Reads everything.
pub(super) fn guess(reader: &mut dyn BufRead) -> io::Result<&'static Encoding> {
    let mut check = Utf8Check::default();
    let mut sample = Vec::new();
    let mut first = true;
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        if std::mem::take(&mut first)
            && let Some((encoding, _)) = Encoding::for_bom(chunk)
            && encoding != UTF_8
        {
            return Ok(encoding);
        }
        check.push(chunk);
        // only stretches around bytes beyond ASCII say anything
        if sample.len() < SAMPLE_BYTES && !chunk.is_ascii() {
            sample.extend_from_slice(&chunk[..chunk.len().min(SAMPLE_BYTES)]);
        }
        let count = chunk.len();
        reader.consume(count);
    }
    Ok(if check.is_valid() { UTF_8 } else { guess_legacy(&sample) })
}

/// For bytes that are not UTF-8.
pub(super) fn guess_bytes(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { guess_legacy(bytes) }
}

/// For the beginning of a text, which may be cut within a character.
pub(super) fn guess_beginning(bytes: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_some() => guess_legacy(bytes),
        _ => UTF_8,
    }
}

/// In Chinese text, bytes beyond ASCII come in runs; in Western text, one by one among letters. In Big5 two of five second
/// bytes are below 0x80, in the common part of GB18030 (GB 2312) none is.
fn guess_legacy(bytes: &[u8]) -> &'static Encoding {
    let (mut runs, mut high, mut pairs, mut low_second) = (0usize, 0usize, 0usize, 0usize);
    let mut place = 0;
    while place < bytes.len() {
        if bytes[place] < 0x80 {
            place += 1;
            continue;
        }
        runs += 1;
        while place < bytes.len() && bytes[place] >= 0x80 {
            high += 1;
            match bytes.get(place + 1) {
                Some(second) if *second >= 0x80 => {
                    (pairs, high, place) = (pairs + 1, high + 1, place + 2);
                }
                // a low second byte counts when the text goes on in the same way
                Some(0x40..=0x7e) if bytes.get(place + 2).is_some_and(|next| *next >= 0x80) => {
                    (pairs, low_second, place) = (pairs + 1, low_second + 1, place + 2);
                }
                _ => place += 1,
            }
        }
    }
    if runs == 0 || high < 2 * runs {
        return WINDOWS_1252;
    }
    let (as_gb, as_big5) = (errors(bytes, GB18030), errors(bytes, BIG5));
    let looks_big5 = low_second * 10 > pairs;
    match (as_gb, as_big5) {
        (gb, big5) if gb > 2 * big5 + 2 => BIG5,
        (gb, big5) if big5 > 2 * gb + 2 => GB18030,
        _ if looks_big5 => BIG5,
        _ => GB18030,
    }
}

fn errors(bytes: &[u8], encoding: &'static Encoding) -> usize {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    text.matches('\u{fffd}').count()
}

/// UTF-8 validity of a text that comes in pieces.
#[derive(Default)]
struct Utf8Check {
    carried: Vec<u8>,
    invalid: bool,
}

impl Utf8Check {
    fn push(&mut self, chunk: &[u8]) {
        if self.invalid {
            return;
        }
        let mut chunk = Cow::Borrowed(chunk);
        if !self.carried.is_empty() {
            let mut whole = std::mem::take(&mut self.carried);
            whole.extend_from_slice(&chunk);
            chunk = Cow::Owned(whole);
        }
        if let Err(error) = std::str::from_utf8(&chunk) {
            match error.error_len() {
                Some(_) => self.invalid = true,
                None => self.carried = chunk[error.valid_up_to()..].to_vec(),
            }
        }
    }

    fn is_valid(&self) -> bool {
        !self.invalid && self.carried.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str, encoding: &'static Encoding) -> &'static str {
        let (bytes, _, _) = encoding.encode(text);
        guess(&mut &bytes[..]).unwrap().name()
    }

    const SIMPLIFIED: &str = "编号,道路名称,地址\n1,中山路,杭州市西湖区中山路12号\n2,解放大道,城关镇解放大道3号院\n";
    const TRADITIONAL: &str = "編號,道路名稱,地址\n1,中山路,宜蘭縣羅東鎮中山路三段12號\n2,復興路,臺北市復興南路二段5號\n";
    const WESTERN: &str = "decision,address\nPermitted,Ballaugh – the owner’s field\nRefused,Café Müller, Straße 5\n";

    #[test]
    fn the_usual_encodings_are_told_apart() {
        for text in [SIMPLIFIED, TRADITIONAL, WESTERN, "plain ascii"] {
            assert_eq!(guessed(text, UTF_8), "UTF-8", "{text}");
        }
        assert_eq!(guessed(SIMPLIFIED, GB18030), "gb18030");
        assert_eq!(guessed(TRADITIONAL, BIG5), "Big5");
        assert_eq!(guessed(WESTERN, WINDOWS_1252), "windows-1252");
        assert_eq!(guess(&mut &b"\xff\xfea\0"[..]).unwrap(), encoding_rs::UTF_16LE);
    }

    #[test]
    fn a_character_cut_between_two_reads_is_still_utf8() {
        let mut check = Utf8Check::default();
        for byte in "中山路".as_bytes() {
            check.push(&[*byte]);
        }
        assert!(check.is_valid());
        check.push(&[0xe4]);
        assert!(!check.is_valid());
    }

    #[test]
    fn code_pages_have_many_names() {
        for (name, expected) in [
            ("CP936", "gb18030"),
            ("ANSI 936", "gb18030"),
            ("GBK", "gb18030"),
            ("950", "Big5"),
            ("UTF8", "UTF-8"),
            ("latin1", "windows-1252"),
            ("1252", "windows-1252"),
        ] {
            assert_eq!(by_name(name).map(Encoding::name), Some(expected), "{name}");
        }
        assert_eq!(by_name("klingon"), None);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert_eq!(decode(b"a\x8db", WINDOWS_1252), ("a\u{fffd}b".to_owned(), true));
        assert_eq!(decode(b"owner\x92s", WINDOWS_1252), ("owner’s".to_owned(), false));
        assert!(decode(b"\xff", GB18030).1);
        assert!(decode(b"\xd6\xd0", UTF_8).1);
    }
}
