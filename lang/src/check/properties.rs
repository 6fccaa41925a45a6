//! No input makes the front end panic, and what it says about any input holds together.

use proptest::prelude::*;

use super::{File, sites::Owners};
use crate::{
    ast::{Ast, ExprId, ExprKind, PatKind},
    diagnostic::{
        Diagnostic, Severity,
        render::{Format, Options, render},
    },
    modules::{Module, Program},
    resolve::{Binding, CaptureFrom, FileRole, Owner, Res, Resolution},
    source::{Location, SourceMap, Span},
    testing,
};

/// What programs are made of, names few so that they meet.
const PIECES: &str = "let|var|fn|struct|import|if|else|while|for|in|match|try|catch|finally|defer|return|break|continue|yield|\
    throw|await|async|spawn|scope|select|test|not|and|or|is|nil|true|self|_|a|b|c|f|g|S|print|list|math|x|y|1|2.5|3s|'s'|\"t{a}\"|\
    \"{b:>3}\"|b\"z\"|(|)|(|)|[|]|{|}|{|}|{|}|,|,|;|\n|\n|\n|\n|:|.|?.|...|..|=>|=|==|+|-|*|//|**|+=|??=|??|\\||\\||\\|\\||<|# c\n|# allow: W0203\n|\
    let a = |var b = |fn f(a) {\n|fn g() { f }\n|f()|g(a, b)|\\|x\\| |async \\|a\\| |async fn f(a = b) {\n|struct S {\n a = b\n fn f(self) { a }\n}\n|\
    for a in b {\n|while a {\n|match a {\n a => b\n [a, b] \\| [b, a] => f()\n}\n|if a {\n|}\n|}\n|}\n|await scope {\n|await select {\n a = f() => b\n}\n|\
    try {\n|} finally {\n|} catch a {\n|defer {\n|[a, b] = [b, a]\n|a = b\n|import \"./u.co\"\n|import math.{pi}\n|u.x|u._y|é|名|\t|\u{301}";

fn pieces() -> Vec<String> {
    // `\|` stands for a bar, `|` separates.
    let text = PIECES.replace("\\|", "\u{1}");
    text.split('|').map(|piece| piece.replace('\u{1}', "|")).collect()
}

fn soup() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(pieces());
    proptest::collection::vec((piece, proptest::bool::weighted(0.8)), 0..120).prop_map(|pieces| {
        let with_blank = |(piece, blank): (String, bool)| if blank { piece + " " } else { piece };
        pieces.into_iter().map(with_blank).collect()
    })
}

/// Programs of the suite with lines taken out, doubled and exchanged.
fn mutants() -> impl Strategy<Value = String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut all = Vec::new();
    super::tests::programs(&root.join("spec/tests"), &mut all);
    super::tests::programs(&root.join("examples"), &mut all);
    all.sort();
    let texts: Vec<String> = all.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let texts: Vec<String> = texts.into_iter().filter(|text| text.len() < 4000).collect();
    let edits = proptest::collection::vec(
        (0..3u8, any::<proptest::sample::Index>(), any::<proptest::sample::Index>()),
        1..6,
    );
    (proptest::sample::select(texts), edits).prop_map(|(text, edits)| {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (what, one, other) in edits {
            if lines.is_empty() {
                break;
            }
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match what {
                0 => drop(lines.remove(one)),
                1 => lines.insert(one, lines[other]),
                _ => lines.swap(one, other),
            }
        }
        lines.concat()
    })
}

fn program(text: &str) -> String {
    format!("{text}\n# file: u.co\nlet x = 1\nlet _y = 2\n")
}

fn check_all(text: &str) {
    let (program, diagnostics) = testing::front_end(&program(text));
    for diagnostic in &diagnostics {
        check_diagnostic(diagnostic, &program.sources);
    }
    for width in [0, 40, 80] {
        for format in [Format::Human, Format::Short, Format::Json] {
            let shown = render(&diagnostics, &program.sources, Options { color: width == 40, width, format });
            assert_eq!(shown.is_empty(), diagnostics.is_empty());
        }
    }
    let right = !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    for module in &program.modules {
        check_resolution(&program, module, right);
    }
}

fn check_diagnostic(diagnostic: &Diagnostic, sources: &SourceMap) {
    assert!(!diagnostic.message.is_empty() && !diagnostic.labels.is_empty(), "{diagnostic:?}");
    let inside = |Location { source, span }: Location| {
        let text = &sources.get(source).text;
        assert!(span.start <= span.end && text.get(span.range()).is_some(), "{span:?} in {diagnostic:?}");
    };
    diagnostic.labels.iter().for_each(|label| inside(label.location));
    for fix in &diagnostic.fixes {
        fix.edits.iter().for_each(|edit| inside(edit.location));
        let mut spans: Vec<_> = fix.edits.iter().map(|edit| edit.location).collect();
        spans.sort();
        let apart =
            |pair: &[Location]| pair[0].source != pair[1].source || pair[0].span.end <= pair[1].span.start;
        assert!(spans.windows(2).all(apart), "edits overlap: {diagnostic:?}");
    }
}

/// Each name's meaning is one that its function can reach.
fn check_resolution(program: &Program, module: &Module, right: bool) {
    let (ast, resolution) = (&module.ast, &module.resolution);
    let text = &program.sources.get(module.source).text;
    let file = File { source: module.source, text, ast, resolution, role: FileRole::Script, module: None };
    let owners = Owners::new(file);
    for id in reachable_names(ast, resolution) {
        let owner = owners.of(ast[id].span);
        match resolution.name(id) {
            Res::Local(local) if right => {
                assert_eq!(resolution.local(local).owner, owner, "{:?}", ast[id].span)
            }
            Res::Capture(at) => assert!((at as usize) < captures(resolution, owner), "{:?}", ast[id].span),
            Res::Global(global) => assert!((global.0 as usize) < resolution.globals.len()),
            Res::Unresolved => assert!(!right, "{:?} in\n{text}", ast[id].span),
            _ => {}
        }
    }
    for function in &resolution.functions {
        for capture in &function.captures {
            match capture.from {
                CaptureFrom::Local(local) => {
                    let local = resolution.local(local);
                    assert_eq!(local.owner, function.parent);
                    assert!(local.captured && local.cell == capture.cell);
                }
                CaptureFrom::Capture(at) => assert!((at as usize) < captures(resolution, function.parent)),
                CaptureFrom::This => assert!(!capture.cell),
            }
        }
    }
    for (block, start) in &resolution.starts {
        let stmts = ast.list(ast[*block].stmts);
        assert!(start.items.iter().all(|item| stmts.contains(item)));
        assert!(start.cells.iter().all(|local| resolution.local(*local).cell));
    }
    if right {
        for (pat, binding) in ast.pats.iter().zip(&resolution.bindings) {
            let binds = matches!(pat.kind, PatKind::Bind(_) | PatKind::Rest(Some(_)));
            assert_eq!(binds, binding.is_some(), "{:?} in\n{text}", pat.span);
            if let Some(Binding::Local(local)) = binding {
                assert_eq!(resolution.local(*local).name_is(pat.kind), Some(true));
            }
        }
    }
}

impl crate::resolve::Local {
    fn name_is(&self, kind: PatKind) -> Option<bool> {
        match kind {
            PatKind::Bind(name) | PatKind::Rest(Some(name)) => Some(name == self.name),
            _ => None,
        }
    }
}

/// Names that the walk came to: a tree with errors may hold nodes that hang on nothing.
fn reachable_names<'a>(ast: &'a Ast, resolution: &'a Resolution) -> impl Iterator<Item = ExprId> + 'a {
    let all = (0..ast.exprs.len() as u32).map(ExprId);
    all.filter(|id| matches!(ast[*id].kind, ExprKind::Name(_)) && resolution.names[id.index()].is_some())
}

fn captures(resolution: &Resolution, owner: Owner) -> usize {
    match owner {
        Owner::TopLevel => 0,
        Owner::Function(id) => resolution.function(id).captures.len(),
        Owner::Defaults(id) => resolution.structure(id).captures.len(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_soup_of_tokens_is_taken(text in soup()) {
        check_all(&text);
    }

    #[test]
    fn any_mutant_of_a_program_is_taken(text in mutants()) {
        check_all(&text);
    }

    #[test]
    fn any_text_can_be_labelled_anywhere(text in "\\PC{0,40}(\n\\PC{0,40}|\r\n|\t|[\u{0}-\u{1f}]){0,6}", ends in proptest::collection::vec((0..300usize, 0..300usize), 1..5), width in 0..120usize) {
        let mut sources = SourceMap::default();
        let id = sources.add(crate::source::Source::new("a.co", None, text.as_str()));
        let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0) as u32;
        let spans = ends.iter().map(|(a, b)| Span::new(boundary(*a.min(b)), boundary(*a.max(b))));
        let mut spans = spans.collect::<Vec<_>>().into_iter();
        let first = spans.next().unwrap_or_default();
        let code = crate::diagnostic::Code::UNDEFINED_NAME;
        let diagnostic = spans.fold(Diagnostic::new(code, text.as_str(), id, first, text.as_str()), |diagnostic, span| {
            diagnostic.label(id, span, "label").note(text.as_str())
        });
        let options = Options { color: false, width, format: Format::Human };
        let shown = render(&[diagnostic], &sources, options);
        let harmless = |c: char| c == '\n' || !c.is_control();
        prop_assert!(shown.chars().all(harmless), "{shown:?}");
    }
}
