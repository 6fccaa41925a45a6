//! Blocks as Python and Lua write them, to blocks in braces: `if x:` or `if x then`, lines that are indented, `else:` or `else`,
//! `end`. Works on lines, as indentation is all that such a program tells. Gives up where a line could mean something else.

use crate::{diagnostic::Edit, source::Span, token::Kind};

use super::{super::error::Want, Slip};

/// How blocks of that language open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// `if x:`, and the block ends where the lines are no longer indented.
    Colon,
    /// `if x then`, `while x do`, `function f()`; the block ends with `end`.
    Word,
}

/// What belongs to one such construct, and how it is written in Co.
#[derive(Debug, Default)]
pub(super) struct Indented {
    pub edits: Vec<Edit>,
    /// Where its other parts are opened: the `:` of `else:`.
    pub openers: Vec<Span>,
    /// Where mistakes begin that are this one: at `else`, `elif`, `except`, `end`.
    pub starts: Vec<u32>,
    /// The edits make the whole construct right.
    pub is_certain: bool,
}

/// A line of the text.
#[derive(Clone, Copy)]
struct Line<'t> {
    start: usize,
    /// Without the comment and the blanks around.
    code: &'t str,
    indent: usize,
    end: usize,
}

impl<'t> Line<'t> {
    fn at(text: &'t str, start: usize) -> Line<'t> {
        let end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        let whole = &text[start..end];
        let code = match whole.find('#') {
            // Inside a string it is no comment.
            Some(comment) if !whole[..comment].contains(['"', '\'']) => &whole[..comment],
            _ => whole,
        };
        let indent = whole.len() - whole.trim_start_matches([' ', '\t']).len();
        Line { start, code: code.trim(), indent, end: start + whole.trim_end().len() }
    }

    fn next(self, text: &'t str) -> Option<Line<'t>> {
        let end = text[self.start..].find('\n').map(|length| self.start + length + 1)?;
        Some(Line::at(text, end))
    }

    fn code_start(self) -> usize {
        self.start + self.indent
    }

    fn code_end(self) -> usize {
        self.code_start() + self.code.len()
    }

    fn first_word(self) -> &'t str {
        let end = self.code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.code.len());
        &self.code[..end]
    }
}

impl Slip<'_, '_> {
    /// The construct whose first block is opened at a token, or behind it if `opener` is empty.
    pub(super) fn indented(&self, opener: Span, style: Opener) -> Indented {
        let mut found = Indented::default();
        found.is_certain = self.follow(opener, style, &mut found).is_some();
        if found.is_certain {
            found.edits.extend(self.replace(opener, " {"));
            self.trim_before(opener, &mut found);
        } else {
            found.edits.clear();
        }
        found
    }

    /// One blank before the `{`, whatever stood before the word in its place.
    fn trim_before(&self, opener: Span, found: &mut Indented) {
        let before = &self.ctx.text[..opener.start as usize];
        let blanks = (before.len() - before.trim_end_matches([' ', '\t']).len()) as u32;
        if let Some(edit) = found.edits.last_mut() {
            edit.location.span.start -= blanks;
        }
    }

    fn follow(&self, opener: Span, style: Opener, found: &mut Indented) -> Option<()> {
        let text = self.ctx.text;
        let head_start = self.span(self.failure.start).start as usize;
        let head = Line::at(text, text[..head_start].rfind('\n').map_or(0, |newline| newline + 1));
        let opener_line = text[..opener.start as usize].rfind('\n').map_or(0, |newline| newline + 1);
        if opener_line != head.start {
            return None;
        }
        if (opener.end as usize) < head.code_end() {
            return self.inline(opener, head, style, found);
        }
        let indent = &text[head.start..head.code_start()];
        let mut body: Option<Line<'_>> = None;
        let mut line = head;
        let mut is_certain = head.indent == head_start - head.start;
        loop {
            let next = line.next(text);
            let Some(next) = next.filter(|next| next.code.is_empty() || next.indent >= head.indent) else {
                // The text or the block around ends.
                return (is_certain && self.close(body?, indent, style, found)).then_some(());
            };
            line = next;
            if line.code.is_empty() {
                continue;
            }
            is_certain &= !line.code.contains("\"\"\"") && !line.code.contains("'''");
            if line.indent > head.indent {
                body = Some(line);
                continue;
            }
            match self.part(line, style, found) {
                Part::Goes(certain) => {
                    is_certain &= certain && body.is_some();
                    body = None;
                }
                Part::End => return (is_certain && body.is_some()).then_some(()),
                Part::Not => return (is_certain && self.close(body?, indent, style, found)).then_some(()),
            }
        }
    }

    /// A `}` on a line of its own behind the block.
    fn close(&self, last: Line<'_>, indent: &str, style: Opener, found: &mut Indented) -> bool {
        let end = Span::new(last.end as u32, last.end as u32);
        found.edits.extend(self.replace(end, &format!("\n{indent}}}")));
        style == Opener::Colon
    }

    /// `if x: y`, `if x then y end`: the whole on one line.
    fn inline(&self, opener: Span, line: Line<'_>, style: Opener, found: &mut Indented) -> Option<()> {
        let text = self.ctx.text;
        let rest = text[opener.end as usize..line.code_end()].trim();
        let goes_on = line.next(text).is_some_and(|next| {
            next.indent == line.indent && matches!(part_word(next.first_word()), Some(word) if word != "end")
        });
        let end = line.code_end() as u32;
        match style {
            _ if goes_on || rest.is_empty() || rest.contains(['{', ':', '#']) => None,
            Opener::Colon => {
                found.edits.extend(self.replace(Span::new(end, end), " }"));
                Some(())
            }
            Opener::Word => {
                let only = rest.strip_suffix("end").filter(|rest| rest.ends_with([' ', ';']))?;
                let words = only.split(|c: char| !c.is_alphanumeric());
                if words.into_iter().any(|word| matches!(word, "else" | "elseif" | "end")) {
                    return None;
                }
                found.edits.extend(self.replace(Span::new(end - 3, end), "}"));
                Some(())
            }
        }
    }

    /// A line that is indented as the head is: another part of the construct, or not.
    fn part(&self, line: Line<'_>, style: Opener, found: &mut Indented) -> Part {
        let Some(word) = part_word(line.first_word()) else { return Part::Not };
        let start = line.code_start() as u32;
        if word == "end" {
            if style == Opener::Colon || line.code != "end" {
                return Part::Not;
            }
            found.starts.push(start);
            found.edits.extend(self.replace(Span::new(start, start + 3), "}"));
            return Part::End;
        }
        let behind = match style {
            Opener::Colon => line.code.strip_suffix(':'),
            Opener::Word if word == "else" => Some(line.code),
            Opener::Word => line.code.strip_suffix("then"),
        };
        let Some(head) = behind else {
            // `else: y` on its line still belongs to it.
            found.starts.push(start);
            return if line.code.contains(':') { Part::Goes(false) } else { Part::Not };
        };
        let end = start + line.code.len() as u32;
        found.starts.push(start);
        found.openers.push(Span::new(start + head.len() as u32, end));
        let Some(written) = written(line.first_word(), head[line.first_word().len()..].trim()) else {
            return Part::Goes(false);
        };
        found.edits.extend(self.replace(Span::new(start, end), &format!("}} {written} {{")));
        Part::Goes(true)
    }

    /// The head of a function of Lua, whose block begins on the next line: `function f(x)`.
    pub(super) fn ends_head(&self) -> Option<Span> {
        let behind = matches!(self.found(), None | Some(Kind::Newline)) || !self.wants(Want::Block);
        let line = self.span(self.failure.start).start as usize;
        let line =
            Line::at(self.ctx.text, self.ctx.text[..line].rfind('\n').map_or(0, |newline| newline + 1));
        let end = line.code_end() as u32;
        (behind && line.code.ends_with(')')).then(|| Span::new(end, end))
    }
}

enum Part {
    /// Another block follows; whether its head can be written in Co.
    Goes(bool),
    End,
    Not,
}

fn part_word(word: &str) -> Option<&str> {
    matches!(word, "else" | "elif" | "elsif" | "elseif" | "except" | "catch" | "rescue" | "finally" | "end")
        .then_some(word)
}

/// The head of another part as Co writes it, without its brace.
fn written(word: &str, rest: &str) -> Option<String> {
    match word {
        "else" | "finally" if rest.is_empty() => Some(word.into()),
        "else" => rest.strip_prefix("if ").map(|condition| format!("else if {condition}")),
        "elif" | "elsif" | "elseif" => Some(format!("else if {rest}")),
        "except" => {
            let (kind, name) = rest.split_once(" as ").unwrap_or((rest, "e"));
            let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
            if !is_name(kind.trim()) || !is_name(name.trim()) || name.trim().is_empty() {
                return None;
            }
            Some(match kind.trim() {
                "" | "Exception" | "BaseException" => format!("catch {}", name.trim()),
                kind => format!("catch {0} if {0}.kind == \"{kind}\"", name.trim()),
            })
        }
        _ => None,
    }
}
