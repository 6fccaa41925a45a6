//! The README's programs are right, and its first one prints what stands below it.

mod support;

use support::{co, finish};

/// The fenced blocks with their language.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language, body.join("\n") + "\n"));
        }
    }
    blocks
}

#[test]
fn programs_are_right() {
    let readme = std::fs::read_to_string(support::root().join("README.md")).expect("there is a README");
    let blocks = blocks(&readme);
    let programs: Vec<&String> =
        blocks.iter().filter(|(language, _)| *language == "co").map(|(_, body)| body).collect();
    assert!(programs.len() > 5);
    for (at, program) in programs.into_iter().enumerate() {
        let output = finish(co().args(["run", "--virtual-time", "-"]), program);
        assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""), "{program}");
        if at == 0 {
            let shown = blocks.iter().find(|(language, _)| *language == "text").map(|(_, body)| body);
            assert_eq!(Some(&output.stdout), shown);
        }
    }
}
