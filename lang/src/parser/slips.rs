//! Habits from other languages, and other mistakes that have a name.
//!
//! Asked only when a statement has failed, so right programs pay nothing. Every answer shows the form of Co.

mod words;

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
    token::Kind,
};

use super::error::{Context, Failure, Want};

use words::WORDS;

/// The message for a mistake that has a name; `None` for all others.
pub fn diagnostic(ctx: &Context<'_>, failure: &Failure) -> Option<Diagnostic> {
    let slip = Slip { ctx, failure, at: failure.reject.at as usize };
    slip.word()
        .or_else(|| slip.broken_head())
        .or_else(|| slip.assignment())
        .or_else(|| slip.block())
        .or_else(|| slip.operator())
        .or_else(|| slip.literal())
        .or_else(|| slip.placement())
        .or_else(|| slip.two_statements())
}

struct Slip<'c, 't> {
    ctx: &'c Context<'t>,
    failure: &'c Failure,
    /// The token that could not be used.
    at: usize,
}

impl Slip<'_, '_> {
    fn kind(&self, index: usize) -> Option<Kind> {
        self.ctx.tokens.tokens.get(index).map(|token| token.kind)
    }

    fn found(&self) -> Option<Kind> {
        self.kind(self.at)
    }

    fn prev(&self) -> Option<Kind> {
        self.at.checked_sub(1).filter(|prev| *prev >= self.failure.start).and_then(|prev| self.kind(prev))
    }

    fn next(&self) -> Option<Kind> {
        self.kind(self.at + 1)
    }

    fn first(&self) -> Option<Kind> {
        self.kind(self.failure.start)
    }

    fn slice(&self, index: usize) -> &str {
        self.ctx.slice(index)
    }

    fn span(&self, index: usize) -> Span {
        self.ctx.tokens.spans.get(index).copied().unwrap_or_default()
    }

    fn wants(&self, want: Want) -> bool {
        self.failure.reject.wants(want)
    }

    /// Whether the token touches the one before it.
    fn glued(&self, index: usize) -> bool {
        index > 0 && self.span(index - 1).end == self.span(index).start
    }

    fn replace(&self, span: Span, text: &str) -> Vec<Edit> {
        vec![Edit { location: Location { source: self.ctx.source, span }, text: text.into() }]
    }

    /// A construct of another language, at a token.
    fn foreign(&self, index: usize, message: &str, help: &str) -> Diagnostic {
        self.ctx.report(Code::FOREIGN_STATEMENT, message, index, "not Co").help(help)
    }

    fn foreign_operator(&self, index: usize, message: &str, help: &str) -> Diagnostic {
        self.ctx.report(Code::FOREIGN_OPERATOR, message, index, "not an operator of Co").help(help)
    }

    /// A word of another language: where the statement starts, right before the mistake, or as the mistake.
    fn word(&self) -> Option<Diagnostic> {
        let before = self.at.checked_sub(1);
        let places = [before.filter(|index| *index >= self.failure.start), Some(self.at)];
        for index in places.into_iter().flatten() {
            if self.kind(index) != Some(Kind::Ident) {
                continue;
            }
            let word = self.slice(index);
            let Some((_, help, replacement)) = WORDS.iter().find(|(known, ..)| *known == word) else {
                continue;
            };
            // As the mistake itself only words that stand behind something: `if x then`, `let mut`.
            let behind = (index == self.at && self.wants(Want::AsyncTail))
                || matches!(
                    word,
                    "then" | "do" | "mut" | "instanceof" | "extends" | "elif" | "else if" | "unless" | "def"
                );
            // In front of the mistake only where it starts a statement or operand.
            let starts = index == self.failure.start
                || self
                    .kind(index - 1)
                    .is_none_or(|prev| !prev.ends_operand() && !matches!(prev, Kind::Dot | Kind::QDot));
            if !behind && (index == self.at || !starts) {
                continue;
            }
            if word == "mut" && matches!(self.first(), Some(Kind::Let | Kind::Var)) {
                let span = self.span(self.failure.start).to(self.span(index));
                let diagnostic = self.foreign(index, "`mut` is not a word of Co", help);
                return Some(diagnostic.fix("write `var`", self.replace(span, "var")));
            }
            let message = match word {
                "print" | "assert" => format!("`{word}` is called with parentheses"),
                "int" | "float" | "str" | "string" | "bool" => "a declaration has no type in front".into(),
                _ => format!("`{word}` is not a word of Co"),
            };
            let diagnostic = self.foreign(index, &message, help);
            let simple = !replacement.is_empty() && index == self.failure.start && word != "from";
            return Some(if simple {
                diagnostic.fix(format!("write `{replacement}`"), self.replace(self.span(index), replacement))
            } else {
                diagnostic
            });
        }
        None
    }

    /// `const [a, b] = …` and `for (let i = 0; …)`, which fail further on.
    fn broken_head(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        match self.first()? {
            Kind::Ident if self.slice(start) == "const" => {
                let diagnostic = self.foreign(start, "`const` is not a word of Co", "declare with `let`");
                Some(diagnostic.fix("write `let`", self.replace(self.span(start), "let")))
            }
            Kind::For if self.kind(start + 1) == Some(Kind::LParen) && self.wants(Want::Pattern) => {
                Some(self.foreign(
                    start,
                    "a `for` walks something",
                    "write `for i in 0..10 { … }` or `for x in xs { … }`",
                ))
            }
            _ => None,
        }
    }

    /// `=` where a value is read, and variables that get none.
    fn assignment(&self) -> Option<Diagnostic> {
        let ctx = self.ctx;
        let declares = matches!(self.first(), Some(Kind::Let | Kind::Var));
        match self.found() {
            Some(Kind::Assign) if self.next() == Some(Kind::Gt) => Some(self.foreign_operator(
                self.at,
                "`=` and `>` do not belong together here",
                "an arm is written `pattern => …`",
            )),
            Some(Kind::Assign) if self.in_call() => {
                let diagnostic = ctx
                    .report(Code::ASSIGNMENT_AS_VALUE, "an assignment is no value", self.at, "assigns")
                    .help("a named argument is written `name: value`, a comparison `==`");
                Some(diagnostic)
            }
            Some(Kind::Assign) if self.wants(Want::MapClose) => {
                let diagnostic = ctx.report(
                    Code::UNEXPECTED,
                    "in a map, `:` stands between key and value",
                    self.at,
                    "expected `:`",
                );
                Some(diagnostic.fix("write `:`", self.replace(self.span(self.at), ":")))
            }
            Some(found) if is_assign(found) && self.prev() != Some(Kind::Assign) => {
                if !(self.wants(Want::Block)
                    || self.wants(Want::End)
                    || self.wants(Want::RParen)
                    || self.wants(Want::Comma))
                {
                    return None;
                }
                if self.first() == Some(Kind::Fn)
                    || self.first() == Some(Kind::Async) && self.wants(Want::Block)
                {
                    return Some(self.fn_body());
                }
                let diagnostic =
                    ctx.report(Code::ASSIGNMENT_AS_VALUE, "an assignment is no value", self.at, "assigns");
                Some(if self.wants(Want::Block) && found == Kind::Assign {
                    diagnostic.fix("compare with `==`", self.replace(self.span(self.at), "=="))
                } else {
                    diagnostic.help("assign in a statement of its own")
                })
            }
            None | Some(Kind::Newline | Kind::Semi | Kind::BlockClose)
                if declares && self.wants(Want::Assign) =>
            {
                let value = if self.first() == Some(Kind::Var) { " = nil" } else { " = …" };
                let diagnostic = ctx.report(
                    Code::NO_VALUE,
                    "the variable gets no value",
                    self.at,
                    "expected `=` and a value",
                );
                Some(if self.first() == Some(Kind::Var) {
                    diagnostic.fix("start with `nil`", self.replace(ctx.place(self.at).before(), value))
                } else {
                    diagnostic.help(format!("write `let name{value}`"))
                })
            }
            _ => None,
        }
    }

    /// Whether the mistake stands directly in the arguments of a call.
    fn in_call(&self) -> bool {
        if self.found() != Some(Kind::Assign) || !self.wants(Want::RParen) {
            return false;
        }
        let mut depth = 0u32;
        for index in (self.failure.start..self.at).rev() {
            match self.kind(index) {
                Some(
                    Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose | Kind::InterpClose,
                ) => depth += 1,
                Some(Kind::LParen) if depth == 0 => {
                    return index > 0 && self.kind(index - 1).is_some_and(Kind::ends_operand);
                }
                Some(
                    Kind::LParen
                    | Kind::LBracket
                    | Kind::QBracket
                    | Kind::MapOpen
                    | Kind::BlockOpen
                    | Kind::InterpOpen,
                ) => match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => return false,
                },
                _ => {}
            }
        }
        false
    }

    /// `function (…)` right before the mistake.
    fn called_word(&self) -> bool {
        let mut depth = 0u32;
        for index in (self.failure.start + 1..self.at).rev() {
            match self.kind(index) {
                Some(Kind::RParen) => depth += 1,
                Some(Kind::LParen) if depth == 1 => {
                    return matches!(self.slice(index - 1), "function" | "func" | "fun");
                }
                Some(Kind::LParen) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        false
    }

    fn lambda_with_arrow(&self) -> Diagnostic {
        self.foreign(self.at, "a lambda is written with bars", "write `|x| x + 1`, `|a, b| a + b`, `|| f()`")
    }

    /// `|x| { a: x }`, `=> { a, b }`: the first thing in the block of a lambda or an arm is a key.
    fn map_as_block(&self) -> bool {
        let start = self.failure.start;
        let before = |back: usize| start.checked_sub(back).and_then(|index| self.kind(index));
        self.at == start + 1
            && matches!(self.first(), Some(Kind::Ident | Kind::Str))
            && before(1) == Some(Kind::BlockOpen)
            && matches!(before(2), Some(Kind::LambdaClose | Kind::EmptyParams | Kind::Arrow))
    }

    /// `=>` behind the parentheses around the mistake.
    fn arrow_follows(&self) -> bool {
        let mut depth = 0u32;
        for index in self.at.. {
            match self.kind(index) {
                Some(Kind::LParen) => depth += 1,
                Some(Kind::RParen) if depth == 0 => return self.kind(index + 1) == Some(Kind::Arrow),
                Some(Kind::RParen) => depth -= 1,
                None | Some(Kind::Newline | Kind::BlockOpen) => return false,
                _ => {}
            }
        }
        false
    }

    fn fn_body(&self) -> Diagnostic {
        self.ctx
            .report(Code::BLOCK_EXPECTED, "the body of a `fn` is a block", self.at, "expected `{`")
            .help("write `fn name(x) { x * 2 }`")
    }

    /// Blocks with colons, without braces, or without anything.
    fn block(&self) -> Option<Diagnostic> {
        let ctx = self.ctx;
        let colon = |index: usize| {
            ctx.report(
                Code::COLON_BLOCK,
                "a block stands in braces, not behind a colon",
                index,
                "expected `{`",
            )
            .help("write `{` here and `}` behind the last line of the block")
        };
        if self.found() == Some(Kind::Colon) && (self.wants(Want::Block) || self.head_before_colon()) {
            return Some(colon(self.at));
        }
        if matches!(self.found(), Some(Kind::Else | Kind::Finally | Kind::Catch)) && self.wants(Want::End) {
            if self.next() == Some(Kind::Colon) {
                return Some(colon(self.at + 1));
            }
            let word = self.found().map_or("", Kind::text);
            let partner = if word == "else" { "`if` with a block" } else { "`try` with a block" };
            let message = format!("this `{word}` has no `{}`", if word == "else" { "if" } else { "try" });
            return Some(ctx.report(
                Code::UNEXPECTED,
                message,
                self.at,
                format!("expected an {partner} before it").replace("an `try`", "a `try`"),
            ));
        }
        if matches!(self.found(), Some(Kind::Else | Kind::Finally | Kind::Catch))
            && self.wants(Want::Expression)
        {
            let word = self.found().map_or("", Kind::text);
            let partner = if word == "else" { "if" } else { "try" };
            return Some(ctx.report(
                Code::UNEXPECTED,
                format!("this `{word}` has no `{partner}`"),
                self.at,
                "stands alone",
            ));
        }
        if !self.wants(Want::Block) {
            return None;
        }
        match self.found() {
            Some(Kind::Arrow) if self.first() == Some(Kind::Fn) => Some(self.fn_body()),
            Some(Kind::LParen) if self.prev() == Some(Kind::Catch) => Some(self.foreign(
                self.at,
                "`catch` takes a name without parentheses",
                "write `catch e { … }`",
            )),
            Some(Kind::LParen) if self.first() == Some(Kind::Struct) => Some(self.foreign(
                self.at,
                "the fields of a `struct` stand in braces",
                "write `struct Point { x, y }`",
            )),
            None | Some(Kind::Newline | Kind::Semi | Kind::BlockClose | Kind::RParen | Kind::Comma) => {
                Some(ctx.report(Code::BLOCK_EXPECTED, "a block is missing", self.at, "expected `{`"))
            }
            Some(found) if found.starts_expr() && self.prev().is_some_and(Kind::ends_operand) => {
                let message = "the block of a head stands in braces";
                Some(ctx.report(Code::BLOCK_EXPECTED, message, self.at, "expected `{` before this"))
            }
            Some(found) if found.starts_expr() || found == Kind::Let || found == Kind::Var => {
                Some(ctx.report(
                    Code::BLOCK_EXPECTED,
                    "a block stands in braces",
                    self.at,
                    "expected `{` before this",
                ))
            }
            _ => None,
        }
    }

    /// `else:`, `try:`, `elif x:`, `class A:`, `def f():`.
    fn head_before_colon(&self) -> bool {
        let ends_line = matches!(self.next(), None | Some(Kind::Newline));
        let head = matches!(
            self.first(),
            Some(
                Kind::If
                    | Kind::While
                    | Kind::For
                    | Kind::Try
                    | Kind::Match
                    | Kind::Fn
                    | Kind::Struct
                    | Kind::Test
            )
        );
        head && (ends_line || self.wants(Want::In))
            || matches!(self.prev(), Some(Kind::Else | Kind::Try | Kind::Finally))
    }

    /// Operators and punctuation that mean something elsewhere.
    fn operator(&self) -> Option<Diagnostic> {
        let expects_operand = self.wants(Want::Expression);
        let found = self.found();
        if expects_operand
            && self.prev() == Some(Kind::Minus)
            && self.at >= 2
            && self.kind(self.at - 2) == Some(Kind::Minus)
            && self.glued(self.at - 1)
        {
            return Some(self.foreign_operator(
                self.at - 1,
                "`--` is not an operator of Co",
                "write `x -= 1` to count down",
            ));
        }
        if expects_operand && self.prev() == Some(Kind::Pipe) && found == Some(Kind::Gt) {
            return Some(self.foreign_operator(
                self.at,
                "`|>` is not an operator of Co",
                "write `f(x)` or `x.f()`",
            ));
        }
        if found == Some(Kind::Colon) && self.next() == Some(Kind::Assign) {
            return Some(self.foreign_operator(
                self.at,
                "`:=` is not an operator of Co",
                "declare with `let x = …`, assign with `x = …`",
            ));
        }
        if found == Some(Kind::Colon) && self.next() == Some(Kind::Colon) {
            return Some(self.foreign_operator(
                self.at,
                "`::` is not an operator of Co",
                "write `.`: `module.name`",
            ));
        }
        if found == Some(Kind::Arrow)
            && (self.wants(Want::End) || self.wants(Want::Comma) || self.wants(Want::RParen))
        {
            return Some(self.lambda_with_arrow());
        }
        if matches!(found, Some(Kind::SlashSlash))
            && expects_operand
            && self.prev().is_none_or(|prev| !prev.ends_operand())
        {
            let diagnostic = self.foreign(self.at, "a comment starts with `#`", "write `# …`");
            return Some(diagnostic.fix("write `#`", self.replace(self.span(self.at), "#")));
        }
        if found == Some(Kind::Slash) && self.next() == Some(Kind::Star) && expects_operand {
            return Some(self.foreign(
                self.at,
                "a comment starts with `#` and goes to the end of the line",
                "write `#` on each line",
            ));
        }
        if !expects_operand {
            return None;
        }
        match found? {
            Kind::Star | Kind::StarStar => Some(self.foreign_operator(
                self.at,
                "a sequence is spread with `...`",
                "write `f(...xs)`, `[...xs]` or `{...m}`",
            )),
            Kind::Amp => Some(self.foreign_operator(
                self.at,
                "there are no references to take",
                "pass the value itself",
            )),
            Kind::Plus => {
                Some(self.foreign_operator(self.at, "there is no `+` in front of a value", "leave it out"))
            }
            Kind::Lt if self.next() == Some(Kind::Minus) => Some(self.foreign_operator(
                self.at,
                "`<-` is not an operator of Co",
                "write `await ch.recv()` and `await ch.send(x)`",
            )),
            _ => None,
        }
    }

    /// Literals and calls of other languages.
    fn literal(&self) -> Option<Diagnostic> {
        let prev_word = if self.prev() == Some(Kind::Ident) { self.slice(self.at - 1) } else { "" };
        match self.found()? {
            Kind::Str | Kind::StrOpen
                if self.glued(self.at)
                    && matches!(prev_word, "f" | "F" | "r" | "R" | "u" | "rb" | "br" | "b") =>
            {
                let help = match prev_word {
                    "f" | "F" => "strings in `\"` interpolate by themselves",
                    "b" => "bytes are written `b\"…\"`",
                    _ => "strings in `'` do not interpolate; a backslash is written `\\\\`",
                };
                let message = format!("strings have no prefix `{prev_word}`");
                let diagnostic = self.foreign(self.at - 1, &message, help);
                Some(if help.starts_with("strings in `\"`") {
                    diagnostic.fix("remove the prefix", self.replace(self.span(self.at - 1), ""))
                } else {
                    diagnostic
                })
            }
            Kind::MapOpen if self.prev() == Some(Kind::Ident) && self.wants(Want::End) => {
                let help =
                    format!("write `{prev_word}(…)`, with the fields in order or named: `{prev_word}(x: 1)`");
                Some(self.foreign(self.at, "an instance is made by a call", &help))
            }
            Kind::MapOpen if self.prev() == Some(Kind::RParen) && self.called_word() => Some(self.foreign(
                self.at,
                "a function as a value is a lambda",
                "write `|x| x + 1` or `|x| { … }`",
            )),
            Kind::Comma
                if (self.wants(Want::Expression) || self.wants(Want::Param) || self.wants(Want::Key))
                    && matches!(
                        self.prev(),
                        Some(Kind::Comma | Kind::LBracket | Kind::LParen | Kind::MapOpen)
                    ) =>
            {
                if self.arrow_follows() {
                    return Some(self.lambda_with_arrow());
                }
                let what = if self.wants(Want::Param) {
                    "a parameter"
                } else if self.wants(Want::Key) {
                    "an entry"
                } else {
                    "a value"
                };
                let message = format!("{what} is missing before this comma");
                Some(self.ctx.report(Code::UNEXPECTED, message, self.at, format!("expected {what}")))
            }
            Kind::Colon | Kind::Comma if self.map_as_block() => {
                let message = "this `{` starts a block, not a map";
                let start = self.failure.start - 1;
                let diagnostic = self.ctx.report(Code::UNEXPECTED, message, start, "a block of statements");
                Some(diagnostic.help("put the map in parentheses: `|x| ({a: x})`"))
            }
            Kind::Comma if self.wants(Want::RParen) && !self.wants(Want::Comma) => {
                if self.arrow_follows() {
                    return Some(self.lambda_with_arrow());
                }
                Some(self.foreign(self.at, "there are no tuples", "write a list: `[a, b]`"))
            }
            Kind::RParen if self.prev() == Some(Kind::LParen) && self.wants(Want::Expression) => {
                Some(self.foreign(self.at, "there are no empty tuples", "write `nil` or `[]`"))
            }
            Kind::Comma if self.wants(Want::End) => {
                let help = "several values at once are lists: `let [a, b] = [1, 2]`, `return [a, b]`";
                Some(self.foreign(self.at, "values are not separated by commas here", help))
            }
            Kind::Comma if self.wants(Want::Assign) => {
                let help = "take a list apart with `let [a, b] = …`, or write two statements";
                Some(self.foreign(self.at, "a `let` declares one pattern", help))
            }
            Kind::For if !self.wants(Want::Expression) && self.prev().is_some_and(Kind::ends_operand) => {
                Some(self.foreign(
                    self.at,
                    "there are no comprehensions",
                    "write `xs.map(|x| …)` or `xs.filter(|x| …)`",
                ))
            }
            Kind::If
                if !self.wants(Want::Expression)
                    && self.prev().is_some_and(Kind::ends_operand)
                    && !self.wants(Want::Guard) =>
            {
                Some(self.foreign(
                    self.at,
                    "a condition comes before its values",
                    "write `if c { a } else { b }`",
                ))
            }
            Kind::Int
            | Kind::Float
            | Kind::Duration
            | Kind::Nil
            | Kind::True
            | Kind::False
            | Kind::StrOpen
                if self.wants(Want::Key) =>
            {
                let diagnostic = self.ctx.report(
                    Code::UNEXPECTED,
                    "a computed key stands in brackets",
                    self.at,
                    "expected a name, a string or `[`",
                );
                let key = if self.found() == Some(Kind::StrOpen) { "\"a{i}\"" } else { self.slice(self.at) };
                Some(diagnostic.help(format!("write `[{key}]: value`")))
            }
            Kind::As => Some(self.foreign(
                self.at,
                "values are not converted with `as`",
                "call the type: `int(x)`, `float(x)`, `str(x)`",
            )),
            Kind::Await if self.kind(self.failure.start) == Some(Kind::For) && self.wants(Want::In) => Some(
                self.foreign(self.at, "`await` stands behind `for`", "write `for await x in source { … }`"),
            ),
            _ => None,
        }
    }

    /// Statements where a value is due, and `fn` without a name.
    fn placement(&self) -> Option<Diagnostic> {
        let ctx = self.ctx;
        let found = self.found()?;
        if self.wants(Want::AsyncTail) && found == Kind::Fn {
            return Some(self.nameless_fn());
        }
        if self.wants(Want::AsyncTail) {
            let message = "`async` stands before `fn`, a lambda or a block";
            return Some(ctx.report(
                Code::MISPLACED_ASYNC,
                message,
                self.at - 1,
                "makes nothing asynchronous here",
            ));
        }
        let names = self.wants(Want::Name) || self.wants(Want::Pattern) || self.wants(Want::Param);
        if names
            && found.is_keyword()
            && !(found == Kind::In && matches!(self.prev(), Some(Kind::For | Kind::Await)))
        {
            let keyword = found.text();
            let message = format!("`{keyword}` is a keyword and no name");
            return Some(
                ctx.report(Code::KEYWORD_AS_NAME, message, self.at, "expected a name")
                    .help("choose another name"),
            );
        }
        if self.wants(Want::Key) && found.is_keyword() {
            let keyword = found.text();
            let message = format!("`{keyword}` is a keyword and no variable");
            return Some(
                ctx.report(Code::KEYWORD_AS_NAME, message, self.at, "expected a key")
                    .help(format!("as a key it needs a value: `{keyword}: …`")),
            );
        }
        if self.wants(Want::Param) {
            let message = "a parameter of a `fn` is a name";
            return Some(
                ctx.report(Code::UNEXPECTED, message, self.at, "expected a name")
                    .help("take the value apart in the body: `let [a, b] = pair`"),
            );
        }
        if !self.wants(Want::Expression) {
            return None;
        }
        match found {
            Kind::Fn => Some(self.nameless_fn()),
            Kind::While
            | Kind::For
            | Kind::Let
            | Kind::Var
            | Kind::Struct
            | Kind::Import
            | Kind::Defer
            | Kind::Test
                if self.at > self.failure.start =>
            {
                if self.kind(self.at - 1) == Some(Kind::Await) {
                    return Some(self.await_of_statement(found));
                }
                let message = format!("`{}` is a statement and has no value", found.text());
                Some(ctx.report(Code::MISPLACED_STATEMENT, message, self.at, "expected an expression"))
            }
            Kind::Dot | Kind::QDot if self.at == self.failure.start => {
                let message = format!("a statement cannot start with `{}`", found.text());
                Some(
                    ctx.report(Code::UNEXPECTED, message, self.at, "belongs to nothing")
                        .note("an `if`, `match`, `try` or loop that is a statement ends at its `}`")
                        .help("give its value a name with `let`, or put it in parentheses"),
                )
            }
            _ => None,
        }
    }

    /// `await for x in ch { … }`, `await let x = f()`.
    fn await_of_statement(&self, found: Kind) -> Diagnostic {
        let word = found.text();
        let message = format!("`await` cannot stand in front of `{word}`");
        let diagnostic = self.ctx.report(
            Code::MISPLACED_STATEMENT,
            message,
            self.at,
            "a statement, which has no value to wait for",
        );
        match found {
            Kind::For => {
                let both = self.span(self.at - 1).to(self.span(self.at));
                diagnostic.fix("write `for await`", self.replace(both, "for await"))
            }
            Kind::Let | Kind::Var => diagnostic.help(format!("await the value: `{word} x = await f()`")),
            _ => diagnostic.help("write `await` inside it, in front of what it waits for"),
        }
    }

    fn nameless_fn(&self) -> Diagnostic {
        let message = "`fn` needs a name and is a statement";
        self.ctx
            .report(Code::FN_NAME, message, self.at, "not a value")
            .help("a function as a value is a lambda: `|x| x * 2` or `|x| { … }`")
    }

    fn two_statements(&self) -> Option<Diagnostic> {
        if !self.wants(Want::End) {
            return None;
        }
        let ctx = self.ctx;
        let arms = self.wants(Want::Comma);
        if arms {
            if self.prev() == Some(Kind::Ident) && matches!(self.slice(self.at - 1), "let" | "var") {
                let help = "write the name alone, with `= value` if it has a default";
                return Some(self.foreign(
                    self.at - 1,
                    "fields of a struct are declared without a word",
                    help,
                ));
            }
            let message = "a newline or a comma is missing here";
            return Some(ctx.report(Code::UNEXPECTED, message, self.at, "expected a new line before this"));
        }
        if self.found()?.starts_expr() || self.found()?.is_keyword() || self.found() == Some(Kind::Tilde) {
            let message = "two statements on one line need a `;` between them";
            let diagnostic =
                ctx.report(Code::TWO_STATEMENTS, message, self.at, "the second statement starts here");
            return Some(if self.comment_before() {
                diagnostic.help("`//` divides and rounds down; a comment starts with `#`")
            } else {
                diagnostic.help("or is an operator, a comma or a quote missing before it?")
            });
        }
        None
    }

    /// Whether a `//` stands before the mistake on its line.
    fn comment_before(&self) -> bool {
        (self.failure.start..self.at).rev().take(40).any(|index| self.kind(index) == Some(Kind::SlashSlash))
    }
}

fn is_assign(kind: Kind) -> bool {
    (Kind::Assign..=Kind::CoalesceAssign).contains(&kind)
}
