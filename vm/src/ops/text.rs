//! Texts and bytes as literals.

/// Appends a `str` as a literal in double quotes.
pub fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut plain_from = 0;
    for (at, char) in text.char_indices() {
        let escape = match char {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\t' => "\\t",
            '\r' => "\\r",
            '\0' => "\\0",
            '{' => "\\{",
            _ if char.is_control() => "",
            _ => continue,
        };
        out.push_str(&text[plain_from..at]);
        plain_from = at + char.len_utf8();
        if escape.is_empty() {
            out.push_str(&format!("\\u{{{:x}}}", char as u32));
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

/// Appends `bytes` as a literal: printable ASCII as it is, the rest as `\xNN`.
pub fn write_bytes(out: &mut String, bytes: &[u8]) {
    out.push_str("b\"");
    for byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            0 => out.push_str("\\0"),
            b' '..=b'~' => out.push(*byte as char),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
}

/// Can it stand unquoted as a key of a map literal? Keywords can.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    (first == '_' && text.len() > 1 || unicode_ident::is_xid_start(first))
        && chars.all(unicode_ident::is_xid_continue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        let mut out = String::new();
        write_quoted(&mut out, text);
        out
    }

    #[test]
    fn texts_are_quoted_as_literals() {
        assert_eq!(quoted("a\"b\\c\n\t\r\0{x}"), r#""a\"b\\c\n\t\r\0\{x}""#);
        assert_eq!(quoted("\u{1b}[1m größe 🎉"), "\"\\u{1b}[1m größe 🎉\"");
        assert_eq!(quoted(""), "\"\"");
    }

    #[test]
    fn bytes_are_quoted_as_literals() {
        let mut out = String::new();
        write_bytes(&mut out, b"ok {x}\x00\xff\"\n");
        assert_eq!(out, r#"b"ok {x}\0\xff\"\n""#);
    }

    #[test]
    fn names_need_no_quotes() {
        assert!(is_name("größe") && is_name("_x") && is_name("if") && is_name("a1"));
        assert!(!is_name("") && !is_name("_") && !is_name("1a") && !is_name("a b") && !is_name("a-b"));
    }
}
