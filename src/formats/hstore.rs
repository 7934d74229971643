//! The `other_tags` of GDAL's OSM driver: `"key"=>"value","key"=>"value"` with backslash escapes.

/// The pairs in their order; `None` when the text is not of this form.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let mut rest = text.trim();
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (key, after) = quoted(rest)?;
        let (value, after) = quoted(after.trim_start().strip_prefix("=>")?.trim_start())?;
        pairs.push((key, value));
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(pairs)
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut word = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((word, &text[place + 1..])),
            '\\' => word.push(characters.next()?.1),
            other => word.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_apart() {
        let tags = r#""name:zh"=>"沙田正街","addr:housenumber"=>"1,2","note"=>"a \"b\" \\ => c""#;
        let expected = [("name:zh", "沙田正街"), ("addr:housenumber", "1,2"), ("note", "a \"b\" \\ => c")];
        let found = pairs(tags).unwrap();
        assert!(found.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(expected), "{found:?}");
        assert_eq!(pairs(""), Some(vec![]));
        for broken in ["name", "\"a\"=>", "\"a\"=>\"b", "\"a\"=>\"b\" \"c\"=>\"d\"", "\"a\\"] {
            assert_eq!(pairs(broken), None, "{broken}");
        }
    }
}
