//! Format specs: `{expr:spec}` with `[[fill]align][sign][0][width][.precision][type]`.

use crate::{
    ast::{Align, FormatSpec, Sign},
    source::Span,
    token::Kind,
};

use super::{LexErrorKind, Lexer};

impl Lexer<'_> {
    /// Reads the spec behind a `:` in an interpolation, up to the `}`.
    pub(super) fn spec(&mut self, colon: Span) {
        let rest = self.rest();
        // A fill character may be anything, so also a `}`, if an alignment follows it.
        let mut chars = rest.chars();
        let fill = match (chars.next(), chars.next()) {
            (Some(fill), Some('<' | '^' | '>')) if fill != '\n' => fill.len_utf8(),
            _ => 0,
        };
        let length = rest[fill..].find(['}', '\n']).map_or(rest.len(), |at| at + fill);
        self.raw.bump(length);
        let span = Span::new(colon.start, colon.end + length as u32);
        let text = rest[..length].trim_end_matches('\r');
        let spec = parse(text, span);
        // Without a `}` the interpolation is not closed, and that is what gets reported.
        if spec.is_none() && rest[length..].starts_with('}') {
            self.report(LexErrorKind::BadSpec, span, None);
        }
        let plain = FormatSpec {
            fill: ' ',
            align: None,
            sign: Sign::Minus,
            zero: false,
            width: 0,
            precision: None,
            ty: None,
            span,
        };
        self.out.specs.push(spec.unwrap_or(plain));
        self.emit(Kind::Spec, self.out.specs.len() as u32 - 1, span);
    }
}

fn align_of(c: char) -> Option<Align> {
    match c {
        '<' => Some(Align::Left),
        '^' => Some(Align::Center),
        '>' => Some(Align::Right),
        _ => None,
    }
}

fn parse(text: &str, span: Span) -> Option<FormatSpec> {
    let mut chars: Vec<char> = text.chars().collect();
    chars.reverse();
    let mut spec = FormatSpec {
        fill: ' ',
        align: None,
        sign: Sign::Minus,
        zero: false,
        width: 0,
        precision: None,
        ty: None,
        span,
    };
    if let [.., align, fill] = chars[..]
        && let Some(align) = align_of(align)
    {
        spec.fill = fill;
        spec.align = Some(align);
        chars.truncate(chars.len() - 2);
    } else if let Some(align) = chars.last().copied().and_then(align_of) {
        spec.align = Some(align);
        chars.pop();
    }
    let sign = match chars.last() {
        Some('+') => Some(Sign::Plus),
        Some(' ') => Some(Sign::Space),
        Some('-') => Some(Sign::Minus),
        _ => None,
    };
    if let Some(sign) = sign {
        spec.sign = sign;
        chars.pop();
    }
    if chars.last() == Some(&'0') {
        spec.zero = true;
        chars.pop();
    }
    spec.width = number(&mut chars)?.unwrap_or(0);
    if chars.last() == Some(&'.') {
        chars.pop();
        spec.precision = Some(number(&mut chars)??);
    }
    if let Some(ty @ ('x' | 'X' | 'b' | 'o' | 'e' | '%')) = chars.last() {
        spec.ty = Some(*ty);
        chars.pop();
    }
    chars.is_empty().then_some(spec)
}

/// Digits at the end of the reversed text; `None` if they make a number that is too large.
fn number(chars: &mut Vec<char>) -> Option<Option<u16>> {
    let mut value: Option<u16> = None;
    while let Some(digit) = chars.last().and_then(|c| c.to_digit(10)) {
        value = Some(value.unwrap_or(0).checked_mul(10)?.checked_add(digit as u16)?);
        chars.pop();
    }
    Some(value)
}
