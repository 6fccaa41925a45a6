//! Imports of other languages.

use crate::{
    diagnostic::{Code, Diagnostic},
    source::Span,
    token::Kind,
};

use super::Slip;

impl Slip<'_, '_> {
    pub(super) fn import(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        if self.first() != Some(Kind::Import) {
            return None;
        }
        let end = self.statement_end(start);
        let whole = self.span(start).to(self.span(end.max(start + 1) - 1));
        let write = |message: &str, place: usize, written: String| {
            let report = self.ctx.report(Code::FOREIGN_STATEMENT, message, place, "not Co");
            report.fix(format!("write `{written}`"), self.replace(whole, &written))
        };
        let from = (start..end).find(|index| self.slice(*index) == "from");
        if let Some(from) = from
            && end == from + 2
            && self.kind(from + 1) == Some(Kind::Str)
        {
            let message = "an import begins with what it takes the names from";
            let path = self.slice(from + 1);
            let is_file = path[1..].starts_with(['.', '/']);
            let binding = match (self.kind(start + 1), from - start) {
                (Some(Kind::Ident), 2) => Some(format!(" as {}", self.slice(start + 1))),
                (Some(Kind::Star), 4) if self.kind(start + 2) == Some(Kind::As) => {
                    Some(format!(" as {}", self.slice(start + 3)))
                }
                (Some(Kind::MapOpen), _) => {
                    let names = Span::new(self.span(start + 1).start, self.span(from - 1).end);
                    self.ctx
                        .text
                        .get(names.range())
                        .map(|names| format!(".{}", names.replace("{ ", "{").replace(" }", "}")))
                }
                _ => None,
            };
            return Some(match binding.filter(|_| is_file) {
                Some(binding) => write(message, from, format!("import {path}{binding}")),
                None => self.foreign(
                    from,
                    message,
                    "write `import \"./file.co\" as name`, `import \"./file.co\".{name}` or `import module`",
                ),
            });
        }
        let is_module = self.kind(start + 1) == Some(Kind::Ident);
        match self.found()? {
            Kind::Comma if is_module && self.at == start + 2 => {
                let modules: Vec<&str> = (start + 1..end).step_by(2).map(|index| self.slice(index)).collect();
                let report = self.ctx.report(
                    Code::FOREIGN_STATEMENT,
                    "an `import` takes one module",
                    self.at,
                    "not Co",
                );
                let all =
                    (start + 1..end).all(|index| matches!(self.kind(index), Some(Kind::Ident | Kind::Comma)));
                let written =
                    modules.iter().map(|module| format!("import {module}")).collect::<Vec<_>>().join("; ");
                Some(if all {
                    report.fix(format!("write `{written}`"), self.replace(whole, &written))
                } else {
                    report.help("write an `import` for each")
                })
            }
            Kind::LParen => Some(self.foreign(
                self.at,
                "an `import` takes one module",
                "write an `import` for each, on lines of their own",
            )),
            Kind::Star if is_module && self.at == start + 3 => {
                let module = self.slice(start + 1);
                Some(write("all names at once cannot be imported", self.at, format!("import {module}")))
            }
            Kind::Star if self.at > start + 2 => {
                let module = self.slice(start + 1);
                Some(self.foreign(
                    self.at,
                    "all names at once cannot be imported",
                    &format!("write `import {module}`, and `{module}.name` where a name is used"),
                ))
            }
            Kind::Ident if is_module && self.at == start + 3 => {
                let (module, name) = (self.slice(start + 1), self.slice(self.at));
                let message = "the names that are imported stand in braces";
                let simple = end == self.at + 1;
                Some(if simple {
                    write(message, self.at, format!("import {module}.{{{name}}}"))
                } else {
                    self.foreign(self.at, message, &format!("write `import {module}.{{{name}}}`"))
                })
            }
            _ => None,
        }
    }
}
