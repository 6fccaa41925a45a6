//! Strings: where text ends and code begins, escapes, and the indentation of `"""`.
//!
//! Text is scanned by hand, code in `{…}` is lexed as everywhere else; the frame of the interpolation says where the
//! text goes on. So strings nest without recursion.

use crate::{source::Span, token::Kind};

use super::{LexErrorKind, Lexer, brackets::FrameKind};

/// A string whose text was interrupted by an interpolation.
#[derive(Debug)]
pub struct OpenString {
    open: Span,
    triple: bool,
    /// For strings of several lines, whose indentation is known only at the end: the raw text between the
    /// interpolations, and its token if it is not empty.
    parts: Vec<(Option<usize>, Span)>,
}

/// How a string literal ends and what is special in it.
#[derive(Clone, Copy)]
struct Style {
    quote: u8,
    triple: bool,
    interpolates: bool,
}

enum Stop {
    Quote,
    Brace,
    /// The end of the line or of the text.
    Missing,
}

impl Lexer<'_> {
    pub(super) fn string(&mut self, kind: Kind, open: Span) {
        let style = Style {
            quote: if matches!(kind, Kind::RawQuote | Kind::TripleRawQuote) { b'\'' } else { b'"' },
            triple: matches!(kind, Kind::TripleQuote | Kind::TripleRawQuote),
            interpolates: matches!(kind, Kind::Quote | Kind::TripleQuote),
        };
        let (text, stop) = self.scan(style);
        match stop {
            Stop::Brace => {
                self.emit(Kind::StrOpen, 0, open);
                let mut string = OpenString { open, triple: style.triple, parts: Vec::new() };
                self.text_part(&mut string, text);
                self.interpolate(string);
            }
            Stop::Quote => self.literal(kind, style, open, text),
            Stop::Missing => {
                // Inside an unclosed interpolation this quote was meant to close the outer string.
                if self.line_strings == 0 || style.triple {
                    self.report(LexErrorKind::UnclosedString, open, None);
                    self.line_cut = (!style.triple).then_some(open.start);
                    let only_text_missing = style.triple && self.out.errors.len() == 1;
                    self.out.incomplete |= only_text_missing;
                    self.literal(kind, style, open, text);
                }
            }
        }
    }

    /// A string without interpolation.
    fn literal(&mut self, kind: Kind, style: Style, open: Span, text: Span) {
        let span = Span::new(open.start, self.raw_span().end);
        if kind == Kind::BytesQuote {
            let mut bytes = Vec::with_capacity(text.range().len());
            self.unescape_bytes(text, &mut bytes);
            self.out.bytes.push(bytes.into_boxed_slice());
            return self.emit(Kind::Bytes, self.out.bytes.len() as u32 - 1, span);
        }
        let symbol = if style.triple {
            let indent = common_indent(self.text, &[(None, text)]);
            self.intern_lines(text, indent, true, true)
        } else {
            self.intern_escaped(text)
        };
        self.emit(Kind::Str, symbol, span);
    }

    fn text_part(&mut self, string: &mut OpenString, text: Span) {
        let mut token = None;
        if text.start < text.end {
            let symbol = if string.triple { 0 } else { self.intern_escaped(text) };
            token = Some(self.out.tokens.len());
            self.emit(Kind::StrText, symbol, text);
        }
        if string.triple {
            string.parts.push((token, text));
        }
    }

    /// Enters the code behind a `{` in a string.
    fn interpolate(&mut self, string: OpenString) {
        let start = self.raw_span().end;
        self.raw.bump(1);
        self.open(FrameKind::Interp, Kind::InterpOpen, 0, Span::new(start, start + 1));
        if self.stopped {
            self.emit(Kind::StrClose, 0, Span::new(start, start));
            return;
        }
        self.line_strings += u32::from(!string.triple);
        self.strings.push(string);
    }

    /// `}`: the code has ended, the text goes on.
    pub(super) fn close_interpolation(&mut self, span: Span) {
        if self.prev == Kind::InterpOpen {
            self.report(LexErrorKind::EmptyInterpolation, self.top().open.to(span), None);
        }
        self.frames.pop();
        self.emit(Kind::InterpClose, 0, span);
        let depth = self.frames.len();
        while self.heads.last().is_some_and(|head| head.depth > depth) {
            self.heads.pop();
        }
        let Some(mut string) = self.pop_string() else { return };
        let (text, stop) = self.scan(Style { quote: b'"', triple: string.triple, interpolates: true });
        self.text_part(&mut string, text);
        match stop {
            Stop::Brace => return self.interpolate(string),
            Stop::Quote => {}
            Stop::Missing if self.line_strings == 0 || string.triple => {
                self.report(LexErrorKind::UnclosedString, string.open, None);
                self.line_cut = (!string.triple).then_some(string.open.start);
                self.out.incomplete |= string.triple && self.out.errors.len() == 1;
            }
            Stop::Missing => {}
        }
        let end = Span::new(text.end, self.raw_span().end);
        self.finish_text(string);
        self.emit(Kind::StrClose, 0, end);
    }

    fn pop_string(&mut self) -> Option<OpenString> {
        let string = self.strings.pop()?;
        self.line_strings -= u32::from(!string.triple);
        Some(string)
    }

    /// Ends the innermost string whose interpolation was just closed because nothing follows.
    pub(super) fn finish_string(&mut self, end: Span) {
        if let Some(mut string) = self.pop_string() {
            string.parts.push((None, end));
            self.finish_text(string);
            self.emit(Kind::StrClose, 0, end);
        }
    }

    /// A line ends inside the code of strings that had to end on it.
    pub(super) fn cut_line_strings(&mut self, at: u32) {
        let end = Span::new(at, at);
        let Some(outer) = self.strings.iter().position(|string| !string.triple) else { return };
        let quote = self.strings[outer].open;
        let frames = self.frames.iter().enumerate().filter(|(_, frame)| frame.kind == FrameKind::Interp);
        let Some((index, brace)) = frames.map(|(index, frame)| (index, frame.open)).nth(outer) else {
            return;
        };
        self.report(LexErrorKind::UnclosedInterpolation, brace, Some(quote));
        self.line_cut = Some(quote.start);
        while self.frames.len() > index {
            let is_interp = self.top().kind == FrameKind::Interp;
            self.close_silently();
            if is_interp {
                self.finish_string(end);
            }
        }
    }

    /// The text from here to a closing quote, a `{` of an interpolation, or the end of the line; steps behind the
    /// quote, and before the others.
    fn scan(&mut self, style: Style) -> (Span, Stop) {
        let start = self.raw_span().end;
        let bytes = self.rest().as_bytes();
        let mut at = 0;
        let (end, length, stop) = loop {
            let Some(byte) = bytes.get(at) else { break (at, at, Stop::Missing) };
            match byte {
                b'\\' if bytes[at..].starts_with(b"\\u{") => at += 3,
                b'\\' => at += if bytes.get(at + 1).is_some_and(|next| *next != b'\n') { 2 } else { 1 },
                b'{' if style.interpolates => break (at, at, Stop::Brace),
                b'\n' if !style.triple => break (at, at, Stop::Missing),
                quote if *quote == style.quote => {
                    if !style.triple {
                        break (at, at + 1, Stop::Quote);
                    }
                    if bytes[at..].starts_with(&[style.quote; 3]) {
                        break (at, at + 3, Stop::Quote);
                    }
                    at += 1;
                }
                _ => at += 1,
            }
        };
        // An escape at the very end may have stepped into the middle of a character.
        let rest = self.rest();
        let boundary = |mut at: usize| {
            while at < rest.len() && !rest.is_char_boundary(at) {
                at += 1;
            }
            at.min(rest.len())
        };
        let (end, length) = (boundary(end), boundary(length));
        self.raw.bump(length);
        (Span::new(start, start + end as u32), stop)
    }

    /// The symbol of a text of one line with its escapes replaced.
    fn intern_escaped(&mut self, text: Span) -> u32 {
        let raw = self.slice(text);
        if !raw.contains('\\') {
            return self.out.names.intern(raw).0;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        self.unescape(text, &mut buffer);
        let symbol = self.out.names.intern(&buffer);
        self.buffer = buffer;
        symbol.0
    }

    /// All parts of a string are known: now their indentation is, too.
    fn finish_text(&mut self, string: OpenString) {
        if !string.triple {
            return;
        }
        let indent = common_indent(self.text, &string.parts);
        let last = string.parts.len().saturating_sub(1);
        for (index, (token, text)) in string.parts.iter().enumerate() {
            if let Some(token) = token {
                let symbol = self.intern_lines(*text, indent, index == 0, index == last);
                self.out.tokens[*token].data = symbol;
            }
        }
    }

    /// The symbol of a part of a string of several lines, without its indentation; `first` and `last` tell whether
    /// the part touches the opening and closing quotes.
    fn intern_lines(&mut self, text: Span, indent: usize, first: bool, last: bool) -> u32 {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let mut at = text.start;
        let raw = self.slice(text);
        let count = raw.split('\n').count();
        for (index, whole) in raw.split('\n').enumerate() {
            let (is_first, is_last) = (index == 0, index + 1 == count);
            let line = if is_last { whole } else { whole.strip_suffix('\r').unwrap_or(whole) };
            let starts_line = !is_first || first;
            let ends_line = !is_last || last;
            let blank = starts_line && ends_line && is_blank(line);
            let dropped_first = is_first && first && line.is_empty() && !is_last;
            let dropped_last = is_last && last && !is_first && blank;
            // A line break belongs to the line behind it.
            let after_dropped = index == 1 && first && starts_with_break(raw);
            if !is_first && !dropped_last && !after_dropped {
                buffer.push('\n');
            }
            if !dropped_first && !dropped_last && !blank {
                let skip = if starts_line { indent.min(leading_blanks(line)) } else { 0 };
                let from = at + skip as u32;
                self.unescape(Span::new(from, at + line.len() as u32), &mut buffer);
            }
            at += whole.len() as u32 + 1;
        }
        let symbol = self.out.names.intern(&buffer);
        self.buffer = buffer;
        symbol.0
    }

    /// Replaces escapes. What is wrong is reported and left out.
    fn unescape(&mut self, text: Span, out: &mut String) {
        let raw = self.slice(text);
        let mut at = 0;
        while let Some(length) = raw[at..].find('\\') {
            out.push_str(&raw[at..at + length]);
            let escape = at + length;
            let (size, value) = escape_at(&raw[escape..], 0x7f);
            match value {
                Ok(c) => out.push(c),
                Err(kind) => {
                    let start = text.start + escape as u32;
                    self.report(kind, Span::new(start, start + size as u32), None);
                }
            }
            at = escape + size;
        }
        out.push_str(&raw[at..]);
    }

    fn unescape_bytes(&mut self, text: Span, out: &mut Vec<u8>) {
        let raw = self.slice(text);
        let mut at = 0;
        while let Some(length) = raw[at..].find('\\') {
            out.extend_from_slice(&raw.as_bytes()[at..at + length]);
            let escape = at + length;
            let (size, value) = escape_at(&raw[escape..], 0xff);
            match value {
                Ok(c) if raw[escape..].starts_with("\\x") => out.push(c as u8),
                Ok(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(kind) => {
                    let start = text.start + escape as u32;
                    self.report(kind, Span::new(start, start + size as u32), None);
                }
            }
            at = escape + size;
        }
        out.extend_from_slice(&raw.as_bytes()[at..]);
    }
}

/// The length of the escape at the start of a text, and its character. `\xNN` may be up to `max_x`.
fn escape_at(text: &str, max_x: u32) -> (usize, Result<char, LexErrorKind>) {
    let mut chars = text.chars();
    chars.next();
    let Some(letter) = chars.next() else {
        return (1, Err(LexErrorKind::BadEscape("a `\\` is written as `\\\\`")));
    };
    let simple = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        '\\' | '"' | '\'' | '{' | '}' => letter,
        'x' => return hex_escape(text, max_x),
        'u' => return unicode_escape(text),
        _ => {
            let known = "the escapes are \\n \\t \\r \\0 \\\\ \\\" \\' \\{ \\} \\xNN \\u{…}; a `\\` is written as `\\\\`";
            return (1 + letter.len_utf8(), Err(LexErrorKind::BadEscape(known)));
        }
    };
    (2, Ok(simple))
}

fn hex_escape(text: &str, max: u32) -> (usize, Result<char, LexErrorKind>) {
    let digits = text[2..].bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
    let value = u32::from_str_radix(&text[2..2 + digits], 16).ok().filter(|_| digits == 2);
    match value {
        Some(value) if value <= max => (4, char::from_u32(value).ok_or(LexErrorKind::BadEscape(""))),
        Some(_) => (
            4,
            Err(LexErrorKind::BadEscape(
                "in a str, `\\x` goes up to `\\x7f`; write `\\u{…}` for other characters",
            )),
        ),
        None => (2 + digits, Err(LexErrorKind::BadEscape("`\\x` takes two hexadecimal digits"))),
    }
}

fn unicode_escape(text: &str) -> (usize, Result<char, LexErrorKind>) {
    let Some(body) = text[2..].strip_prefix('{') else {
        return (2, Err(LexErrorKind::BadEscape("write the code point in braces: `\\u{1f600}`")));
    };
    let digits = body.bytes().take_while(u8::is_ascii_hexdigit).count();
    if !body[digits..].starts_with('}') || digits == 0 || digits > 6 {
        return (3 + digits, Err(LexErrorKind::BadEscape("`\\u{…}` takes one to six hexadecimal digits")));
    }
    let value = u32::from_str_radix(&body[..digits], 16).unwrap_or(u32::MAX);
    let character = char::from_u32(value).ok_or(LexErrorKind::BadEscape(
        "this is no Unicode character: surrogates and numbers above 10ffff are none",
    ));
    (4 + digits, character)
}

fn is_blank(line: &str) -> bool {
    line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

fn leading_blanks(line: &str) -> usize {
    line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn starts_with_break(text: &str) -> bool {
    text.starts_with('\n') || text.starts_with("\r\n")
}

/// The indentation that all lines of a string have in common which are not blank.
fn common_indent(text: &str, parts: &[(Option<usize>, Span)]) -> usize {
    let mut common: Option<&str> = None;
    for (index, (_, span)) in parts.iter().enumerate() {
        let raw = &text[span.range()];
        let count = raw.split('\n').count();
        for (number, line) in raw.split('\n').enumerate() {
            let starts_line = number > 0 || index == 0;
            let ends_line = number + 1 < count || index + 1 == parts.len();
            if !starts_line || ends_line && is_blank(line) {
                continue;
            }
            let blanks = &line[..leading_blanks(line)];
            common = Some(match common {
                None => blanks,
                Some(known) => {
                    let same = known.bytes().zip(blanks.bytes()).take_while(|(a, b)| a == b).count();
                    &known[..same]
                }
            });
        }
    }
    common.map_or(0, str::len)
}
