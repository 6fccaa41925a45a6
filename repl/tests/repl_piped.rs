//! Sessions without a terminal, and how much memory a long one takes.
#![cfg(unix)]

mod support;

use support::{Output, co, finish};

fn session(input: &str) -> Output {
    finish(&mut co(), input)
}

#[track_caller]
fn prints(input: &str, stdout: &str) {
    let output = session(input);
    assert_eq!(
        (output.status, output.stdout.as_str(), output.stderr.as_str()),
        (Some(0), stdout, ""),
        "{input}"
    );
}

#[test]
fn results_are_printed_without_prompts_and_colours() {
    prints("1 + 1\nlet x = _ * 2\nx\nnil\n\"a\\nb\"", "2\n4\n\"a\\nb\"\n");
    prints("async fn f() {\n    await sleep(1ms)\n    5\n}\nawait f()\n", "5\n");
    prints(
        "async fn count() { yield 1; await sleep(0); yield 2 }\nfor await x in count() { print(x) }",
        "1\n2\n",
    );
}

#[test]
fn the_status_is_that_of_the_last_statement() {
    let output = session("1 / 0\n");
    assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("DivisionByZero"), "{}", output.stderr);
    assert_eq!(session("nope\n").status, Some(1));
    assert_eq!(session("fn f( {\n").status, Some(1));
    assert_eq!(session("1 / 0\n1").status, Some(0));
    assert_eq!(session(":nope\n").status, Some(1));
    assert_eq!(session("exit(7)\n1 / 0").status, Some(7));
}

#[test]
fn a_statement_goes_on_where_the_next_line_says_so() {
    prints("if 1 > 2 {\n    1\n}\n\n# well\nelse {\n    2\n}\n[3, 1]\n    .sorted()\n", "2\n[1, 3]\n");
    prints("let s = \"\"\"\n    one\n\n    two\n    \"\"\"\ns.len()", "8\n");
}

#[test]
fn nobody_has_to_indent() {
    prints("fn f(x) {\nif x {\nprint(1)\n}\nprint(2)\n}\nf(true)\n", "1\n2\n");
    prints("fn f() {\ntry {\nthrow 1\n}\ncatch e { 5 }\n}\nf()\ntry {\n6\n}\n\nfinally { 7 }\n", "5\n6\n");
    prints("let xs = [1, 2].map(|x| {\nlet y = x\ny * 2\n})\nxs\n", "[2, 4]\n");
}

#[test]
fn the_tree_of_a_text_with_mistakes_is_a_report() {
    let output = session(":ast 1 +\n");
    assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("expected an expression"), "{}", output.stderr);
    prints(":ast nobody\n", "Expression 1:1-1:7\n  Name nobody 1:1-1:7\n");
}

#[test]
fn names_may_be_declared_again_and_older_functions_see_it() {
    prints(
        "let x = 1\nfn f() { x }\nlet x = 2\nf()\nlet x = x + 1\nf()\nfn f() { \"new\" }\nf()",
        "2\n3\n\"new\"\n",
    );
    // What fails leaves the name as it was.
    let output = session("let x = 1\nlet x = 1 / 0\nx\nlet y = 1 / 0\nlet y = 5\ny");
    assert_eq!((output.status, output.stdout.as_str()), (Some(0), "1\n5\n"));
}

#[test]
fn tasks_belong_to_the_session() {
    prints(
        "async fn f() { await sleep(20ms); print(\"done\") }\nlet t = spawn f()\nt.done()",
        "false\ndone\n",
    );
    prints("let d = spawn { await sleep(1h) }\nlet e = d.detach()\n1", "1\n");
    let output = session("let t = spawn { throw error(\"lost\") }\nawait sleep(1ms)\n1");
    assert_eq!((output.status, output.stdout.as_str()), (Some(0), "1\n"));
    assert!(output.stderr.contains("lost"), "{}", output.stderr);
    let output = session("let c = channel()\nlet t = spawn { await c.recv() }\n");
    assert_eq!(output.status, Some(3), "{}", output.stderr);
}

#[test]
fn lines_share_what_they_lock() {
    prints("let m = mutex()\nlet g = await m.lock()\ng.unlock()\nlet g = await m.lock()\n1", "1\n");
}

#[test]
fn a_standstill_fails_the_evaluation_alone() {
    let output = session("let c = channel()\nawait c.recv()\n\"on\"\n");
    assert_eq!((output.status, output.stdout.as_str()), (Some(0), "\"on\"\n"));
    assert!(output.stderr.contains("E0413"), "{}", output.stderr);
}

#[test]
fn input_takes_the_next_line() {
    prints("let name = await input()\nAda Lovelace\nname.len()", "12\n");
}

#[test]
fn commands_work() {
    let output = session(":type [1]\n:clock virtual\n:advance 5s\n:doc list.push\n");
    assert!(output.stdout.starts_with("list of 1 item\nthe clock is virtual, at "), "{}", output.stdout);
    assert!(output.stdout.contains("list.push(x)"), "{}", output.stdout);
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""));
}

/// Kilobytes that a process holds.
#[cfg(target_os = "linux")]
fn resident(id: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has memory");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_lines_take_no_more_memory_than_the_ten_thousand_before() {
    use std::{
        io::{BufRead, BufReader, Write},
        process::Stdio,
    };
    let mut child = co().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("stdin is piped");
    let mut output = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let mut sizes = Vec::new();
    for round in 0..3 {
        for line in 0..10_000 {
            writeln!(input, "fn f(a) {{ [a, {line}].map(|x| x + {round}) }}; let x = f({line}).sum()")
                .expect("it reads");
        }
        writeln!(input, "\"round {round}\"").expect("it reads");
        input.flush().expect("it reads");
        let answer = output.next().expect("it answers").expect("it is text");
        assert_eq!(answer, format!("\"round {round}\""));
        sizes.push(resident(child.id()));
    }
    drop(input);
    assert!(child.wait().expect("it ends").success());
    // The first rounds fill the heap up to where it collects.
    assert!(sizes[2] < sizes[1] + 12_000, "{sizes:?}");
}
