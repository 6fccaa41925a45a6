//! The one list of diagnostics: code, title, and the page that `co explain` prints.
//!
//! Each family has a file with its [`pages!`] table. The table makes a constant of [`Code`] for every entry, so a code
//! that is not in the list cannot be used. `E01xx` syntax, `E02xx` names and bindings, `E03xx` await, `E04xx` run time;
//! `W…` are the warnings of the same families. Codes are stable: a number is never used for something else.

use super::Severity;

/// A stable code, printed as `E0301`. All codes are constants of this type, made by the families' tables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

/// What `co explain` tells about a code.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub code: Code,
    /// A few words in lower case, without a full stop.
    pub title: &'static str,
    /// What happened and why the rule is there. Paragraphs are separated by empty lines.
    pub explanation: &'static str,
    /// The shortest program that gets exactly this code. A line `# file: util.co` starts another file of the program.
    pub wrong: &'static str,
    /// The same program put right.
    pub right: &'static str,
}

/// A family's table: `NAME = "E0000", "title" { why: "…", wrong: "…", right: "…" }` for each code.
macro_rules! pages {
    ($($name:ident = $code:literal, $title:literal { why: $why:literal, wrong: $wrong:literal, right: $right:literal $(,)? })*) => {
        impl $crate::diagnostic::Code {
            $(#[doc = $title] pub const $name: $crate::diagnostic::Code = $crate::diagnostic::catalogue::code($code);)*
        }
        pub(super) static PAGES: &[$crate::diagnostic::catalogue::Page] = &[
            $($crate::diagnostic::catalogue::Page {
                code: $crate::diagnostic::Code::$name,
                title: $title,
                explanation: $why,
                wrong: $wrong,
                right: $right,
            },)*
        ];
    };
}

mod awaits;
mod chapter;
mod names;
mod runtime;
mod syntax;

/// For the tables only.
const fn code(text: &'static str) -> Code {
    Code(text)
}

pub use chapter::chapter;

/// The families with their pages.
static PAGES_BY_FAMILY: [(&str, &[Page]); 4] = [
    ("Syntax: E01xx", syntax::PAGES),
    ("Names and bindings: E02xx, W02xx", names::PAGES),
    ("Await: E03xx, W03xx", awaits::PAGES),
    ("Run time: E04xx, W04xx", runtime::PAGES),
];

/// Every page, in the order of the codes within each family.
pub fn all() -> impl Iterator<Item = &'static Page> {
    PAGES_BY_FAMILY.iter().flat_map(|(_, pages)| pages.iter())
}

/// The page of a code as a user writes it: `E0301`, also `e0301`.
pub fn find(code: &str) -> Option<&'static Page> {
    all().find(|page| page.code.0.eq_ignore_ascii_case(code.trim()))
}

impl Code {
    pub fn text(self) -> &'static str {
        self.0
    }

    pub fn severity(self) -> Severity {
        if self.0.starts_with('W') { Severity::Warning } else { Severity::Error }
    }

    pub fn page(self) -> Option<&'static Page> {
        all().find(|page| page.code == self)
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.0)
    }
}

#[cfg(test)]
mod tests;
