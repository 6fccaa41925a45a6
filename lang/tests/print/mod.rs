//! The tree back to text: every token that carries meaning, in a layout of one line a statement.

use co_lang::ast::*;

pub fn print(ast: &Ast, text: &str) -> String {
    let mut printer = Printer { ast, text, out: String::new() };
    for stmt in ast.list(ast.root) {
        printer.stmt(*stmt);
        printer.out.push('\n');
    }
    printer.out
}

/// A string literal of one line.
fn quoted(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' | '"' | '{' | '}' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() || c == '\u{feff}' => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
}

struct Printer<'a> {
    ast: &'a Ast,
    text: &'a str,
    out: String,
}

impl Printer<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, name: Symbol) {
        self.out.push_str(self.ast.name(name));
    }

    fn string(&mut self, text: Symbol) {
        self.put("\"");
        quoted(self.ast.name(text), &mut self.out);
        self.put("\"");
    }

    /// As it stands in the source.
    fn source(&mut self, span: co_lang::source::Span) {
        self.out.push_str(&self.text[span.range()]);
    }

    fn key(&mut self, key: Ident) {
        if self.text[key.span.range()].starts_with(['"', '\'']) {
            self.string(key.name)
        } else {
            self.name(key.name)
        }
    }

    fn separated<T: Copy>(&mut self, items: &[T], separator: &str, mut each: impl FnMut(&mut Self, T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.put(separator);
            }
            each(self, *item);
        }
    }

    fn block(&mut self, block: BlockId) {
        self.put("{ ");
        self.separated(self.ast.list(self.ast[block].stmts), "; ", Self::stmt);
        self.put(" }");
    }

    fn stmt(&mut self, id: StmtId) {
        match self.ast[id].kind {
            StmtKind::Error => self.put("<error>"),
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Let { mutable, pattern, value } => {
                self.put(if mutable { "var " } else { "let " });
                self.pat(pattern);
                self.put(" = ");
                self.expr(value);
            }
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::Fn(function) => self.function(function),
            StmtKind::Struct(id) => self.structure(id),
            StmtKind::While { condition, body } => {
                self.put("while ");
                self.expr(condition);
                self.put(" ");
                self.block(body);
            }
            StmtKind::For(id) => {
                let For { await_span, first, second, source, body } = self.ast[id];
                self.put(if await_span.is_some() { "for await " } else { "for " });
                self.pat(first);
                if let Some(second) = second {
                    self.put(", ");
                    self.pat(second);
                }
                self.put(" in ");
                self.expr(source);
                self.put(" ");
                self.block(body);
            }
            StmtKind::Import(id) => self.import(id),
            StmtKind::Defer(value) => {
                self.put("defer ");
                self.expr(value);
            }
            StmtKind::Test { name, body } => {
                self.put("test ");
                self.string(name);
                self.put(" ");
                self.expr(self.ast[body].body);
            }
        }
    }

    fn structure(&mut self, id: StructId) {
        let Struct { name, fields, methods, .. } = self.ast[id];
        self.put("struct ");
        self.name(name.name);
        self.put(" { ");
        enum Member {
            Field(StructField),
            Method(FnId),
        }
        let mut members: Vec<(u32, Member)> = self
            .ast
            .list(fields)
            .iter()
            .map(|field| (field.name.span.start, Member::Field(*field)))
            .collect();
        members
            .extend(self.ast.list(methods).iter().map(|id| (self.ast[*id].span.start, Member::Method(*id))));
        members.sort_by_key(|(start, _)| *start);
        for (_, member) in members {
            match member {
                Member::Field(field) => {
                    self.name(field.name.name);
                    if let Some(default) = field.default {
                        self.put(" = ");
                        self.expr(default);
                    }
                }
                Member::Method(method) => self.function(method),
            }
            self.put(", ");
        }
        self.put("}");
    }

    fn import(&mut self, id: ImportId) {
        let Import { source, source_span, binding, items } = self.ast[id];
        self.put("import ");
        match source {
            ImportSource::Standard(name) => self.name(name),
            ImportSource::File(path) => self.string(path),
        }
        if let Some(items) = items {
            self.put(".{");
            self.separated(self.ast.list(items), ", ", |printer, item| {
                printer.name(item.name.name);
                if item.binding.span != item.name.span {
                    printer.put(" as ");
                    printer.name(item.binding.name);
                }
            });
            self.put("}");
        } else if binding.span != source_span {
            self.put(" as ");
            self.name(binding.name);
        }
    }

    fn function(&mut self, id: FnId) {
        let function = self.ast[id];
        if function.is_async {
            self.put("async ");
        }
        self.put("fn ");
        if let Some(name) = function.name {
            self.name(name.name);
        }
        self.put("(");
        self.params(function.params);
        self.put(") ");
        self.expr(function.body);
    }

    fn params(&mut self, params: List<Param>) {
        self.separated(self.ast.list(params), ", ", |printer, param| {
            if param.rest {
                printer.put("...");
            }
            printer.pat(param.pattern);
            if let Some(default) = param.default {
                printer.put(" = ");
                printer.expr(default);
            }
        });
    }

    fn assign(&mut self, id: AssignId) {
        let Assign { target, value, op_span, .. } = self.ast[id];
        self.target(target);
        self.put(" ");
        self.source(op_span);
        self.put(" ");
        self.expr(value);
    }

    fn target(&mut self, target: Target) {
        match target {
            Target::Place(place) => self.expr(place),
            Target::Discard => self.put("_"),
            Target::Error => self.put("<error>"),
            Target::List(items) => {
                self.put("[");
                self.separated(self.ast.list(items), ", ", |printer, item| {
                    if item.rest {
                        printer.put("...");
                    }
                    printer.target(item.target);
                });
                self.put("]");
            }
        }
    }

    fn word(&mut self, word: &str, value: Option<ExprId>) {
        self.put(word);
        if let Some(value) = value {
            self.put(" ");
            self.expr(value);
        }
    }

    fn expr(&mut self, id: ExprId) {
        let Expr { kind, span } = self.ast[id];
        match kind {
            ExprKind::Error => self.put("<error>"),
            ExprKind::Nil => self.put("nil"),
            ExprKind::Bool(value) => self.put(if value { "true" } else { "false" }),
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_) => self.source(span),
            ExprKind::Str(text) => self.string(text),
            ExprKind::Bytes(index) => {
                self.put("b\"");
                for byte in self.ast.bytes[index as usize].iter() {
                    self.put(&format!("\\x{byte:02x}"));
                }
                self.put("\"");
            }
            ExprKind::Interpolation(segments) => {
                self.put("\"");
                for segment in self.ast.list(segments) {
                    match *segment {
                        Segment::Text(text) => quoted(self.ast.name(text), &mut self.out),
                        Segment::Expr { value, spec } => {
                            self.put("{");
                            self.expr(value);
                            if let Some(spec) = spec {
                                self.source(spec.span);
                            }
                            self.put("}");
                        }
                    }
                }
                self.put("\"");
            }
            ExprKind::Name(name) => self.name(name),
            ExprKind::List(items) => {
                self.put("[");
                self.separated(self.ast.list(items), ", ", Self::expr);
                self.put("]");
            }
            ExprKind::Spread(value) => {
                self.put("...");
                self.expr(value);
            }
            ExprKind::Map(entries) => {
                self.put("{");
                self.separated(self.ast.list(entries), ", ", Self::entry);
                self.put("}");
            }
            ExprKind::Paren(value) => {
                self.put("(");
                self.expr(value);
                self.put(")");
            }
            ExprKind::Unary(op, value) => {
                self.put(match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::BitNot => "~",
                    UnaryOp::Not => "not ",
                });
                self.expr(value);
            }
            ExprKind::Binary(op, left, right) => {
                self.expr(left);
                self.put(" ");
                self.put(op.text());
                self.put(" ");
                self.expr(right);
            }
            ExprKind::Is { value, ty, negated } => {
                self.expr(value);
                self.put(if negated { " is not " } else { " is " });
                self.expr(ty);
            }
            ExprKind::Range { start, end, inclusive } => {
                if let Some(start) = start {
                    self.expr(start);
                }
                self.put(if inclusive { "..=" } else { ".." });
                if let Some(end) = end {
                    self.expr(end);
                }
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.put("(");
                self.separated(self.ast.list(args), ", ", |printer, arg| {
                    match arg {
                        Arg::Plain(_) => {}
                        Arg::Named(name, _) => {
                            printer.name(name.name);
                            printer.put(": ");
                        }
                        Arg::Spread(_) => printer.put("..."),
                    }
                    printer.expr(arg.value());
                });
                self.put(")");
            }
            ExprKind::Index { object, index, optional } => {
                self.expr(object);
                self.put(if optional { "?[" } else { "[" });
                self.expr(index);
                self.put("]");
            }
            ExprKind::Field { object, name, optional } => {
                self.expr(object);
                self.put(if optional { "?." } else { "." });
                self.name(name);
            }
            ExprKind::Lambda(function) => self.lambda(function),
            ExprKind::Await(value) => self.word("await", Some(value)),
            ExprKind::Spawn(value) => self.word("spawn", Some(value)),
            ExprKind::Throw(value) => self.word("throw", Some(value)),
            ExprKind::Return(value) => self.word("return", value),
            ExprKind::Yield(value) => self.word("yield", value),
            ExprKind::Break => self.put("break"),
            ExprKind::Continue => self.put("continue"),
            ExprKind::If(id) => {
                let If { condition, then, otherwise } = self.ast[id];
                self.put("if ");
                self.expr(condition);
                self.put(" ");
                self.block(then);
                if let Some(otherwise) = otherwise {
                    self.put(" else ");
                    self.expr(otherwise);
                }
            }
            ExprKind::Match { subject, arms } => {
                self.put("match ");
                self.expr(subject);
                self.put(" { ");
                self.separated(self.ast.list(arms), ", ", |printer, arm| {
                    printer.pat(arm.pattern);
                    if let Some(guard) = arm.guard {
                        printer.put(" if ");
                        printer.expr(guard);
                    }
                    printer.put(" => ");
                    printer.expr(arm.body);
                });
                self.put(" }");
            }
            ExprKind::Try(id) => {
                let Try { body, catches, finally } = self.ast[id];
                self.put("try ");
                self.block(body);
                for catch in self.ast.list(catches) {
                    self.put(" catch ");
                    if let Some(name) = catch.name {
                        self.name(name.name);
                        self.put(" ");
                    }
                    if let Some(guard) = catch.guard {
                        self.put("if ");
                        self.expr(guard);
                        self.put(" ");
                    }
                    self.block(catch.body);
                }
                if let Some(finally) = finally {
                    self.put(" finally ");
                    self.block(finally);
                }
            }
            ExprKind::Scope(block) => {
                self.put("scope ");
                self.block(block);
            }
            ExprKind::Select(arms) => {
                self.put("select { ");
                self.separated(self.ast.list(arms), ", ", |printer, arm| {
                    match arm.head {
                        SelectHead::Else => printer.put("else"),
                        SelectHead::Wait { pattern, source } => {
                            if let Some(pattern) = pattern {
                                printer.pat(pattern);
                                printer.put(" = ");
                            }
                            printer.expr(source);
                        }
                    }
                    printer.put(" => ");
                    printer.expr(arm.body);
                });
                self.put(" }");
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::Assign(assign) => self.assign(assign),
        }
    }

    fn lambda(&mut self, id: FnId) {
        let function = self.ast[id];
        match function.form {
            FnForm::AsyncBlock => self.put("async "),
            FnForm::SpawnBlock => {}
            _ => {
                if function.is_async {
                    self.put("async ");
                }
                self.put("|");
                self.params(function.params);
                self.put("| ");
            }
        }
        self.expr(function.body);
    }

    fn entry(&mut self, entry: MapEntry) {
        match entry {
            MapEntry::Named(key, value) => {
                self.key(key);
                self.put(": ");
                self.expr(value);
            }
            MapEntry::Computed(key, value) => {
                self.put("[");
                self.expr(key);
                self.put("]: ");
                self.expr(value);
            }
            MapEntry::Short(key, _) => self.name(key.name),
            MapEntry::Spread(value) => {
                self.put("...");
                self.expr(value);
            }
        }
    }

    fn pat(&mut self, id: PatId) {
        match self.ast[id].kind {
            PatKind::Error => self.put("<error>"),
            PatKind::Wildcard => self.put("_"),
            PatKind::Bind(name) => self.name(name),
            PatKind::Value(value) => self.expr(value),
            PatKind::Range { start, end, inclusive } => {
                self.expr(start);
                self.put(if inclusive { "..=" } else { ".." });
                self.expr(end);
            }
            PatKind::List(items) => {
                self.put("[");
                self.separated(self.ast.list(items), ", ", Self::pat);
                self.put("]");
            }
            PatKind::Rest(name) => {
                self.put("...");
                if let Some(name) = name {
                    self.name(name);
                }
            }
            PatKind::Map(entries) => self.pat_entries(entries),
            PatKind::Struct { path, fields } => {
                self.expr(path);
                self.put(" ");
                self.pat_entries(fields);
            }
            PatKind::Is(ty) => {
                self.put("is ");
                self.expr(ty);
            }
            PatKind::Or(alternatives) => self.separated(self.ast.list(alternatives), " | ", Self::pat),
            PatKind::Paren(inner) => {
                self.put("(");
                self.pat(inner);
                self.put(")");
            }
        }
    }

    fn pat_entries(&mut self, entries: List<PatEntry>) {
        self.put("{");
        self.separated(self.ast.list(entries), ", ", |printer, entry| {
            printer.key(entry.key);
            if printer.ast[entry.pattern].span != entry.key.span {
                printer.put(": ");
                printer.pat(entry.pattern);
            }
        });
        self.put("}");
    }
}
