//! Which columns of a table hold the address: those that are named, else the one whose heading says so.

use crate::app::{AppError, Message};

/// Headings under which addresses stand, as they are compared: lower case, nothing but letters and digits.
const HEADINGS: [&str; 26] = [
    "地址",
    "详细地址",
    "詳細地址",
    "门牌地址",
    "門牌地址",
    "标准地址",
    "完整地址",
    "通讯地址",
    "通訊地址",
    "联系地址",
    "家庭住址",
    "住址",
    "坐落",
    "房屋坐落",
    "不动产坐落",
    "项目地址",
    "address",
    "fulladdress",
    "fulladdr",
    "addr",
    "streetaddress",
    "propertyaddress",
    "siteaddress",
    "adresse",
    "anschrift",
    "地址address",
];

/// The places of the address's cells, in the order in which they are read.
///
/// # Errors
/// `Invalid`, with the headings there are: a named column is not there, or none is named and it is not clear.
pub(super) fn address(named: &[String], heading: &[String], has_heading: bool) -> Result<Vec<usize>, AppError> {
    if !named.is_empty() {
        return named.iter().map(|name| place(name, heading, has_heading)).collect();
    }
    if heading.len() == 1 {
        return Ok(vec![0]);
    }
    let said: Vec<usize> =
        if has_heading { (0..heading.len()).filter(|place| says_address(&heading[*place])).collect() } else { Vec::new() };
    match said[..] {
        [only] => Ok(vec![only]),
        [] => Err(unclear(heading, has_heading, Message::new("看不出哪一列是地址", "It is not clear which column holds the address"))),
        _ => {
            let both = said.iter().map(|place| heading[*place].trim()).collect::<Vec<_>>().join(", ");
            let message = Message::new(format!("有几列都像是地址（{both}）"), format!("Several columns may hold the address ({both})"));
            Err(unclear(heading, has_heading, message))
        }
    }
}

fn place(name: &str, heading: &[String], has_heading: bool) -> Result<usize, AppError> {
    let wanted = name.trim();
    let written = |place: &usize| has_heading && heading[*place].trim() == wanted;
    let alike = |place: &usize| has_heading && plain(&heading[*place]) == plain(wanted) && !plain(wanted).is_empty();
    let numbered = || wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|place| *place < heading.len());
    let places = 0..heading.len();
    places.clone().find(written).or_else(|| places.clone().find(alike)).or_else(numbered).ok_or_else(|| {
        unclear(heading, has_heading, Message::new(format!("没有名为 {wanted:?} 的列"), format!("There is no column {wanted:?}")))
    })
}

fn says_address(heading: &str) -> bool {
    HEADINGS.contains(&plain(heading).as_str())
}

fn plain(heading: &str) -> String {
    heading.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn unclear(heading: &[String], has_heading: bool, what: Message) -> AppError {
    const SHOWN: usize = 30;
    let mut names: Vec<String> = heading.iter().take(SHOWN).map(|name| name.trim().chars().take(40).collect()).collect();
    if heading.len() > SHOWN {
        names.push("…".to_owned());
    }
    let (names, count) = (names.join(", "), heading.len());
    let (zh, en) = if has_heading {
        (format!("表中的列为：{names}"), format!("the columns are: {names}"))
    } else {
        (format!("没有表头，共 {count} 列"), format!("there is no heading, and {count} columns"))
    };
    AppError::invalid(
        "column",
        format!("{}。请用 column 指明列名或序号（从 1 起），几列以逗号相连；{zh}。", what.zh),
        format!("{}. Say it with `column`, by name or number (from 1), several joined by commas; {en}.", what.en),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(named: &[&str], heading: &[&str], has_heading: bool) -> Result<Vec<usize>, String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        address(&owned(named), &owned(heading), has_heading).map_err(|error| match error {
            AppError::Invalid { field, message } => format!("{field}: {}", message.en),
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn the_heading_says_which_column_it_is() {
        assert_eq!(found(&[], &["编号", "详细地址", "备注"], true), Ok(vec![1]));
        assert_eq!(found(&[], &["id", " Full_Address "], true), Ok(vec![1]));
        assert_eq!(found(&[], &["whatever"], true), Ok(vec![0]));
        assert_eq!(found(&[], &["文三路1号"], false), Ok(vec![0]));
    }

    #[test]
    fn columns_are_named_or_counted_and_may_be_several() {
        assert_eq!(found(&["街道", "门牌"], &["门牌", "街道"], true), Ok(vec![1, 0]));
        assert_eq!(found(&["STREET ADDRESS"], &["x", "street_address"], true), Ok(vec![1]));
        assert_eq!(found(&["2"], &["a", "b"], false), Ok(vec![1]));
        // a heading that is a number is meant before the number
        assert_eq!(found(&["2"], &["2", "b"], true), Ok(vec![0]));
    }

    #[test]
    fn what_is_unclear_is_asked_for_with_the_columns_there_are() {
        for (named, heading, has_heading, told) in [
            (vec![], vec!["a", "b"], true, "not clear"),
            (vec![], vec!["1", "文三路1号"], false, "2 columns"),
            (vec![], vec!["地址", "住址"], true, "Several columns may hold the address (地址, 住址)"),
            (vec!["c"], vec!["a", "b"], true, "no column \"c\""),
            (vec!["3"], vec!["a", "b"], true, "the columns are: a, b"),
            (vec!["0"], vec!["a", "b"], false, "no column"),
        ] {
            let error = found(&named, &heading, has_heading).unwrap_err();
            assert!(error.starts_with("column: ") && error.contains(told), "{error}");
        }
    }
}
