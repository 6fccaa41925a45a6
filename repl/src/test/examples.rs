//! Fenced examples in doc comments become tests.
//!
//! At the top level an example is turned into a `test` block where it stands, line by line, so that messages show the lines of the file:
//!
//! ```text
//! ## ```co                        test "half (example in line 1)" {
//! ## assert(half(4) == 2)           assert(half(4) == 2)
//! ## ```                          }
//! fn half(n) { n / 2 }            fn half(n) { n / 2 }
//! ```
//!
//! One inside of a struct or function is put at the end of the file instead, because tests stand at the top level only. Fences that name
//! another language than `co` are no examples.

use std::ops::RangeInclusive;

use co_lang::lexer;

/// An example, by the numbers of its lines from 0: that of the opening fence and that behind the last one of its text.
struct Example {
    first: usize,
    end: usize,
    /// There is a closing fence, in line `end`.
    is_closed: bool,
    is_at_top: bool,
}

pub fn has_examples(text: &str) -> bool {
    text.contains("```") && !find(text).is_empty()
}

/// The text with its examples as tests.
pub fn made_tests(text: &str) -> String {
    if !text.contains("```") {
        return text.to_string();
    }
    let examples = find(text);
    let mut lines: Vec<String> = text.split('\n').map(str::to_string).collect();
    let mut behind = Vec::new();
    for example in examples {
        let head = format!("test \"{}\" {{", name(text, &example));
        let body: Vec<String> =
            lines[example.first + 1..example.end].iter().map(|line| blanked(line)).collect();
        if example.is_at_top {
            lines[example.first] = head;
            for (line, body) in lines[example.first + 1..].iter_mut().zip(body) {
                *line = body;
            }
            match example.is_closed {
                true => lines[example.end] = "}".to_string(),
                false => lines[example.end - 1].push_str(" }"),
            }
        } else {
            behind.push(head);
            behind.extend(body);
            behind.push("}".to_string());
        }
    }
    lines.extend(behind);
    lines.join("\n")
}

/// The names of the tests that examples become, with their lines in the file, which are numbered from 1.
pub fn places(text: &str) -> Vec<(String, RangeInclusive<u32>)> {
    let lines = |example: &Example| example.first as u32 + 1..=example.end as u32 + 1;
    find(text).iter().map(|example| (name(text, example), lines(example))).collect()
}

/// Without the `##`, at the same column.
fn blanked(line: &str) -> String {
    line.replacen("##", "  ", 1).trim_end().to_string()
}

/// `half (example in line 3)`: after what the comment is about.
fn name(text: &str, example: &Example) -> String {
    let mut behind = text.split('\n').skip(example.end).map(str::trim);
    let item = behind.find(|line| !line.starts_with("##")).unwrap_or("");
    let mut words = item.split(|c: char| !c.is_alphanumeric() && c != '_');
    let name = words.find(|word| !["", "async", "fn", "struct", "let", "var"].contains(word));
    format!("{} (example in line {})", name.unwrap_or("file"), example.first + 1)
}

fn find(text: &str) -> Vec<Example> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
        .collect();
    let line_of = |at: usize| starts.partition_point(|start| *start <= at) - 1;
    let mut examples: Vec<Example> = Vec::new();
    // The fence that is open, whether that of an example, and the line of the comment before.
    let mut open: Option<Option<usize>> = None;
    let mut last = None;
    for comment in lexer::lex(text).comments.iter().filter(|comment| comment.doc) {
        let start = comment.span.start as usize;
        let line = line_of(start);
        if !text[starts[line]..start].trim().is_empty() {
            continue;
        }
        if last.is_some_and(|last| last + 1 != line)
            && let Some(example) = open.take().flatten()
        {
            close(&mut examples, example, last.map_or(line, |last| last + 1), false);
        }
        last = Some(line);
        let Some(language) = text[comment.span.range()].trim_start_matches('#').trim().strip_prefix("```")
        else {
            continue;
        };
        match open.take() {
            Some(Some(example)) => close(&mut examples, example, line, true),
            Some(None) => {}
            None => {
                let is_example = ["", "co"].contains(&language.trim());
                open = Some(is_example.then_some(line));
                if is_example {
                    let is_at_top = start == starts[line];
                    examples.push(Example { first: line, end: line, is_closed: false, is_at_top });
                }
            }
        }
    }
    if let (Some(Some(example)), Some(last)) = (open, last) {
        close(&mut examples, example, last + 1, false);
    }
    examples.retain(|example| example.end > example.first + 1);
    examples
}

fn close(examples: &mut [Example], first: usize, end: usize, is_closed: bool) {
    if let Some(example) = examples.last_mut().filter(|example| example.first == first) {
        (example.end, example.is_closed) = (end, is_closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_where_they_are() {
        let text = "## Half.\n## ```co\n## assert(half(4) == 2)\n## ```\nfn half(n) { n / 2 }\n";
        let made = made_tests(text);
        assert_eq!(
            made,
            "## Half.\ntest \"half (example in line 2)\" {\n   assert(half(4) == 2)\n}\nfn half(n) { n / 2 }\n"
        );
    }

    #[test]
    fn inside_of_a_struct_they_go_to_the_end() {
        let text = "struct P {\n    ## ```\n    ## assert(P.one() == 1)\n    ## ```\n    fn one() { 1 }\n}\n";
        let made = made_tests(text);
        assert!(made.starts_with(text));
        assert!(
            made.ends_with("\ntest \"one (example in line 2)\" {\n       assert(P.one() == 1)\n}"),
            "{made}"
        );
    }

    #[test]
    fn other_languages_texts_and_open_fences() {
        let shell = "## ```sh\n## co run\n## ```\nlet x = \"\"\"\n## ```\n## not here\n## ```\n\"\"\"\n";
        assert!(!has_examples(shell));
        assert_eq!(made_tests(shell), shell);
        let open = "## ```\n## print(1)\n\nlet x = 1\n";
        assert_eq!(made_tests(open), "test \"file (example in line 1)\" {\n   print(1) }\n\nlet x = 1\n");
        assert!(!has_examples("## ```\n## ```\nlet x = 1\n"));
    }
}
