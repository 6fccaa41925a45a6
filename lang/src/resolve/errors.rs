//! The wording of what the resolver reports about the file's own names.

use super::{
    BuiltinType, GlobalId, GlobalKind, Owner, Res, foreign,
    scope::{Meaning, NONE},
    walk::Resolver,
};
use crate::{
    ast::{Arg, ExprId, ExprKind, FnForm, Ident, Struct, Symbol},
    diagnostic::{Code, Diagnostic, Edit, nearest::nearest},
    source::{Location, Span},
};

/// How many names are looked at for hints in one file. Each search walks over all of them, and of a large file with many
/// mistakes nobody reads that many hints.
const MAX_COMPARED: usize = 1_000_000;

impl Resolver<'_> {
    pub(super) fn error(
        &self,
        code: Code,
        message: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, message, self.source, span, label)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn edit(&self, span: Span, text: impl Into<String>) -> Vec<Edit> {
        vec![Edit { location: Location { source: self.source, span }, text: text.into() }]
    }

    pub(super) fn undefined(&mut self, name: Symbol, span: Span) {
        if !self.frame().reported.insert(name) {
            return;
        }
        let text = self.ast.name(name);
        let mut error = self.error(
            Code::UNDEFINED_NAME,
            format!("`{text}` is not defined"),
            span,
            "nothing of this name is declared here",
        );
        if let Some(known) = foreign::name(text) {
            error.labels[0].message = known.label.to_string();
            error = match known.replacement {
                Some(replacement) => error.fix(known.help, self.edit(span, replacement)),
                None => error.help(known.help),
            };
        } else if text == "self" {
            error.labels[0].message = "this function has no `self`".into();
            error = error.help("only methods have it: write it as the first parameter of a struct's `fn`");
        } else if self.prelude.modules.iter().any(|module| module.name == text) {
            error.labels[0].message = "the module is not imported".into();
            let first = self.ast.list(self.ast.root).first().map_or(0, |stmt| self.ast[*stmt].span.start);
            let start = Span::new(first, first);
            error = error.fix(format!("import `{text}`"), self.edit(start, format!("import {text}\n")));
        } else if let Some(near) = self.near(name) {
            error = error.suggest(format!("did you mean `{near}`?"), self.edit(span, near));
        }
        self.report(error);
    }

    /// The nearest name that could stand here.
    fn near(&mut self, name: Symbol) -> Option<String> {
        // Who misspells a name does it more than once.
        if let Some(near) = self.near_names.get(&name)
            && self
                .ast
                .names
                .find(near)
                .is_some_and(|symbol| self.can_stand_here(self.meanings[symbol.index()]))
        {
            return Some(near.clone());
        }
        if self.compared > MAX_COMPARED {
            return None;
        }
        self.compared += self.meanings.len() + self.prelude.names.len();
        let own = (0..).zip(&self.meanings).filter(|(_, meaning)| self.can_stand_here(**meaning));
        let own = own.map(|(at, _)| self.ast.name(Symbol(at)));
        let before = self.names_before.names.iter().map(|(name, _)| name.as_str());
        let prelude = self.prelude.names.iter().map(|signature| signature.name.as_str());
        let near = nearest(self.ast.name(name), own.chain(before).chain(prelude))?.to_string();
        self.near_names.insert(name, near.clone());
        Some(near)
    }

    fn can_stand_here(&self, meaning: Meaning) -> bool {
        meaning.visible != NONE || meaning.global != NONE || meaning.prelude != NONE || meaning.outer != NONE
    }

    /// `x = 1` where no `x` is declared.
    pub(super) fn undeclared_target(&mut self, name: Symbol, span: Span, reads: bool) {
        let before = self.diagnostics.len();
        self.undefined(name, span);
        let text = self.ast.name(name);
        let declare = self.edit(span.before(), "var ");
        if let Some(error) = self.diagnostics.get_mut(before)
            && !reads
        {
            error.labels[0].message = "assigning to a name does not declare it".into();
            *error = error.clone().suggest(format!("declare it: `var {text} = …`"), declare);
        }
    }

    pub(super) fn declared_twice(&mut self, name: Symbol, span: Span, first: Span) {
        let text = self.ast.name(name);
        let error = self
            .error(Code::DECLARED_TWICE, format!("`{text}` is declared twice"), span, "declared again here")
            .label(self.source, first, "first declared here")
            .note("in one block a name stands for one thing")
            .help(format!("use another name, or declare `var {text}` once and assign it"));
        self.report(error);
    }

    /// Twice in one pattern or parameter list.
    pub(super) fn bound_twice(&mut self, name: Symbol, span: Span, first: Span) {
        let text = self.ast.name(name);
        let error = self
            .error(Code::DUPLICATE, format!("`{text}` is bound twice"), span, "again here")
            .label(self.source, first, "first bound here")
            .help("use another name, or `_` for a value that is not needed");
        self.report(error);
    }

    pub(super) fn argument_twice(&mut self, again: Ident, first: Ident) {
        let text = self.ast.name(again.name);
        let error = self
            .error(Code::DUPLICATE, format!("argument `{text}` is given twice"), again.span, "again here")
            .label(self.source, first.span, "first given here");
        self.report(error);
    }

    /// Fields and methods share one name space: `x.name` means either.
    pub(super) fn check_members(&mut self, structure: &Struct) {
        let fields = self.ast.list(structure.fields).iter().map(|field| (field.name, "field"));
        let methods = self.ast.list(structure.methods).iter();
        let methods = methods.filter_map(|method| self.ast[*method].name.map(|name| (name, "method")));
        let mut members: Vec<(Ident, &str)> = fields.chain(methods).collect();
        members.sort_by_key(|(name, _)| (name.name, name.span.start));
        for pair in members.windows(2).filter(|pair| pair[0].0.name == pair[1].0.name) {
            let [(first, _), (again, kind)] = pair else { continue };
            let owner = self.ast.name(structure.name.name);
            let text = self.ast.name(again.name);
            let error = self
                .error(
                    Code::DUPLICATE,
                    format!("`{owner}` has two members `{text}`"),
                    again.span,
                    format!("this {kind}"),
                )
                .label(self.source, first.span, "has the same name as this")
                .note("fields and methods of a struct are told apart by their names alone");
            self.report(error);
        }
    }

    /// `names` with their places are bound in some alternative and not in the one at `other`.
    pub(super) fn alternatives_differ(&mut self, names: &[(Symbol, Span)], other: Span) {
        let Some(((name, span), more)) = names.split_first() else { return };
        let text = self.ast.name(*name);
        let mut error = self
            .error(
                Code::DIFFERENT_ALTERNATIVES,
                format!("`{text}` is not bound in every alternative"),
                *span,
                "bound here",
            )
            .label(self.source, other, format!("no `{text}` here"));
        for (name, span) in more.iter().take(2) {
            error = error.label(
                self.source,
                *span,
                format!("`{}` is bound here alone, too", self.ast.name(*name)),
            );
        }
        let error = error
            .note("whichever alternative fits, the arm runs with the same variables")
            .help("bind the same names in every alternative, or write two arms");
        self.report(error);
    }

    pub(super) fn used_too_early(&mut self, name: Symbol, span: Span, declared: Span) {
        if !self.frame().reported.insert(name) {
            return;
        }
        let text = self.ast.name(name);
        let error = self
            .error(
                Code::USED_BEFORE_DECLARATION,
                format!("`{text}` is used before its declaration has run"),
                span,
                "has no value yet",
            )
            .label(self.source, declared, "declared here")
            .help("move the declaration up");
        self.report(error);
    }

    /// `keyword` is where the `let` that declares it starts, or [`NONE`] for functions and structs.
    pub(super) fn assigned_constant(&mut self, name: Symbol, span: Span, declared: Span, keyword: u32) {
        let text = self.ast.name(name);
        let error = self.error(
            Code::ASSIGNED_CONSTANT,
            format!("`{text}` cannot be assigned"),
            span,
            "assigned here",
        );
        let error = if keyword == NONE {
            error
                .label(self.source, declared, "declared here, for good")
                .help(format!("use another name, or a new `var {text}` in an inner block"))
        } else {
            let word = Span::new(keyword, keyword + "let".len() as u32);
            error
                .label(self.source, declared, "declared with `let`, so it keeps its value")
                .suggest("declare it with `var` if it is to change", self.edit(word, "var"))
        };
        self.report(error);
    }

    pub(super) fn assigned_constant_global(&mut self, name: Symbol, span: Span, id: GlobalId) {
        let global = self.out.global(id);
        let (kind, declared) = (global.kind, global.span);
        match kind {
            GlobalKind::Let | GlobalKind::Var => {
                let keyword = self.global_lets.get(id.0 as usize).copied().unwrap_or(NONE);
                self.assigned_constant(name, span, declared, keyword);
            }
            GlobalKind::Fn(_) | GlobalKind::Struct(_) => self.assigned_constant(name, span, declared, NONE),
            GlobalKind::Module(_) | GlobalKind::Member(..) => {
                let text = self.ast.name(name);
                let error = self
                    .error(
                        Code::ASSIGNED_CONSTANT,
                        format!("`{text}` cannot be assigned"),
                        span,
                        "assigned here",
                    )
                    .label(self.source, declared, "imported here")
                    .help("use another name");
                self.report(error);
            }
            GlobalKind::Outer(_) => {
                let text = self.ast.name(name);
                let error = self
                    .error(
                        Code::ASSIGNED_CONSTANT,
                        format!("`{text}` cannot be assigned"),
                        span,
                        "assigned here",
                    )
                    .note("an earlier line declared it for good, with `let`, `fn`, `struct` or `import`")
                    .help(format!("declare it anew: `var {text} = …`"));
                self.report(error);
            }
        }
    }

    pub(super) fn assigned_builtin(&mut self, name: Symbol, span: Span) {
        let text = self.ast.name(name);
        let error = self
            .error(
                Code::ASSIGNED_CONSTANT,
                format!("`{text}` cannot be assigned"),
                span,
                "a name of the prelude",
            )
            .suggest(format!("declare your own: `var {text} = …`"), self.edit(span.before(), "var "));
        self.report(error);
    }

    pub(super) fn check_loop(&mut self, word: &str, span: Span) {
        if !self.frame().loops.is_empty() {
            return;
        }
        let mut error = self.error(
            Code::OUTSIDE_LOOP,
            format!("`{word}` outside a loop"),
            span,
            "there is no loop to which this belongs",
        );
        let around = self.frames.iter().rposition(|frame| !frame.loops.is_empty());
        if let (Some(_), Owner::Function(id)) = (around, self.frame().owner) {
            let head = self.ast[id].head;
            error.labels[0].message = "the loop is outside this function".into();
            error = error.label(self.source, head, "this is a function of its own").note(format!(
                "a function cannot `{word}` the loop in which it was written; it may be called much later"
            ));
        } else if word == "break" && matches!(self.frame().owner, Owner::Function(_)) {
            error = error.help("`return` leaves the function");
        }
        self.report(error);
    }

    pub(super) fn check_yield(&mut self, span: Span) {
        let (owner, in_default) = (self.frame().owner, self.frame().in_default);
        let form = match owner {
            _ if in_default => None,
            Owner::Function(id) => Some(self.ast[id].form),
            Owner::TopLevel | Owner::Defaults(_) => None,
        };
        match form {
            Some(FnForm::Named | FnForm::Method | FnForm::Lambda) => self.frame().is_generator = true,
            Some(FnForm::AsyncBlock | FnForm::SpawnBlock | FnForm::Test) | None => {
                self.outside_function("yield", span)
            }
        }
    }

    pub(super) fn outside_function(&mut self, word: &str, span: Span) {
        let owner = self.frame().owner;
        let place = match owner {
            _ if self.frame().in_default => "this is the default of a parameter",
            Owner::TopLevel => "this is the top level of the file",
            Owner::Defaults(_) => "this is the default of a field",
            Owner::Function(id) if self.ast[id].form == FnForm::Test => {
                "a test is no function that could be called"
            }
            Owner::Function(_) => "a block that runs as a task is no function that could be called",
        };
        let error = self
            .error(Code::OUTSIDE_FUNCTION, format!("`{word}` outside a function"), span, place)
            .help(format!("put the `{word}` into a `fn`"));
        self.report(error);
    }

    pub(super) fn underscore_read(&mut self, span: Span) {
        let mut error = self.error(Code::UNDERSCORE_READ, "`_` has no value", span, "read here");
        error = match self.role {
            super::FileRole::Repl => error.note("`_` is the last value at the REPL, and there is none yet"),
            _ => error.note("`_` takes values that are not needed, it does not keep them"),
        };
        error = match self.role {
            super::FileRole::Repl => error,
            _ => error.help("give the value a name"),
        };
        self.report(error);
    }

    pub(super) fn type_called(&mut self, ty: BuiltinType, callee: ExprId, args: &[Arg]) {
        let span = self.ast[callee].span;
        let ExprKind::Name(name) = self.ast[callee].kind else { return };
        let text = self.ast.name(name);
        let help = match (ty, args.len()) {
            (BuiltinType::Range, 2) => "a range is written `a..b`, or `a..=b` with its end",
            (BuiltinType::Range, 3) => "a range is written `a..b`; `(a..b).step(n)` takes every n-th number",
            (BuiltinType::Range, _) => "a range is written `0..n`",
            (BuiltinType::List, 0) => "an empty list is written `[]`",
            (BuiltinType::List, _) => {
                "`x.to_list()` or `[...x]` makes a list of what a range, set or generator gives"
            }
            (BuiltinType::Map, 0) => "an empty map is written `{}`",
            (BuiltinType::Map, _) => {
                "a map is written `{key: value}`; to apply a function to each item write `xs.map(f)`"
            }
            (BuiltinType::Bool, _) => {
                "every value but `nil` and `false` counts as true; `not not x` gives the bool"
            }
            (BuiltinType::Bytes, _) => {
                "bytes are written `b\"…\"`, and `text.bytes()` gives those of a string"
            }
            (BuiltinType::Task, _) => "`spawn f()` makes a task",
            _ => "built-in types stand after `is`, in patterns, and beside `type(x)`",
        };
        let error = self
            .error(Code::TYPE_CALLED, format!("`{text}` is a type, not a function"), span, "called here")
            .help(help);
        self.report(error);
        self.out.names[callee.index()] = Some(Res::Unresolved);
    }

    pub(super) fn too_many_captures(&mut self, span: Span) {
        let error = self.error(
            Code::TOO_LARGE,
            "function uses too many variables of the functions around it",
            span,
            "this is the 65,536th",
        );
        self.report(error);
    }
}
