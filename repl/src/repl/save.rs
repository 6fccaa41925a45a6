//! `:save`: the entries of a session as a script. In a session names may be declared again and `_` can be read; in a script not, so
//! what has been declared before is assigned instead, and what was replaced later becomes a comment.

use std::collections::{HashMap, HashSet};

use co_lang::{
    ast::{Ast, ExprKind, PatKind, StmtId, StmtKind},
    parser,
    source::{SourceId, Span},
};

/// What a top-level statement declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declares<'a> {
    Variable {
        name: &'a str,
        keyword: Span,
    },
    /// A function, struct or import, which could stand anywhere.
    Item(&'a str),
}

pub fn script(entries: &[String]) -> String {
    let parsed: Vec<Ast> = entries.iter().map(|entry| parser::parse(SourceId(0), entry).ast).collect();
    let mut count: HashMap<&str, usize> = HashMap::new();
    let mut last_item: HashMap<&str, (usize, StmtId)> = HashMap::new();
    for (number, (ast, entry)) in parsed.iter().zip(entries).enumerate() {
        for stmt in ast.list(ast.root) {
            match declares(ast, *stmt, entry) {
                Some(Declares::Variable { name, .. }) => *count.entry(name).or_default() += 1,
                Some(Declares::Item(name)) => {
                    last_item.insert(name, (number, *stmt));
                }
                None => {}
            }
        }
    }
    let mut out = String::new();
    let mut declared: HashSet<&str> = HashSet::new();
    for (number, (ast, entry)) in parsed.iter().zip(entries).enumerate() {
        if reads_underscore(ast) {
            comment("`_` is known to the prompt alone:", entry, &mut out);
            continue;
        }
        let mut edits: Vec<(Span, String)> = Vec::new();
        for stmt in ast.list(ast.root) {
            match declares(ast, *stmt, entry) {
                Some(Declares::Variable { name, keyword }) if count[name] > 1 => {
                    let is_first = declared.insert(name);
                    edits.push((keyword, if is_first { "var ".to_string() } else { String::new() }));
                }
                Some(Declares::Item(name)) if last_item[name] != (number, *stmt) => {
                    let span = ast[*stmt].span;
                    let mut replaced = String::new();
                    comment("replaced below:", entry.get(span.range()).unwrap_or_default(), &mut replaced);
                    edits.push((span, replaced.trim_end().to_string()));
                }
                _ => {}
            }
        }
        let mut text = entry.clone();
        for (span, new) in edits.into_iter().rev() {
            text.replace_range(span.range(), &new);
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

fn declares<'a>(ast: &'a Ast, stmt: StmtId, text: &'a str) -> Option<Declares<'a>> {
    match ast[stmt].kind {
        StmtKind::Let { pattern, .. } => {
            let PatKind::Bind(name) = ast[ast.unparen_pat(pattern)].kind else { return None };
            let keyword = Span::new(ast[stmt].span.start, ast[pattern].span.start);
            Some(Declares::Variable { name: ast.name(name), keyword })
        }
        StmtKind::Fn(id) => Some(Declares::Item(ast.name(ast[id].name?.name))),
        StmtKind::Struct(id) => Some(Declares::Item(ast.name(ast[id].name.name))),
        // The same import twice.
        StmtKind::Import(_) => Some(Declares::Item(text.get(ast[stmt].span.range())?)),
        _ => None,
    }
}

fn reads_underscore(ast: &Ast) -> bool {
    ast.exprs.iter().any(|expr| matches!(expr.kind, ExprKind::Name(name) if ast.name(name) == "_"))
}

fn comment(why: &str, text: &str, out: &mut String) {
    out.push_str(&format!("# {why}\n"));
    for line in text.lines() {
        out.push_str(format!("# {line}").trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_declared_again_are_assigned() {
        let entries =
            ["let x = 1", "fn f() {\n    x\n}", "let x = x + f()", "fn f() { 2 }", "x", "_ + 1", "let y = x"];
        let text = script(&entries.map(str::to_string));
        let expected = "var x = 1\n# replaced below:\n# fn f() {\n#     x\n# }\nx = x + f()\nfn f() { 2 }\nx\n\
                        # `_` is known to the prompt alone:\n# _ + 1\nlet y = x\n";
        assert_eq!(text, expected);
        assert!(parser::parse(SourceId(0), &text).diagnostics.is_empty());
    }
}
