//! The words of other languages.

use crate::{
    diagnostic::{Diagnostic, Edit},
    source::{Location, Span},
    token::Kind,
};

use super::{super::error::Want, Slip, indented::Opener};

impl Slip<'_, '_> {
    /// A word of another language: where the statement starts, right before the mistake, or as the mistake.
    pub(super) fn word(&self) -> Option<Diagnostic> {
        let before = self.at.checked_sub(1).filter(|index| *index >= self.failure.start);
        let found = before.into_iter().chain([self.at]).find_map(|index| self.word_at(index));
        found.or_else(|| self.word_in_front())
    }

    fn word_at(&self, index: usize) -> Option<Diagnostic> {
        let (word, help, replacement) = self.known(index)?;
        // As the mistake itself only words that stand behind something: `if x then`, `let mut`.
        let infix = matches!(word, "instanceof" | "xor" | "div" | "isnt") && index == self.at;
        let behind = (index == self.at && self.wants(Want::AsyncTail))
            || infix
            || matches!(
                word,
                "then"
                    | "do"
                    | "mut"
                    | "extends"
                    | "implements"
                    | "throws"
                    | "elif"
                    | "unless"
                    | "def"
                    | "begin"
            );
        // In front of the mistake only where it starts a statement or operand.
        let starts = index == self.failure.start
            || self
                .kind(index - 1)
                .is_none_or(|prev| !prev.ends_operand() && !matches!(prev, Kind::Dot | Kind::QDot));
        let is_call = matches!(self.found(), Some(Kind::LParen)) && self.glued(self.at);
        if !behind && (index == self.at || !starts || is_call) || matches!(word, "end" | "done" | "endif") {
            return None;
        }
        if word == "mut" && matches!(self.first(), Some(Kind::Let | Kind::Var)) {
            let span = self.span(self.failure.start).to(self.span(index));
            let diagnostic = self.foreign(index, "`mut` is not a word of Co", help);
            return Some(without_help(diagnostic).fix("write `var`", self.replace(span, "var")));
        }
        Some(self.foreign_word(index, word, help, replacement))
    }

    /// The statement begins like a call, or like a declaration that goes wrong further on: `unless (x) {`, `const [a, b] = …`.
    fn word_in_front(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        let (word, help, replacement) = self.known(start).filter(|_| self.at > start)?;
        let block =
            matches!(self.found(), Some(Kind::BlockOpen | Kind::MapOpen | Kind::Colon | Kind::Newline));
        let head = self.kind(start + 1) == Some(Kind::LParen)
            && matches!(
                word,
                "elif"
                    | "elsif"
                    | "elseif"
                    | "unless"
                    | "until"
                    | "foreach"
                    | "switch"
                    | "with"
                    | "using"
                    | "lock"
                    | "synchronized"
                    | "except"
            );
        let declares = word == "const" || word == "val" || word == "local";
        let followed = self
            .kind(start + 1)
            .is_some_and(|next| matches!(next, Kind::Ident | Kind::LBracket | Kind::MapOpen));
        ((head && block) || (declares && followed)).then(|| self.foreign_word(start, word, help, replacement))
    }

    fn known(&self, index: usize) -> Option<(&'static str, &'static str, &'static str)> {
        if self.kind(index) != Some(Kind::Ident) {
            return None;
        }
        let word = self.slice(index);
        WORDS.iter().find(|(known, ..)| *known == word).copied()
    }

    fn foreign_word(&self, index: usize, word: &str, help: &str, replacement: &str) -> Diagnostic {
        let start = self.failure.start;
        let declares_type = matches!(word, "int" | "float" | "str" | "string" | "bool" | "void");
        let is_function = declares_type && self.kind(index + 2) == Some(Kind::LParen);
        let message = match word {
            "print" | "assert" | "sleep" | "exit" => format!("`{word}` is called with parentheses"),
            "len" => "`len` is a method".into(),
            _ if is_function => "a function is declared with `fn`, without a result type".into(),
            _ if declares_type => "a declaration has no type in front".into(),
            _ => format!("`{word}` is not a word of Co"),
        };
        let help = match word {
            _ if is_function => "write `fn name(x) { … }`",
            "from" if start < index && self.kind(index - 1) == Some(Kind::Yield) => {
                "write `for x in xs { yield x }`"
            }
            "local" if self.slice(index + 1) == "function" => "functions are declared with `fn`",
            "do" if matches!(self.kind(index + 1), Some(Kind::LambdaOpen | Kind::Pipe)) => {
                "a lambda is an argument: `xs.each(|x| …)`"
            }
            "do" if index == start => "write `while true { … if not x { break } }`",
            "go" if matches!(self.slice(index + 1), "func" | "function") => {
                "a block of its own is started with `spawn { … }`"
            }
            "new" if self.kind(index.saturating_sub(1)) == Some(Kind::Throw) => {
                "write `throw error(\"what went wrong\")`"
            }
            _ => help,
        };
        let diagnostic = self.foreign(index, &message, help);
        match self.word_fix(index, word, replacement) {
            Some((title, edits)) => without_help(diagnostic).fix(title, edits),
            None => diagnostic,
        }
    }

    /// What replaces the word, where that alone is right.
    fn word_fix(&self, index: usize, word: &str, replacement: &str) -> Option<(String, Vec<Edit>)> {
        let start = self.failure.start;
        let first = index == start || index == start + 1 && self.first() == Some(Kind::Async);
        let write = |written: &str| (format!("write `{written}`"), self.replace(self.span(index), written));
        match word {
            "print" | "assert" | "echo" | "puts" | "exit" if first => return self.call_fix(index, word),
            "lambda" => return self.lambda_fix(index),
            "new"
                if self.kind(index + 1) == Some(Kind::Ident)
                    && self.kind(index.saturating_sub(1)) != Some(Kind::Throw) =>
            {
                return Some(("leave `new` out".into(), self.cut_word(index)));
            }
            "new" if matches!(self.slice(index + 1), "Error" | "Exception") => {
                return Some((
                    "write `error`".into(),
                    self.replace(self.span(index).to(self.span(index + 1)), "error"),
                ));
            }
            "pub" | "export" | "public" | "private" | "static"
                if matches!(
                    self.kind(index + 1),
                    Some(Kind::Fn | Kind::Async | Kind::Struct | Kind::Let | Kind::Var)
                ) =>
            {
                return Some((format!("leave `{word}` out"), self.cut_word(index)));
            }
            "mut" => return Some(("leave `mut` out".into(), self.cut_word(index))),
            "instanceof" | "isnt" => return Some(write(replacement)),
            "then" | "do" if index > start && self.ends_line(index) => {
                let indented = self.indented(self.span(index), Opener::Word);
                return indented.is_certain.then(|| ("write the blocks in braces".into(), indented.edits));
            }
            "then" | "do"
                if index > start && matches!(self.kind(index + 1), Some(Kind::BlockOpen | Kind::MapOpen)) =>
            {
                return Some((format!("leave `{word}` out"), self.cut_word(index)));
            }
            "then" | "do"
                if index > start && !matches!(self.kind(index + 1), Some(Kind::LambdaOpen | Kind::Pipe)) =>
            {
                let indented = self.indented(self.span(index), Opener::Word);
                return indented.is_certain.then(|| ("write the block in braces".into(), indented.edits));
            }
            "from" if first => return self.as_import(index),
            _ => {}
        }
        if replacement.is_empty() || !first {
            return None;
        }
        let next = self.kind(index + 1);
        let right = match replacement {
            "fn" => {
                if let Some(indented) = self.function_of_lines(index) {
                    return Some(indented);
                }
                next == Some(Kind::Ident)
                    && self.kind(index + 2) == Some(Kind::LParen)
                    && self.brace_on_line(index)
            }
            "struct" => {
                next == Some(Kind::Ident)
                    && matches!(self.kind(index + 2), Some(Kind::BlockOpen | Kind::MapOpen))
            }
            "let" | "var" => {
                matches!(next, Some(Kind::Ident | Kind::LBracket | Kind::MapOpen)) && {
                    let behind = self.kind(index + 2);
                    next != Some(Kind::Ident) || behind == Some(Kind::Assign)
                }
            }
            "spawn" => !matches!(self.slice(index + 1), "func" | "function"),
            "import" => {
                matches!(next, Some(Kind::Str | Kind::Ident))
                    && self.kind(index + 2).is_none_or(|kind| matches!(kind, Kind::Newline | Kind::Semi))
            }
            "if not" | "while not" => {
                self.brace_on_line(index) && next != Some(Kind::LParen) && self.is_one_condition(index + 1)
            }
            "for" => next != Some(Kind::LParen) && self.brace_on_line(index),
            "while true" => matches!(next, Some(Kind::BlockOpen | Kind::MapOpen)),
            "else if" | "catch" | "finally" => {
                self.brace_on_line(index) && self.kind(index + 2) != Some(Kind::As) && !self.has_as(index)
            }
            _ => true,
        };
        right.then(|| write(replacement))
    }

    /// `def f(x):` and `function f(x)` with the lines below, in braces.
    fn function_of_lines(&self, index: usize) -> Option<(String, Vec<Edit>)> {
        if self.kind(index + 1) != Some(Kind::Ident)
            || self.kind(index + 2) != Some(Kind::LParen)
            || self.brace_on_line(index)
        {
            return None;
        }
        let line_end = (index..).find(|index| matches!(self.kind(*index), None | Some(Kind::Newline)))?;
        let indented = match self.kind(line_end - 1)? {
            Kind::Colon => self.indented(self.span(line_end - 1), Opener::Colon),
            Kind::RParen => self.indented(self.span(line_end - 1).after(), Opener::Word),
            _ => {
                let colon = (index..line_end).rev().find(|index| {
                    self.kind(*index) == Some(Kind::Colon) && self.kind(*index - 1) == Some(Kind::RParen)
                })?;
                self.indented(self.span(colon), Opener::Colon)
            }
        };
        if !indented.is_certain {
            return None;
        }
        let mut edits = indented.edits;
        edits.extend(self.replace(self.span(index), "fn"));
        Some(("write `fn` and braces".into(), edits))
    }

    /// `print x` to `print(x)`.
    fn call_fix(&self, index: usize, word: &str) -> Option<(String, Vec<Edit>)> {
        let end = self.statement_end(index);
        let (first, last) = (self.span(index + 1), self.span(end - 1));
        if end <= index + 1
            || (index..end).any(|index| matches!(self.kind(index), Some(Kind::Colon | Kind::BlockOpen)))
        {
            return None;
        }
        let name = if matches!(word, "echo" | "puts") { "print" } else { word };
        let mut edits = self.replace(Span::new(self.span(index).start, first.start), &format!("{name}("));
        edits.extend(self.replace(last.after(), ")"));
        Some((format!("write `{name}(…)`"), edits))
    }

    /// `lambda x, y: x + y` to `|x, y| x + y`.
    fn lambda_fix(&self, index: usize) -> Option<(String, Vec<Edit>)> {
        let colon = (index..index + 40).find(|index| self.kind(*index) == Some(Kind::Colon))?;
        let params = index + 1..colon;
        if params.clone().any(|index| {
            !matches!(
                self.kind(index),
                Some(Kind::Ident | Kind::Comma | Kind::Assign | Kind::Int | Kind::Str | Kind::Nil)
            )
        }) {
            return None;
        }
        let names = match params.is_empty() {
            true => "",
            false => self.ctx.text.get(self.span(params.start).to(self.span(params.end - 1)).range())?,
        };
        let edits = self.replace(self.span(index).to(self.span(colon)), &format!("|{names}|"));
        Some((format!("write `|{names}|`"), edits))
    }

    /// `from math import sin, pi` to `import math.{sin, pi}`.
    fn as_import(&self, index: usize) -> Option<(String, Vec<Edit>)> {
        let end = self.statement_end(index);
        let module = self.slice(index + 1);
        if self.kind(index + 1) != Some(Kind::Ident)
            || self.kind(index + 2) != Some(Kind::Import)
            || end <= index + 3
        {
            return None;
        }
        let names = self.ctx.text.get(self.span(index + 3).to(self.span(end - 1)).range())?;
        let names = if names == "*" { String::new() } else { format!(".{{{names}}}") };
        let written = format!("import {module}{names}");
        Some((format!("write `{written}`"), self.replace(self.span(index).to(self.span(end - 1)), &written)))
    }

    /// The index behind the statement that a token belongs to.
    pub(super) fn statement_end(&self, index: usize) -> usize {
        let mut depth = 0u32;
        for index in index.. {
            match self.kind(index) {
                None => return index,
                Some(Kind::Newline | Kind::Semi) if depth == 0 => return index,
                Some(
                    Kind::LParen
                    | Kind::LBracket
                    | Kind::QBracket
                    | Kind::MapOpen
                    | Kind::BlockOpen
                    | Kind::InterpOpen,
                ) => depth += 1,
                Some(
                    Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose | Kind::InterpClose,
                ) => {
                    let Some(outer) = depth.checked_sub(1) else { return index };
                    depth = outer;
                }
                _ => {}
            }
        }
        index
    }

    /// Takes a word out, with the blanks behind it.
    pub(super) fn cut_word(&self, index: usize) -> Vec<Edit> {
        let span = Span::new(self.span(index).start, self.span(index + 1).start);
        vec![Edit { location: Location { source: self.ctx.source, span }, text: String::new() }]
    }

    pub(super) fn ends_line(&self, index: usize) -> bool {
        let rest = self.ctx.text.get(self.span(index).end as usize..).unwrap_or("");
        let rest = rest.split('\n').next().unwrap_or("").trim();
        rest.is_empty() || rest.starts_with('#')
    }

    /// A `{` opens on this line.
    fn brace_on_line(&self, index: usize) -> bool {
        let mut rest = index..self.ctx.tokens.tokens.len();
        rest.find_map(|index| match self.kind(index) {
            Some(Kind::BlockOpen | Kind::MapOpen) => Some(true),
            Some(Kind::Newline) => Some(false),
            _ => None,
        })
        .unwrap_or(false)
    }

    fn has_as(&self, index: usize) -> bool {
        (index..index + 12)
            .take_while(|index| {
                !matches!(self.kind(*index), None | Some(Kind::Newline | Kind::BlockOpen | Kind::MapOpen))
            })
            .any(|index| self.kind(index) == Some(Kind::As))
    }

    /// What `not` in front negates as a whole: up to the brace neither `and` nor `or`.
    fn is_one_condition(&self, index: usize) -> bool {
        let head = (index..).take_while(|index| {
            !matches!(self.kind(*index), None | Some(Kind::Newline | Kind::BlockOpen | Kind::MapOpen))
        });
        head.into_iter().all(|index| !matches!(self.kind(index), Some(Kind::And | Kind::Or)))
    }
}

/// A fix shows what the help would tell to write; what else it says becomes a note.
pub(super) fn without_help(mut diagnostic: Diagnostic) -> Diagnostic {
    let help = std::mem::take(&mut diagnostic.help);
    diagnostic.notes.extend(help.into_iter().filter(|help| !help.starts_with("write ")));
    diagnostic
}

/// Words that start a statement elsewhere, and what to write.
pub const WORDS: &[(&str, &str, &str)] = &[
    // word, what to write, the word that replaces it if that alone is right
    ("def", "functions are declared with `fn`", "fn"),
    ("function", "functions are declared with `fn`; as a value write a lambda, `|x| x + 1`", "fn"),
    ("func", "functions are declared with `fn`", "fn"),
    ("fun", "functions are declared with `fn`", "fn"),
    ("proc", "functions are declared with `fn`", "fn"),
    ("sub", "functions are declared with `fn`", "fn"),
    ("const", "a name that is not assigned again is declared with `let`", "let"),
    ("final", "a name that is not assigned again is declared with `let`", "let"),
    ("local", "variables are declared with `let`, or `var` if they change", "var"),
    ("val", "a name that is not assigned again is declared with `let`", "let"),
    ("my", "variables are declared with `let`, or `var` if they change", "var"),
    ("dim", "variables are declared with `let`, or `var` if they change", "var"),
    ("auto", "variables are declared with `let`, or `var` if they change", "let"),
    ("mut", "variables that change are declared with `var`", "var"),
    ("class", "types with fields and methods are declared with `struct`; there is no inheritance", "struct"),
    ("record", "types with fields and methods are declared with `struct`", "struct"),
    ("type", "types with fields and methods are declared with `struct`", "struct"),
    ("interface", "there are no interfaces: a method is called on whatever has it", ""),
    ("trait", "there are no traits: a method is called on whatever has it", ""),
    ("impl", "methods stand in the `struct` itself", ""),
    ("enum", "there are no enums; use strings, or a `struct` for each case, and `match`", ""),
    ("elif", "write `else if`", "else if"),
    ("elsif", "write `else if`", "else if"),
    ("elseif", "write `else if`", "else if"),
    ("switch", "write `match x { 1 => …, 2 | 3 => …, _ => … }`; an arm ends by itself", ""),
    ("case", "arms of a `match` are written `pattern => …`", ""),
    ("unless", "write `if not … { }`", "if not"),
    ("until", "write `while not … { }`", "while not"),
    ("loop", "write `while true { … }`", "while true"),
    ("do", "a block follows its head directly: `while x { … }`", ""),
    ("then", "a block follows its head directly: `if x { … }`", ""),
    ("repeat", "write `while true { … if done { break } }`", ""),
    ("end", "blocks end with `}`", ""),
    ("endif", "blocks end with `}`", ""),
    ("done", "blocks end with `}`", ""),
    ("begin", "blocks stand in braces", ""),
    ("foreach", "write `for x in xs { … }`", "for"),
    ("except", "write `catch e { … }`, on the line of the `}`", "catch"),
    ("rescue", "write `catch e { … }`, on the line of the `}`", "catch"),
    ("ensure", "write `finally { … }`", "finally"),
    ("raise", "errors are thrown with `throw`", "throw"),
    ("with", "write `defer x.close()` behind the line that opens `x`", ""),
    ("using", "write `defer x.close()` behind the line that opens `x`", ""),
    ("from", "write `import module.{name}`", ""),
    ("require", "write `import module` or `import \"./file.co\"`", "import"),
    ("include", "write `import module` or `import \"./file.co\"`", "import"),
    ("use", "write `import module` or `import module.{name}`", ""),
    ("mod", "a file is a module: `import \"./name.co\"`", ""),
    ("module", "a file is a module, without a word for it", ""),
    ("package", "a file is a module, without a word for it", ""),
    ("namespace", "a file is a module, without a word for it", ""),
    ("export", "all names of a file can be imported, unless they start with `_`", ""),
    ("pub", "all names of a file can be imported, unless they start with `_`", ""),
    ("public", "all names of a file can be imported, unless they start with `_`", ""),
    ("private", "a name that starts with `_` is private to its file", ""),
    ("static", "a function without `self` in a struct is called on the struct", ""),
    ("override", "a method is declared with `fn` alone", ""),
    ("abstract", "a method is called on whatever has it, without a declaration", ""),
    ("virtual", "a method is called on whatever has it, without a declaration", ""),
    ("implements", "a method is called on whatever has it, without a declaration", ""),
    ("throws", "errors need no declaration", ""),
    ("extends", "there is no inheritance; keep the other value in a field", ""),
    ("new", "an instance is made by calling the struct: `Point(1, 2)`", ""),
    ("del", "a key is taken out of a map with `m.remove(key)`", ""),
    ("delete", "a key is taken out of a map with `m.remove(key)`", ""),
    ("pass", "an empty block is `{ }`", ""),
    ("lambda", "a lambda is written `|x| x + 1`", ""),
    ("typeof", "`type(x)` gives the name of a type, `x is int` tests it", ""),
    ("instanceof", "`x is Point` tests a type", "is"),
    ("go", "a task is started with `spawn f()`", "spawn"),
    ("print", "write `print(x)`", ""),
    ("echo", "write `print(x)`", ""),
    ("puts", "write `print(x)`", ""),
    ("assert", "write `assert(x == 1)`", ""),
    ("goto", "write a loop, or a function that returns", ""),
    ("lock", "write `await m.with(async || { … })` for a mutex `m`", ""),
    (
        "synchronized",
        "between two awaits a task runs alone; for a mutex write `await m.with(async || { … })`",
        "",
    ),
    ("move", "a lambda is written `|x| x + 1`; it keeps what it uses", ""),
    ("sleep", "write `await sleep(1s)`", ""),
    ("exit", "write `exit(1)`", ""),
    ("len", "write `xs.len()`", ""),
    ("xor", "write `a != b` for bools, `a ^ b` for ints", ""),
    ("div", "write `a // b`", ""),
    ("isnt", "write `is not`", "is not"),
    ("void", "functions are declared with `fn`, without a result type", ""),
    ("global", "a function may assign the `var`s of its file as they are", ""),
    ("nonlocal", "a function may assign the `var`s around it as they are", ""),
    ("int", "variables are declared with `let` or `var`, without a type", "var"),
    ("float", "variables are declared with `let` or `var`, without a type", "var"),
    ("str", "variables are declared with `let` or `var`, without a type", "var"),
    ("string", "variables are declared with `let` or `var`, without a type", "var"),
    ("bool", "variables are declared with `let` or `var`, without a type", "var"),
];
