//! Programs of unusual size and shape.

use super::compile;

fn ok(text: &str) -> String {
    match compile(text) {
        Ok(listing) => listing,
        Err(errors) => panic!("{errors:?}"),
    }
}

#[test]
fn long_chains_compile() {
    let many = 100_000;
    ok(&format!("let x = 1\nlet y = x{}", " + x".repeat(many)));
    ok(&format!("let x = 1\nlet y = x{}", " and x".repeat(many)));
    ok(&format!("let x = 1\nif x{} {{ print(x) }}", " or x".repeat(many)));
    ok(&format!("let x = [1]\nlet y = x{}", ".rev()".repeat(many)));
    ok(&format!("let x = [1]\nlet y = x{}", ".field".repeat(many)));
    ok(&format!("let x = [1]\nlet y = x{}", "?.next".repeat(many)));
    ok(&format!("let x = [1]\nlet y = x{}", "[0]".repeat(many)));
    ok(&format!("let x = 1\nif x == 0 {{}}{}", " else if x == 1 { print(x) }".repeat(many)));
    ok(&format!("let x = 1\nprint(x{})", " ?? x".repeat(200)));
}

#[test]
fn long_literals_compile() {
    let many = 100_000;
    ok(&format!("let xs = [{}]", "1, ".repeat(many)));
    ok(&format!("let xs = [{}]", "1, ...ys, ".repeat(many)).replace("let xs", "let ys = []\nlet xs"));
    let pairs: String = (0..many).map(|index| format!("k{index}: {index}, ")).collect();
    ok(&format!("let m = {{{pairs}}}"));
    ok(&format!("let x = 1\nlet s = \"{}\"", "a{x}".repeat(many)));
}

#[test]
fn far_constants_and_jumps() {
    let texts: String = (0..70_000).map(|index| format!("'text {index}', ")).collect();
    ok(&format!("let xs = [{texts}]\nprint(xs.len(), xs[0].name)"));
    let body = "i += 1\nj = j * 3 + i\n".repeat(30_000);
    ok(&format!("var i = 0\nvar j = 0\nwhile i < j {{\nif i == 5 {{ break }}\n{body}}}\nprint(i)"));
    ok(&format!("fn f(x) {{ var i = 0\nvar j = 0\nif x < 3 and i < 3 {{\n{body}}} else {{ {body} }}\ni }}"));
}

#[test]
fn a_function_that_is_too_large_is_reported() {
    let variables: String = (0..5000).map(|index| format!("let v{index} = f({index})\n")).collect();
    let text = format!("fn f(x) {{ x }}\nfn g() {{\n{variables}}}\ng()");
    assert_eq!(compile(&text), Err(vec!["E0216: function is too large".to_string()]));
    // At the top level variables are not limited.
    ok(&format!("fn f(x) {{ x }}\n{variables}"));
}

#[test]
fn many_functions_compile() {
    let functions: String = (0..70_000).map(|index| format!("fn f{index}(x) {{ x + {index} }}\n")).collect();
    ok(&format!("{functions}print(f0(1), f69999(2))"));
    let nested = 200;
    ok(&format!("let f = {}1{}", "|| { ".repeat(nested), " }".repeat(nested)));
    ok(&format!(
        "fn f() {{ {}print(1){} }}",
        "try { ".repeat(nested),
        " } finally { print(2) }".repeat(nested)
    ));
    ok(&format!("fn f(xs) {{ {}return x{} }}", "for x in xs { ".repeat(nested), " }".repeat(nested)));
    let defers = "defer print(1)\n".repeat(1000);
    ok(&format!("fn f() {{ {defers} 1 }}"));
}
