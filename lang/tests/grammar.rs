//! How programs are read: precedence, newlines, what `{` and `|` mean, strings. Each expectation stands beside its text.

use co_lang::{
    ast::{Arg, Ast, ExprId, ExprKind, Segment, StmtKind, UnaryOp},
    lexer, parser,
    source::SourceId,
    token::Kind,
};

/// Statements of a right program with all operands in parentheses, separated by ` ; `.
fn read(text: &str) -> String {
    let parsed = parser::parse(SourceId(0), text);
    assert!(parsed.diagnostics.is_empty(), "{:?} in {text}", parsed.diagnostics);
    let ast = &parsed.ast;
    let statement = |id: &co_lang::ast::StmtId| match ast[*id].kind {
        StmtKind::Expr(value) => show(ast, value),
        StmtKind::Assign(_) => "assign".into(),
        StmtKind::Let { value, .. } => format!("let {}", show(ast, value)),
        StmtKind::Fn(_) => "fn".into(),
        StmtKind::Struct(_) => "struct".into(),
        StmtKind::While { .. } => "while".into(),
        StmtKind::For(_) => "for".into(),
        other => format!("{other:?}"),
    };
    ast.list(ast.root).iter().map(statement).collect::<Vec<_>>().join(" ; ")
}

fn show(ast: &Ast, id: ExprId) -> String {
    let all = |items: &[ExprId]| items.iter().map(|item| show(ast, *item)).collect::<Vec<_>>().join(", ");
    let optional = |value: Option<ExprId>| value.map_or(String::new(), |value| show(ast, value));
    match ast[id].kind {
        ExprKind::Nil => "nil".into(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) | ExprKind::Duration(value) => format!("{value:?}"),
        ExprKind::Str(text) => format!("{:?}", ast.name(text)),
        ExprKind::Bytes(index) => format!("{:?}", ast.bytes[index as usize]),
        ExprKind::Name(name) => ast.name(name).into(),
        ExprKind::Interpolation(segments) => {
            let segment = |segment: &Segment| match *segment {
                Segment::Text(text) => format!("{:?}", ast.name(text)),
                Segment::Expr { value, spec } => {
                    format!("{{{}{}}}", show(ast, value), if spec.is_some() { ":" } else { "" })
                }
            };
            ast.list(segments).iter().map(segment).collect::<Vec<_>>().join("")
        }
        ExprKind::List(items) => format!("[{}]", all(ast.list(items))),
        ExprKind::Spread(value) => format!("...{}", show(ast, value)),
        ExprKind::Map(entries) => format!("map{}", ast.list(entries).len()),
        ExprKind::Paren(value) => show(ast, value),
        ExprKind::Unary(op, value) => {
            let op = match op {
                UnaryOp::Neg => "-",
                UnaryOp::BitNot => "~",
                UnaryOp::Not => "not ",
            };
            format!("({op}{})", show(ast, value))
        }
        ExprKind::Binary(op, left, right) => {
            format!("({} {} {})", show(ast, left), op.text(), show(ast, right))
        }
        ExprKind::Is { value, ty, negated } => {
            format!("({} is{} {})", show(ast, value), if negated { " not" } else { "" }, show(ast, ty))
        }
        ExprKind::Range { start, end, inclusive } => {
            format!("({}..{}{})", optional(start), if inclusive { "=" } else { "" }, optional(end))
        }
        ExprKind::Call(callee, args) => {
            let arg = |arg: &Arg| match *arg {
                Arg::Plain(value) => show(ast, value),
                Arg::Named(name, value) => format!("{}: {}", ast.name(name.name), show(ast, value)),
                Arg::Spread(value) => format!("...{}", show(ast, value)),
            };
            let args = ast.list(args).iter().map(arg).collect::<Vec<_>>().join(", ");
            format!("{}({args})", show(ast, callee))
        }
        ExprKind::Index { object, index, optional } => {
            format!("{}{}[{}]", show(ast, object), if optional { "?" } else { "" }, show(ast, index))
        }
        ExprKind::Field { object, name, optional } => {
            format!("{}{}.{}", show(ast, object), if optional { "?" } else { "" }, ast.name(name))
        }
        ExprKind::Lambda(function) => {
            let function = ast[function];
            let count = ast.list(function.params).len();
            format!("(|{count}| {})", show(ast, function.body))
        }
        ExprKind::Await(value) => format!("(await {})", show(ast, value)),
        ExprKind::Spawn(value) => format!("(spawn {})", show(ast, value)),
        ExprKind::Throw(value) => format!("(throw {})", show(ast, value)),
        ExprKind::Return(value) => format!("(return {})", optional(value)),
        ExprKind::Yield(value) => format!("(yield {})", optional(value)),
        ExprKind::Break => "break".into(),
        ExprKind::Continue => "continue".into(),
        ExprKind::If(_) => "if".into(),
        ExprKind::Match { arms, .. } => format!("match{}", ast.list(arms).len()),
        ExprKind::Try(_) => "try".into(),
        ExprKind::Scope(_) => "scope".into(),
        ExprKind::Select(arms) => format!("select{}", ast.list(arms).len()),
        ExprKind::Block(block) => format!("block{}", ast.list(ast[block].stmts).len()),
        ExprKind::Assign(_) => "assign".into(),
        ExprKind::Error => "error".into(),
    }
}

fn table(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        assert_eq!(read(text), *expected, "{text}");
    }
}

#[test]
fn precedence() {
    table(&[
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c", "((a and b) or c)"),
        ("a or b or c", "((a or b) or c)"),
        ("not a and b", "((not a) and b)"),
        ("not a == b", "(not (a == b))"),
        ("not a in b", "(not (a in b))"),
        ("a == b ?? c", "(a == (b ?? c))"),
        ("a ?? b ?? c", "(a ?? (b ?? c))"),
        ("a ?? b..c", "(a ?? (b..c))"),
        ("a..b | c", "(a..(b | c))"),
        ("a | b ^ c & d << e + f * g", "(a | (b ^ (c & (d << (e + (f * g))))))"),
        ("a * b + c << d & e ^ f | g", "((((((a * b) + c) << d) & e) ^ f) | g)"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b // c % d", "(((a / b) // c) % d)"),
        ("-a * b", "((-a) * b)"),
        ("-x ** 2", "(-(x ** 2))"),
        ("2 ** -1", "(2 ** (-1))"),
        ("2 ** -x ** 2", "(2 ** (-(x ** 2)))"),
        ("2 ** 3 ** 2", "(2 ** (3 ** 2))"),
        ("~-a", "(~(-a))"),
        ("-a.b()", "(-a.b())"),
        ("-2.abs()", "(-2.abs())"),
        ("0..n.rev()", "(0..n.rev())"),
        ("await f() + 1", "((await f()) + 1)"),
        ("await a.b(c)", "(await a.b(c))"),
        ("await x ** 2", "((await x) ** 2)"),
        ("-await x", "(-(await x))"),
        ("spawn f(x).y", "(spawn f(x).y)"),
        ("await spawn f()", "(await (spawn f()))"),
        ("a is int and b", "((a is int) and b)"),
        ("a + 1 is not b.C or d", "(((a + 1) is not b.C) or d)"),
        ("a not in b or c", "((a not in b) or c)"),
        ("x ?? return", "(x ?? (return ))"),
        ("x ?? return a or b", "(x ?? (return (a or b)))"),
        ("ok or throw e", "(ok or (throw e))"),
        ("a and b ?? continue", "(a and (b ?? continue))"),
        ("a == |x| x + 1", "(a == (|1| (x + 1)))"),
        ("|x| x or y", "(|1| (x or y))"),
        ("|x| |y| x + y", "(|1| (|1| (x + y)))"),
        ("throw a or b", "(throw (a or b))"),
        ("yield a + 1", "(yield (a + 1))"),
        ("a.b?.c[d]?[e](f)(...g, h: i)", "a.b?.c[d]?[e](f)(...g, h: i)"),
        ("xs[1..]", "xs[(1..)]"),
        ("xs[..3]", "xs[(..3)]"),
        ("xs[..]", "xs[(..)]"),
        ("xs[a + 1..b - 1]", "xs[((a + 1)..(b - 1))]"),
        ("xs[..=n]", "xs[(..=n)]"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1.abs()", "1.abs()"),
        ("1..n", "(1..n)"),
        ("a | b", "(a | b)"),
        ("[...xs, y]", "[...xs, y]"),
    ]);
}

#[test]
fn newlines() {
    table(&[
        ("a\nb", "a ; b"),
        ("a\n\n\n# c\nb\n", "a ; b"),
        ("a; b;; c;", "a ; b ; c"),
        ("a +\nb", "(a + b)"),
        ("a\n-b", "a ; (-b)"),
        ("a\n[b]", "a ; [b]"),
        ("a\n(b)", "a ; b"),
        ("a\n|b| c", "a ; (|1| c)"),
        ("a\n.b\n?.c()", "a.b?.c()"),
        ("a # c\n\n# d\n    .b", "a.b"),
        ("a\n?? b\nand c\nor d", "(((a ?? b) and c) or d)"),
        ("f(\na\n,\nb\n)", "f(a, b)"),
        ("f(a\n-b)", "f((a - b))"),
        ("[\na,\nb,\n]", "[a, b]"),
        ("let m = {\na: 1,\nb: 2,\n}\nc", "let map2 ; c"),
        ("f(|x| {\na\nb\n}, c)", "f((|1| block2), c)"),
        ("return\na", "(return ) ; a"),
        ("yield\na", "(yield ) ; a"),
        ("break\ncontinue\na", "break ; continue ; a"),
        ("let a =\n1", "let 1"),
        ("if a { b }\nelse { c }", "if"),
        ("if a { b } c", "if ; c"),
        ("if a { f() } [1, 2].each(g)", "if ; [1, 2].each(g)"),
        ("if a { } -b", "if ; (-b)"),
        ("try { a }\ncatch e { b }\nfinally { c }\nd", "try ; d"),
        ("match a { 1 => 2 } (b)", "match1 ; b"),
        ("for x in y { } while z { } a", "for ; while ; a"),
        ("let a = if b { 1 } else { 2 }\nc", "let if ; c"),
        ("a\r\nb\r\n", "a ; b"),
        ("\u{feff}a", "a"),
        ("await select {\n a => b\n else => c\n}", "(await select2)"),
        ("await select { a => b, else => c }", "(await select2)"),
        ("not\na", "(not a)"),
        ("a =\n1\nb", "assign ; b"),
    ]);
}

#[test]
fn braces() {
    table(&[
        ("{a: 1}", "map1"),
        ("return {a: 1}", "(return map1)"),
        ("|x| { a }", "(|1| block1)"),
        ("|x| ({a: x})", "(|1| map1)"),
        ("|| {}", "(|0| block0)"),
        ("async { a }", "(|0| block1)"),
        ("spawn { a }", "(spawn (|0| block1))"),
        ("f({a, b})", "f(map2)"),
        ("if {a: 1} == b { c }", "if"),
        ("match {a, b} { {a: 1} => {c}, _ => d }", "match2"),
        ("if a { {b: 1} }", "if"),
        ("let f = |x| if x { 1 } else { 2 }", "let (|1| if)"),
        ("while if a { b } else { c } { d }", "while"),
        ("for {a} in b { c }", "for"),
        ("for Point {x, y} in ps { x }", "for"),
        ("for x in {a: 1} { b }", "for"),
        ("xs.any(|Point {x}| x)", "xs.any((|1| x))"),
        ("if xs.any(|x| { x }) { b }", "if"),
        ("match x { n if f({a: 1}) => 1 }", "match1"),
        ("match x { a => |b, c| if b { c } else { d }\n e => f }", "match2"),
        ("match x { a if if b { c } else { d } => e }", "match1"),
        ("{a: {b: {}}}", "map1"),
        ("{if: 1, in: 2, x, ...y, [z]: 3, \"a b\": 4}", "map6"),
        ("m.match.if", "m.match.if"),
        ("f(in: 1)", "f(in: 1)"),
        ("x is fn or x is struct", "((x is fn) or (x is struct))"),
        ("struct P { fn, async, if = 3, match\n fn select(self) { 1 }\n test }", "struct"),
        ("struct P { x; fn to_str(self) { 1 } }", "struct"),
    ]);
}

#[test]
fn bars() {
    table(&[
        ("|| a", "(|0| a)"),
        ("a | b | c", "((a | b) | c)"),
        ("f(|a| a, |b| b)", "f((|1| a), (|1| b))"),
        ("f(a | b)", "f((a | b))"),
        ("|a = (b | c)| a", "(|1| a)"),
        ("|a||b| a", "(|1| (|1| a))"),
        ("return |a| a", "(return (|1| a))"),
        ("async |a| b", "(|1| b)"),
        ("async || b", "(|0| b)"),
        ("[|a| a]", "[(|1| a)]"),
        ("|[a, b], {c}, ...d| a", "(|3| a)"),
        ("|v| v.seen = true", "(|1| assign)"),
    ]);
}

#[test]
fn strings() {
    table(&[
        (r#""a{b}c""#, r#""a"{b}"c""#),
        (r#""{b}""#, "{b}"),
        (r#""a\{b\}""#, r#""a{b}""#),
        (r#"'a{b}'"#, r#""a{b}""#),
        (r#""}""#, r#""}""#),
        (r#""{a:>8}""#, "{a:}"),
        (r#""{f(a: 1)}""#, "{f(a: 1)}"),
        (r#""{ {a: 1} }""#, "{map1}"),
        (r#""{xs["k"]}""#, r#"{xs["k"]}"#),
        (r#""{"x{"y{z}"}"}""#, r#"{"x"{"y"{z}}}"#),
        (r#""\n\t\r\0\\\"\'\x41\u{e9}""#, "\"\\n\\t\\r\\0\\\\\\\"'Aé\""),
        ("\"\"\"a\"\"\"", "\"a\""),
        ("\"\"\"\n    a\n      b\n\n    c\n    \"\"\"", "\"a\\n  b\\n\\nc\""),
        ("\"\"\"\n    a\n  \"\"\"", "\"a\""),
        ("'''\n\ta\n\t{b}\n'''", "\"a\\n{b}\""),
        ("\"\"\"\n  a {b}\n    {c}\n  \"\"\"", "\"a \"{b}\"\\n  \"{c}"),
        ("\"\"\"\n  a\\n  b\n  \"\"\"", "\"a\\n  b\""),
        ("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"", "\"a\\nb\""),
        ("\"\"\"\n\"\"\"", "\"\""),
        ("\"\"\"\"\"\"", "\"\""),
        ("\"\"\"a\n  b\"\"\"", "\"a\\n  b\""),
        ("b\"\\x00\\xffé\"", "[0, 255, 195, 169]"),
        ("250ms", "0.25"),
    ]);
}

#[test]
fn comments_are_kept() {
    let text = "#!/usr/bin/env co\n## doc\nfn f() { 1 } # end\n### three\n";
    let tokens = lexer::lex(text);
    let comments: Vec<_> =
        tokens.comments.iter().map(|comment| (&text[comment.span.range()], comment.doc)).collect();
    assert_eq!(
        comments,
        [("#!/usr/bin/env co", false), ("## doc", true), ("# end", false), ("### three", false)]
    );
    assert!(tokens.tokens.iter().all(|token| token.kind != Kind::Comment));
}

#[test]
fn tokens_are_small() {
    assert_eq!(size_of::<co_lang::token::Token>(), 8);
    assert!(size_of::<co_lang::ast::Expr>() <= 32, "{}", size_of::<co_lang::ast::Expr>());
    assert!(size_of::<co_lang::ast::Stmt>() <= 24, "{}", size_of::<co_lang::ast::Stmt>());
}
