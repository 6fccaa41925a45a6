//! The tree as text, for `co dump --stage ast` and tests: one node a line, children indented.
//!
//! Works off a list of what is still to be shown, so that trees of any depth can be dumped.

use std::fmt::Write;

use super::*;

/// Beyond this depth lines are not indented further; a chain of 100,000 operators would fill the disk.
const MAX_INDENT: usize = 40;

pub fn dump(ast: &Ast, text: &str) -> String {
    let mut dump =
        Dump { ast, places: Places::new(text), out: String::new(), todo: Vec::new(), children: Vec::new() };
    dump.children.extend(ast.list(ast.root).iter().map(|stmt| ("", Node::Stmt(*stmt))));
    dump.queue(0);
    while let Some((depth, label, node)) = dump.todo.pop() {
        dump.show(depth, label, node);
        dump.queue(depth + 1);
    }
    dump.out
}

/// Lines and columns of a text whose every node asks for them: `Source` counts characters anew each time.
pub struct Places {
    line_starts: Vec<u32>,
    /// Bytes that do not begin a character.
    inner: Vec<u32>,
}

impl Places {
    pub fn new(text: &str) -> Places {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        let inner = text.bytes().enumerate().filter(|(_, byte)| byte & 0xc0 == 0x80);
        Places { line_starts, inner: inner.map(|(at, _)| at as u32).collect() }
    }

    /// Both from 1, the column in characters.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let before = |at: u32| self.inner.partition_point(|inner| *inner < at) as u32;
        (line as u32, offset - start - (before(offset) - before(start)) + 1)
    }
}

#[derive(Clone, Copy)]
enum Node {
    Expr(ExprId),
    Stmt(StmtId),
    Pat(PatId),
    Block(BlockId),
    Fn(FnId),
    Assign(AssignId),
    Target(Target),
    /// A name or a word of its own.
    Name(Symbol),
    Text(Symbol),
    Word(&'static str),
    /// A group of children that has no node: an arm, a `catch`, a parameter.
    MatchArm(MatchArm),
    SelectArm(SelectArm),
    Catch(Catch),
    Param(Param),
    Field(StructField),
    Entry(MapEntry),
    PatEntry(PatEntry),
    Spec(FormatSpec),
}

struct Dump<'a> {
    ast: &'a Ast,
    places: Places,
    out: String,
    todo: Vec<(usize, &'static str, Node)>,
    /// Of the node that is being shown.
    children: Vec<(&'static str, Node)>,
}

impl Dump<'_> {
    fn queue(&mut self, depth: usize) {
        self.todo.extend(self.children.drain(..).rev().map(|(label, node)| (depth, label, node)));
    }

    fn line(&mut self, depth: usize, label: &str, span: Option<Span>, text: &str) {
        let indent = "  ".repeat(depth.min(MAX_INDENT));
        let more = if depth > MAX_INDENT { format!("[{depth}] ") } else { String::new() };
        let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
        let place = span.map_or(String::new(), |span| {
            let (line, column) = self.places.line_column(span.start);
            let (end_line, end_column) = self.places.line_column(span.end);
            format!(" {line}:{column}-{end_line}:{end_column}")
        });
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{indent}{more}{label}{text}{place}");
    }

    fn child(&mut self, label: &'static str, node: Node) {
        self.children.push((label, node));
    }

    fn expr(&mut self, label: &'static str, expr: ExprId) {
        self.child(label, Node::Expr(expr));
    }

    fn exprs(&mut self, list: List<ExprId>) {
        self.children.extend(self.ast.list(list).iter().map(|expr| ("", Node::Expr(*expr))));
    }

    fn quoted(&self, symbol: Symbol) -> String {
        format!("{:?}", self.ast.name(symbol))
    }

    fn show(&mut self, depth: usize, label: &str, node: Node) {
        match node {
            Node::Expr(id) => {
                let expr = self.ast[id];
                let text = self.show_expr(expr.kind);
                self.line(depth, label, Some(expr.span), &text);
            }
            Node::Stmt(id) => {
                let stmt = self.ast[id];
                let text = self.show_stmt(stmt.kind);
                self.line(depth, label, Some(stmt.span), &text);
            }
            Node::Pat(id) => {
                let pat = self.ast[id];
                let text = self.show_pat(pat.kind);
                self.line(depth, label, Some(pat.span), &text);
            }
            Node::Block(id) => {
                let block = self.ast[id];
                self.line(depth, label, Some(block.span), "Block");
                self.children.extend(self.ast.list(block.stmts).iter().map(|stmt| ("", Node::Stmt(*stmt))));
            }
            Node::Fn(id) => {
                let function = self.ast[id];
                let is_async = if function.is_async { " async" } else { "" };
                let name =
                    function.name.map_or(String::new(), |name| format!(" {}", self.ast.name(name.name)));
                self.line(
                    depth,
                    label,
                    Some(function.span),
                    &format!("Function {:?}{is_async}{name}", function.form),
                );
                self.children
                    .extend(self.ast.list(function.params).iter().map(|param| ("", Node::Param(*param))));
                self.expr("body", function.body);
            }
            Node::Assign(id) => {
                let assign = self.ast[id];
                let op = assign.op.map_or("", BinaryOp::text);
                self.line(depth, label, None, &format!("Assign {op}="));
                self.child("target", Node::Target(assign.target));
                self.expr("value", assign.value);
            }
            Node::Target(Target::Place(place)) => self.show(depth, label, Node::Expr(place)),
            Node::Target(Target::Discard) => self.line(depth, label, None, "Discard"),
            Node::Target(Target::Error) => self.line(depth, label, None, "Error"),
            Node::Target(Target::List(items)) => {
                self.line(depth, label, None, "List");
                let item =
                    |item: &TargetItem| (if item.rest { "rest" } else { "" }, Node::Target(item.target));
                self.children.extend(self.ast.list(items).iter().map(item));
            }
            Node::Name(name) => {
                let name = self.ast.name(name).to_string();
                self.line(depth, label, None, &name);
            }
            Node::Text(text) => {
                let text = self.quoted(text);
                self.line(depth, label, None, &text);
            }
            Node::Word(word) => self.line(depth, label, None, word),
            Node::Spec(spec) => {
                let FormatSpec { fill, align, sign, zero, width, precision, ty, span } = spec;
                let text = format!(
                    "fill {fill:?} align {align:?} sign {sign:?} zero {zero} width {width} precision {precision:?} type {ty:?}"
                );
                self.line(depth, label, Some(span), &text);
            }
            Node::MatchArm(arm) => {
                self.line(depth, label, None, "Arm");
                self.child("", Node::Pat(arm.pattern));
                if let Some(guard) = arm.guard {
                    self.expr("if", guard);
                }
                self.expr("body", arm.body);
            }
            Node::SelectArm(arm) => {
                self.line(depth, label, Some(arm.span), "Arm");
                match arm.head {
                    SelectHead::Else => self.child("", Node::Word("else")),
                    SelectHead::Wait { pattern, source } => {
                        if let Some(pattern) = pattern {
                            self.child("", Node::Pat(pattern));
                        }
                        self.expr("source", source);
                    }
                }
                self.expr("body", arm.body);
            }
            Node::Catch(catch) => {
                let name = catch.name.map_or(String::new(), |name| format!(" {}", self.ast.name(name.name)));
                self.line(depth, label, Some(catch.span), &format!("Catch{name}"));
                if let Some(guard) = catch.guard {
                    self.expr("if", guard);
                }
                self.child("body", Node::Block(catch.body));
            }
            Node::Param(param) => {
                self.line(
                    depth,
                    label,
                    Some(param.span),
                    if param.rest { "Rest parameter" } else { "Parameter" },
                );
                self.child("", Node::Pat(param.pattern));
                if let Some(default) = param.default {
                    self.expr("default", default);
                }
            }
            Node::Field(field) => {
                let name = self.ast.name(field.name.name).to_string();
                self.line(depth, label, Some(field.name.span), &format!("Field {name}"));
                if let Some(default) = field.default {
                    self.expr("default", default);
                }
            }
            Node::Entry(MapEntry::Named(key, value)) => {
                let key = self.quoted(key.name);
                self.line(depth, label, None, &format!("Entry {key}"));
                self.expr("", value);
            }
            Node::Entry(MapEntry::Short(key, _)) => {
                let text = format!("Entry {} of the same name", self.quoted(key.name));
                self.line(depth, label, Some(key.span), &text);
            }
            Node::Entry(MapEntry::Computed(key, value)) => {
                self.line(depth, label, None, "Entry");
                self.expr("key", key);
                self.expr("", value);
            }
            Node::Entry(MapEntry::Spread(value)) => {
                self.line(depth, label, None, "Spread");
                self.expr("", value);
            }
            Node::PatEntry(entry) => {
                let key = self.quoted(entry.key.name);
                self.line(depth, label, Some(entry.key.span), &format!("Entry {key}"));
                self.child("", Node::Pat(entry.pattern));
            }
        }
    }

    fn show_expr(&mut self, kind: ExprKind) -> String {
        let ast = self.ast;
        match kind {
            ExprKind::Error => "Error".into(),
            ExprKind::Nil => "Nil".into(),
            ExprKind::Bool(value) => format!("Bool {value}"),
            ExprKind::Int(value) => format!("Int {value}"),
            ExprKind::Float(value) => format!("Float {value:?}"),
            ExprKind::Duration(value) => format!("Duration {value:?}"),
            ExprKind::Str(symbol) => format!("Str {}", self.quoted(symbol)),
            ExprKind::Bytes(index) => format!("Bytes {:?}", ast.bytes.get(index as usize)),
            ExprKind::Name(name) => format!("Name {}", ast.name(name)),
            ExprKind::Interpolation(segments) => {
                for segment in ast.list(segments) {
                    match *segment {
                        Segment::Text(text) => self.child("text", Node::Text(text)),
                        Segment::Expr { value, spec } => {
                            self.expr("", value);
                            if let Some(spec) = spec {
                                self.child("format", Node::Spec(spec));
                            }
                        }
                    }
                }
                "Interpolation".into()
            }
            ExprKind::List(items) => {
                self.exprs(items);
                "List".into()
            }
            ExprKind::Map(entries) => {
                self.children.extend(ast.list(entries).iter().map(|entry| ("", Node::Entry(*entry))));
                "Map".into()
            }
            ExprKind::Spread(value) => self.one("Spread", value),
            ExprKind::Paren(value) => self.one("Paren", value),
            ExprKind::Await(value) => self.one("Await", value),
            ExprKind::Spawn(value) => self.one("Spawn", value),
            ExprKind::Throw(value) => self.one("Throw", value),
            ExprKind::Return(Some(value)) => self.one("Return", value),
            ExprKind::Yield(Some(value)) => self.one("Yield", value),
            ExprKind::Return(None) => "Return".into(),
            ExprKind::Yield(None) => "Yield".into(),
            ExprKind::Break => "Break".into(),
            ExprKind::Continue => "Continue".into(),
            ExprKind::Unary(op, value) => {
                self.expr("", value);
                format!("Unary {op:?}")
            }
            ExprKind::Binary(op, left, right) => {
                self.expr("", left);
                self.expr("", right);
                format!("Binary {}", op.text())
            }
            ExprKind::Is { value, ty, negated } => {
                self.expr("", value);
                self.expr("type", ty);
                if negated { "Is not".into() } else { "Is".into() }
            }
            ExprKind::Range { start, end, inclusive } => {
                if let Some(start) = start {
                    self.expr("start", start);
                }
                if let Some(end) = end {
                    self.expr("end", end);
                }
                if inclusive { "Range ..=".into() } else { "Range ..".into() }
            }
            ExprKind::Call(callee, args) => {
                self.expr("callee", callee);
                for arg in ast.list(args) {
                    match *arg {
                        Arg::Plain(value) => self.expr("", value),
                        Arg::Spread(value) => self.expr("spread", value),
                        Arg::Named(name, value) => {
                            self.child("argument", Node::Name(name.name));
                            self.expr("", value);
                        }
                    }
                }
                "Call".into()
            }
            ExprKind::Index { object, index, optional } => {
                self.expr("", object);
                self.expr("index", index);
                if optional { "Index ?".into() } else { "Index".into() }
            }
            ExprKind::Field { object, name, optional } => {
                self.expr("", object);
                format!("Field {}{}", if optional { "?." } else { "." }, ast.name(name))
            }
            ExprKind::Lambda(function) => {
                self.child("", Node::Fn(function));
                "Lambda".into()
            }
            ExprKind::If(id) => {
                let If { condition, then, otherwise } = ast[id];
                self.expr("condition", condition);
                self.child("then", Node::Block(then));
                if let Some(otherwise) = otherwise {
                    self.expr("else", otherwise);
                }
                "If".into()
            }
            ExprKind::Match { subject, arms } => {
                self.expr("subject", subject);
                self.children.extend(ast.list(arms).iter().map(|arm| ("", Node::MatchArm(*arm))));
                "Match".into()
            }
            ExprKind::Try(id) => {
                let Try { body, catches, finally } = ast[id];
                self.child("body", Node::Block(body));
                self.children.extend(ast.list(catches).iter().map(|catch| ("", Node::Catch(*catch))));
                if let Some(finally) = finally {
                    self.child("finally", Node::Block(finally));
                }
                "Try".into()
            }
            ExprKind::Scope(block) => {
                self.child("", Node::Block(block));
                "Scope".into()
            }
            ExprKind::Select(arms) => {
                self.children.extend(ast.list(arms).iter().map(|arm| ("", Node::SelectArm(*arm))));
                "Select".into()
            }
            ExprKind::Block(block) => {
                self.children.extend(ast.list(ast[block].stmts).iter().map(|stmt| ("", Node::Stmt(*stmt))));
                "Block".into()
            }
            ExprKind::Assign(assign) => {
                self.child("", Node::Assign(assign));
                "Assignment".into()
            }
        }
    }

    fn one(&mut self, what: &str, value: ExprId) -> String {
        self.expr("", value);
        what.into()
    }

    fn show_stmt(&mut self, kind: StmtKind) -> String {
        let ast = self.ast;
        match kind {
            StmtKind::Error => "Error".into(),
            StmtKind::Expr(value) => self.one("Expression", value),
            StmtKind::Defer(value) => self.one("Defer", value),
            StmtKind::Let { mutable, pattern, value } => {
                self.child("", Node::Pat(pattern));
                self.expr("value", value);
                if mutable { "Var".into() } else { "Let".into() }
            }
            StmtKind::Assign(assign) => {
                self.child("", Node::Assign(assign));
                "Assignment".into()
            }
            StmtKind::Fn(function) => {
                self.child("", Node::Fn(function));
                "Fn".into()
            }
            StmtKind::Struct(id) => {
                let Struct { name, fields, methods, .. } = ast[id];
                self.children.extend(ast.list(fields).iter().map(|field| ("", Node::Field(*field))));
                self.children.extend(ast.list(methods).iter().map(|method| ("", Node::Fn(*method))));
                format!("Struct {}", ast.name(name.name))
            }
            StmtKind::While { condition, body } => {
                self.expr("condition", condition);
                self.child("body", Node::Block(body));
                "While".into()
            }
            StmtKind::For(id) => {
                let For { await_span, first, second, source, body } = ast[id];
                self.child("", Node::Pat(first));
                if let Some(second) = second {
                    self.child("", Node::Pat(second));
                }
                self.expr("source", source);
                self.child("body", Node::Block(body));
                if await_span.is_some() { "For await".into() } else { "For".into() }
            }
            StmtKind::Import(id) => {
                let Import { source, binding, items, .. } = ast[id];
                for item in items.map_or(&[][..], |items| ast.list(items)) {
                    self.child("name", Node::Name(item.name.name));
                    self.child("as", Node::Name(item.binding.name));
                }
                if items.is_none() {
                    self.child("as", Node::Name(binding.name));
                }
                match source {
                    ImportSource::Standard(name) => format!("Import {}", ast.name(name)),
                    ImportSource::File(path) => format!("Import {}", self.quoted(path)),
                }
            }
            StmtKind::Test { name, body } => {
                self.child("", Node::Fn(body));
                format!("Test {}", self.quoted(name))
            }
        }
    }

    fn show_pat(&mut self, kind: PatKind) -> String {
        let ast = self.ast;
        match kind {
            PatKind::Error => "Error".into(),
            PatKind::Wildcard => "Wildcard".into(),
            PatKind::Bind(name) => format!("Bind {}", ast.name(name)),
            PatKind::Value(value) => self.one("Value", value),
            PatKind::Range { start, end, inclusive } => {
                self.expr("start", start);
                self.expr("end", end);
                if inclusive { "Range ..=".into() } else { "Range ..".into() }
            }
            PatKind::List(items) => {
                self.children.extend(ast.list(items).iter().map(|item| ("", Node::Pat(*item))));
                "List".into()
            }
            PatKind::Rest(name) => match name {
                Some(name) => format!("Rest {}", ast.name(name)),
                None => "Rest".into(),
            },
            PatKind::Map(entries) => {
                self.children.extend(ast.list(entries).iter().map(|entry| ("", Node::PatEntry(*entry))));
                "Map".into()
            }
            PatKind::Struct { path, fields } => {
                self.expr("", path);
                self.children.extend(ast.list(fields).iter().map(|entry| ("", Node::PatEntry(*entry))));
                "Struct".into()
            }
            PatKind::Is(ty) => self.one("Is", ty),
            PatKind::Or(alternatives) => {
                self.children.extend(ast.list(alternatives).iter().map(|pat| ("", Node::Pat(*pat))));
                "Or".into()
            }
            PatKind::Paren(inner) => {
                self.child("", Node::Pat(inner));
                "Paren".into()
            }
        }
    }
}
