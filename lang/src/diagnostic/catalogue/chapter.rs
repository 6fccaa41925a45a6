//! The reference's chapter of diagnostics, made from the list.

use std::fmt::Write;

use super::{PAGES_BY_FAMILY, Page};

const HEAD: &str = "\
# Diagnostics

Made from the catalogue in `lang/src/diagnostic/catalogue` by its tests; to change a page, change it there. `co explain CODE` prints the same.

Every diagnostic has a code that never changes its meaning, a title, labels at every place that matters, a note that says why, and where it can a fix that is shown as a
change. `E…` are errors: nothing runs. `W…` are warnings: the program runs. A comment `# allow: W0321` on the line above, or behind the code on its line, silences a
warning; several codes are separated by commas. What is found before the run has the same code as what is found only by running; E04xx are errors of the run alone.

## How misuse of await is found

The checker infers which expressions are coroutines, tasks, awaitables of builtins, async sources, or none of these: through variables and what they are assigned, conditions, `match`, loops, `try`,
calls and what functions return, closures, methods and fields of instances that are certain, lists and maps that only one variable knows, builtins, and imported files.

- What is not certain is silent: parameters, variables that a closure changes, data that others can reach, a variable after the program itself has asked `x is coroutine`, `type(x)` or `match x { is … }`.
- A variable that has been compared with `nil` or a bool, or asked for its truth, may be anything from there on if what it held was `nil` or a bool: the code behind the question counts on the answer. So `var c = nil` … `if c != nil { await c }`
  is silent.
- A field is certain if the struct is private to its file or stands in the main file, nobody assigns a field of that name, and its default and all calls that make instances give the same kind of value, as they are
  written: `jobs = channel()`, `Store()`, a lambda, a literal. A struct that is used as a value may be made anywhere, so nothing is known of its fields.
- A coroutine is followed while one variable holds it. Handing it to a function, storing it or returning it counts as keeping it (R29); if nobody awaits it after all, the run reports E0302 (R20).
- E0305 is told where every way leads to the second use: after a condition on one of whose ways the coroutine was used, in each turn of a loop that made it before, in a `catch` after its `await`. If only some way does,
  the run finds it.
- A loop turns again for certain if the program says so itself: `while true`, a variable that counts from a number to a number, `for` over a range of numbers, a list, map or string of two items or more as written, or what `map`, `enumerate`
  and the like make of one. Any other loop may have one turn.
- One mistake gives one diagnostic (R30). A coroutine that several operands or arguments of one expression use wrongly is one report with several labels.
- `==` between coroutines asks whether they are the same one; it is E0307 where the other side is a plain value, or a side is a call that makes a new coroutine.
- A function that awaits and is not `async` is E0301; nothing more is said about its calls. The fix makes it `async`, awaits its calls in all files of the program, and makes the functions around these `async` in turn; a call whose
  coroutine is awaited already, as in `await all([f(1), f(2)])`, stays as it is. If a use cannot be changed with certainty, it is labelled, and there is no fix.
- W0324 is silent for a `spawn` block with a `defer`: such a task tells its end itself, for example to a counter that the loop waits for.
- `co check --fix` carries out the fixes that are certain (see [the command](cli.md)).
";

/// The whole chapter.
pub fn chapter() -> String {
    let mut out = HEAD.to_string();
    for (family, pages) in PAGES_BY_FAMILY {
        let _ = write!(out, "\n## {family}\n");
        for page in pages.iter() {
            section(page, &mut out);
        }
    }
    out
}

fn section(page: &Page, out: &mut String) {
    let _ = write!(out, "\n### {}: {}\n\n{}\n", page.code, page.title, page.explanation);
    for (title, program) in [("Wrong", page.wrong), ("Right", page.right)] {
        if !program.is_empty() {
            let _ = write!(out, "\n{title}:\n\n```co\n{program}```\n");
        }
    }
}
