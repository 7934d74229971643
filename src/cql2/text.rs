//! CQL2 text: tokens, then a parser by descent that counts how deep it is.

use super::types::{Comparison, Expression, Operand, Scalar, Spatial};
use super::{Fault, MAX_DEPTH, Properties, wkt};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword or a name.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

/// The tokens of a text with the character each begins at.
#[derive(Debug)]
pub(super) struct Tokens {
    tokens: Vec<(usize, Token)>,
    at: usize,
}

const SIGNS: [&str; 10] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "-"];

impl Tokens {
    pub(super) fn new(text: &str) -> Result<Self, Fault> {
        let characters: Vec<char> = text.chars().collect();
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(&first) = characters.get(at) {
            let begin = at;
            if first.is_whitespace() {
                at += 1;
                continue;
            }
            let token = if first == '\'' || first == '"' {
                let text = quoted(&characters, &mut at)?;
                if first == '"' { Token::Quoted(text) } else { Token::Text(text) }
            } else if first.is_ascii_digit() || (first == '.' && characters.get(at + 1).is_some_and(char::is_ascii_digit)) {
                Token::Number(number(&characters, &mut at)?)
            } else if first.is_alphabetic() || first == '_' || first == ':' {
                while characters.get(at).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '.')) {
                    at += 1;
                }
                Token::Word(characters[begin..at].iter().collect())
            } else {
                let sign = SIGNS.into_iter().find(|sign| sign.chars().enumerate().all(|(i, c)| characters.get(at + i) == Some(&c)));
                let sign = sign.ok_or_else(|| wrong_at(at, &format!("{first:?}"), &format!("{first:?}")))?;
                at += sign.len();
                Token::Sign(sign)
            };
            tokens.push((begin, token));
        }
        Ok(Self { tokens, at: 0 })
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).map(|(_, token)| token.clone());
        self.at += 1;
        token
    }

    /// What should have come here instead.
    pub(super) fn expected(&self, zh: &str, en: &str) -> Fault {
        match self.tokens.get(self.at.min(self.tokens.len().saturating_sub(1))) {
            Some((place, _)) if self.at < self.tokens.len() => {
                Fault::new(format!("第 {} 个字符处应为{zh}。", place + 1), format!("{en} is expected at character {}.", place + 1))
            }
            _ => Fault::new(format!("末尾应为{zh}。"), format!("{en} is expected at the end.")),
        }
    }

    pub(super) fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        let word = word.clone();
        self.at += 1;
        Some(word)
    }

    fn is_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn take_word(&mut self, keyword: &str) -> bool {
        let found = self.is_word(keyword);
        self.at += usize::from(found);
        found
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), Fault> {
        if self.take_word(keyword) { Ok(()) } else { Err(self.expected(keyword, keyword)) }
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn sign(&mut self, sign: &str) -> Result<(), Fault> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.expected(&format!("“{sign}”"), &format!("\"{sign}\""))) }
    }

    pub(super) fn number(&mut self) -> Result<f64, Fault> {
        let negative = self.take_sign("-");
        match self.next() {
            Some(Token::Number(number)) => Ok(if negative { -number } else { number }),
            _ => {
                self.at -= 1;
                Err(self.expected("数", "A number"))
            }
        }
    }

    pub(super) fn end(&self) -> Result<(), Fault> {
        if self.peek().is_none() { Ok(()) } else { Err(self.expected("结尾", "The end")) }
    }
}

fn wrong_at(at: usize, zh: &str, en: &str) -> Fault {
    Fault::new(format!("第 {} 个字符处的 {zh} 无法理解。", at + 1), format!("{en} at character {} is not understood.", at + 1))
}

/// A doubled quote, or one after a backslash, is part of the text.
fn quoted(characters: &[char], at: &mut usize) -> Result<String, Fault> {
    let (begin, quote) = (*at, characters[*at]);
    let mut text = String::new();
    *at += 1;
    loop {
        match (characters.get(*at), characters.get(*at + 1)) {
            (None, _) => return Err(wrong_at(begin, "引号（没有结束）", "The quote without an end")),
            (Some(first), Some(second)) if *second == quote && (*first == quote || *first == '\\') => {
                text.push(quote);
                *at += 2;
            }
            (Some(first), _) if *first == quote => {
                *at += 1;
                return Ok(text);
            }
            (Some(first), _) => {
                text.push(*first);
                *at += 1;
            }
        }
    }
}

fn number(characters: &[char], at: &mut usize) -> Result<f64, Fault> {
    let begin = *at;
    let digits = |at: &mut usize| {
        while characters.get(*at).is_some_and(char::is_ascii_digit) {
            *at += 1;
        }
    };
    digits(at);
    if characters.get(*at) == Some(&'.') {
        *at += 1;
        digits(at);
    }
    if matches!(characters.get(*at), Some('e' | 'E')) {
        *at += 1 + usize::from(matches!(characters.get(*at + 1), Some('+' | '-')));
        digits(at);
    }
    let text: String = characters[begin..*at].iter().collect();
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| wrong_at(begin, &text, &text))
}

struct Parser<'a> {
    tokens: Tokens,
    properties: Properties<'a>,
    depth: usize,
}

pub(super) fn parse(text: &str, properties: Properties<'_>) -> Result<Expression, Fault> {
    let mut parser = Parser { tokens: Tokens::new(text)?, properties, depth: 0 };
    let expression = parser.expression()?;
    parser.tokens.end()?;
    Ok(expression)
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<Expression, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new("过滤条件嵌套过深。", "The filter is nested too deeply."));
        }
        let mut parts = vec![self.term()?];
        while self.tokens.take_word("OR") {
            parts.push(self.term()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Or(parts) })
    }

    fn term(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.factor()?];
        while self.tokens.take_word("AND") {
            parts.push(self.factor()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::And(parts) })
    }

    fn factor(&mut self) -> Result<Expression, Fault> {
        if self.tokens.take_word("NOT") { Ok(self.primary()?.negated()) } else { self.primary() }
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        if self.tokens.take_sign("(") {
            let inner = self.expression()?;
            self.tokens.sign(")")?;
            return Ok(inner);
        }
        if let Some(Token::Word(word)) = self.tokens.peek() {
            if let Some(spatial) = Spatial::of(word) {
                self.tokens.next();
                return self.spatial(spatial);
            }
            if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") {
                let value = word.eq_ignore_ascii_case("true");
                self.tokens.next();
                return Ok(Expression::Constant(value));
            }
        }
        self.predicate()
    }

    fn spatial(&mut self, spatial: Spatial) -> Result<Expression, Fault> {
        self.tokens.sign("(")?;
        let a = self.operand()?;
        self.tokens.sign(",")?;
        let b = self.operand()?;
        self.tokens.sign(")")?;
        Ok(Expression::Spatial(spatial, a, b))
    }

    fn operand(&mut self) -> Result<Operand, Fault> {
        match self.tokens.next() {
            Some(Token::Word(word)) if wkt::is_geometry(&word) => {
                Ok(Operand::Literal(Box::new(wkt::geometry(&word, &mut self.tokens, self.depth)?)))
            }
            Some(Token::Word(name) | Token::Quoted(name)) => Operand::property(&name, self.properties),
            _ => {
                self.tokens.at -= 1;
                Err(self.tokens.expected("几何", "A geometry"))
            }
        }
    }

    fn predicate(&mut self) -> Result<Expression, Fault> {
        // Of a geometry only this can be asked without a function.
        if let (Some(Token::Word(name) | Token::Quoted(name)), Some((_, Token::Word(is)))) =
            (self.tokens.peek().cloned(), self.tokens.tokens.get(self.tokens.at + 1))
            && is.eq_ignore_ascii_case("IS")
        {
            self.tokens.at += 2;
            let not = self.tokens.take_word("NOT");
            self.tokens.keyword("NULL")?;
            let expression = Expression::is_null(&name, self.properties)?;
            return Ok(if not { expression.negated() } else { expression });
        }
        let value = self.scalar()?;
        let not = self.tokens.take_word("NOT");
        let expression = if self.tokens.take_word("LIKE") {
            Expression::like(value, self.scalar()?)?
        } else if self.tokens.take_word("BETWEEN") {
            let low = self.scalar()?;
            self.tokens.keyword("AND")?;
            Expression::between(value, low, self.scalar()?)?
        } else if self.tokens.take_word("IN") {
            self.tokens.sign("(")?;
            let mut list = vec![self.scalar()?];
            while self.tokens.take_sign(",") {
                list.push(self.scalar()?);
            }
            self.tokens.sign(")")?;
            Expression::within(value, list)?
        } else if not {
            return Err(self.tokens.expected(" LIKE、BETWEEN 或 IN", "LIKE, BETWEEN or IN"));
        } else {
            let sign = match self.tokens.peek() {
                Some(Token::Sign(sign)) => Comparison::of(sign),
                _ => None,
            };
            let comparison = sign.ok_or_else(|| self.tokens.expected("比较符", "A comparison"))?;
            self.tokens.next();
            return Expression::compare(comparison, value, self.scalar()?);
        };
        Ok(if not { expression.negated() } else { expression })
    }

    fn scalar(&mut self) -> Result<Scalar, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new("过滤条件嵌套过深。", "The filter is nested too deeply."));
        }
        let scalar = match self.tokens.peek() {
            Some(Token::Number(_) | Token::Sign("-")) => Scalar::number(self.tokens.number()?),
            Some(Token::Text(text)) => {
                let text = text.clone();
                self.tokens.next();
                Ok(Scalar::Text(text))
            }
            Some(Token::Quoted(name)) => {
                let name = name.clone();
                self.tokens.next();
                Scalar::property(&name, self.properties)
            }
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.tokens.next();
                self.named(&word)
            }
            _ => Err(self.tokens.expected("属性或值", "A property or a value")),
        }?;
        self.depth -= 1;
        Ok(scalar)
    }

    fn named(&mut self, word: &str) -> Result<Scalar, Fault> {
        if !self.tokens.take_sign("(") {
            return match word.to_ascii_lowercase().as_str() {
                "true" => Ok(Scalar::Boolean(true)),
                "false" => Ok(Scalar::Boolean(false)),
                _ => Scalar::property(word, self.properties),
            };
        }
        let scalar = match word.to_ascii_uppercase().as_str() {
            "CASEI" => self.scalar()?.folded()?,
            "ACCENTI" => self.scalar()?.unaccented()?,
            literal @ ("DATE" | "TIMESTAMP") => match self.tokens.next() {
                Some(Token::Text(text)) if literal == "DATE" => Scalar::date(&text)?,
                Some(Token::Text(text)) => Scalar::time(&text)?,
                _ => {
                    self.tokens.at -= 1;
                    return Err(self.tokens.expected("日期或时间", "A date or a time"));
                }
            },
            _ => return Err(Fault::new(format!("没有函数 {word}。"), format!("There is no function {word}."))),
        };
        self.tokens.sign(")")?;
        Ok(scalar)
    }
}
