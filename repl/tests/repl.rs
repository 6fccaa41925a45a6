//! Sessions at a terminal, judged by what is to be seen.
#![cfg(unix)]

mod terminal;

use rustix::process::Signal;
use terminal::{CTRL_C, CTRL_D, ENTER, Start, TAB, Terminal, UP, at_cursor};

/// The last lines of the screen that are not empty.
fn last_lines(screen: &str, count: usize) -> Vec<&str> {
    let lines: Vec<&str> = screen.trim_end().lines().map(str::trim_end).collect();
    lines[lines.len().saturating_sub(count)..].to_vec()
}

#[test]
fn values_and_names() {
    let terminal = Terminal::session();
    terminal.evaluate("let x = 20");
    terminal.evaluate("x + 1");
    terminal.evaluate("_ * 2");
    let screen = terminal.evaluate("let x = [_, \"a\"]; x");
    assert_eq!(last_lines(&screen, 4), ["42", "> let x = [_, \"a\"]; x", "[42, \"a\"]", ">"]);
}

#[test]
fn a_block_is_typed_over_several_lines() {
    let terminal = Terminal::session();
    terminal.line("fn double(x) {");
    terminal.wait("the next line", |screen| at_cursor(screen).is_empty());
    terminal.send("    x * 2\r}");
    terminal.wait("the end of the block", |screen| at_cursor(screen) == "}");
    terminal.send(ENTER);
    let screen = terminal.evaluate("double(21)");
    assert_eq!(last_lines(&screen, 6), ["> fn double(x) {", "    x * 2", "}", "> double(21)", "42", ">"]);
}

#[test]
fn a_pasted_block_is_one_input() {
    let terminal = Terminal::session();
    terminal.send("\x1b[200~if 1 > 2 {\n    \"yes\"\n}\nelse {\n    \"no\"\n}\x1b[201~");
    terminal.expect("\"no\"");
    terminal.send(ENTER);
    let screen = terminal.prompt();
    assert_eq!(last_lines(&screen, 3), ["}", "\"no\"", ">"]);
}

#[test]
fn tab_completes_names_fields_commands_and_paths() {
    let terminal = Terminal::session();
    terminal.evaluate("let account = {owner: \"Ada\", balance: 5}");
    terminal.types("acc");
    terminal.send(TAB);
    terminal.expect("> account");
    terminal.send(".own");
    terminal.send(TAB);
    terminal.expect("> account.owner");
    terminal.send(ENTER);
    let screen = terminal.prompt();
    assert_eq!(last_lines(&screen, 2), ["\"Ada\"", ">"]);
    // Several: the list appears, and the line is still there.
    terminal.types("account.ke");
    terminal.send(TAB);
    terminal.expect("account.keys");
    terminal.clear();
    terminal.types(":bytec");
    terminal.send(TAB);
    terminal.expect("> :bytecode");
    terminal.clear();
    terminal.types("import \"./tes");
    terminal.send(TAB);
    terminal.expect("> import \"./tests/");
}

#[test]
fn the_parameters_of_a_call_are_hinted() {
    let terminal = Terminal::session();
    terminal.evaluate("fn area(w, h = w) { w * h }");
    terminal.types("area(");
    terminal.wait("the hint", |screen| at_cursor(screen) == "> area(w, h = …)");
    terminal.send("3, ");
    terminal.wait("the rest of the hint", |screen| at_cursor(screen) == "> area(3, h = …)");
    terminal.send("4)\r");
    let screen = terminal.prompt();
    // Nothing of the hint stays.
    assert_eq!(last_lines(&screen, 3), ["> area(3, 4)", "12", ">"]);
}

#[test]
fn the_history_outlives_the_session() {
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("state").join("history");
    let start = || Start::default().env("CO_HISTORY", file.to_str().expect("a path")).run();
    let mut first = start();
    first.evaluate("\"from the first session\"");
    first.types("fn both() {");
    first.send("\r1\r}\r");
    first.prompt();
    first.send(CTRL_D);
    assert_eq!(first.status(), Some(0));
    let second = start();
    second.prompt();
    second.send(UP);
    second.wait("the block", |screen| screen.contents().contains("> fn both() {\n1\n}"));
    // Up through the lines of the block first.
    second.send(&UP.repeat(3));
    second.expect("> \"from the first session\"");
    second.clear();
    // Searching.
    second.send("\x12first");
    second.expect("(reverse-i-search)`first'");
    second.send(ENTER);
    second.prompt();
    second.expect("\"from the first session\"\n>");
}

#[test]
fn a_task_prints_above_the_line_that_is_typed() {
    let terminal = Terminal::session();
    terminal.evaluate("let ch = channel()");
    terminal.evaluate("async fn show() { for await x in ch { print(\"got {x}\") } }");
    terminal.evaluate("let shows = spawn show()");
    terminal.evaluate("async fn later() { await sleep(300ms); await ch.send(1); await ch.send(2) }");
    terminal.evaluate("let sends = spawn later()");
    terminal.types("half a li");
    terminal.expect("got 2");
    terminal.send("ne");
    let screen = terminal.wait("the line", |screen| at_cursor(screen) == "> half a line");
    assert_eq!(last_lines(&screen, 4), ["> let sends = spawn later()", "got 1", "got 2", "> half a line"]);
}

#[test]
fn a_task_that_fails_tells_at_once() {
    let terminal = Terminal::session();
    terminal.evaluate("async fn fails() { await sleep(200ms); throw error(\"out of paper\") }");
    terminal.evaluate("let t = spawn fails()");
    terminal.types("x");
    let screen = terminal.expect("thrown here");
    assert!(screen.contains("Error: out of paper"), "{screen}");
    terminal.wait("the line", |screen| at_cursor(screen) == "> x");
}

#[test]
fn ctrl_c_ends_an_endless_loop_with_its_clean_up() {
    let terminal = Terminal::session();
    terminal.evaluate("var rounds = 0");
    terminal.line("try { while true { rounds += 1 } } finally { print(\"cleaned up\") }");
    terminal.wait("the evaluation", |screen| at_cursor(screen).is_empty());
    terminal.send(CTRL_C);
    let screen = terminal.prompt();
    assert!(screen.contains("cleaned up\ncancelled\n>"), "{screen}");
    let screen = terminal.evaluate("rounds >= 0");
    assert_eq!(last_lines(&screen, 2), ["true", ">"]);
}

#[test]
fn ctrl_c_ends_an_await_and_nothing_else() {
    let terminal = Terminal::session();
    terminal.evaluate("async fn ticks() { while true { await sleep(5ms) } }");
    terminal.evaluate("let t = spawn ticks()");
    terminal.line("await sleep(1h)");
    terminal.wait("the evaluation", |screen| at_cursor(screen).is_empty());
    terminal.send(CTRL_C);
    terminal.prompt();
    terminal.expect("cancelled\n>");
    let screen = terminal.evaluate("t.done()");
    assert_eq!(last_lines(&screen, 2), ["false", ">"]);
}

#[test]
fn ctrl_c_at_the_prompt_clears_the_line() {
    let terminal = Terminal::session();
    terminal.types("half a line");
    terminal.clear();
    terminal.clear();
    let screen = terminal.evaluate("1 + 1");
    assert_eq!(last_lines(&screen, 2), ["2", ">"]);
}

#[test]
fn a_task_that_never_awaits_can_be_stopped() {
    let terminal = Terminal::session();
    terminal.evaluate("let hog = spawn { while true {} }");
    let screen = terminal.evaluate(":tasks");
    assert!(screen.contains("task 2"), "{screen}");
    terminal.evaluate(":cancel hog");
    let screen = terminal.evaluate("hog.done()");
    assert_eq!(last_lines(&screen, 2), ["true", ">"]);
    // The same by Ctrl-C, while an evaluation never gets its turn.
    terminal.line("let again = spawn { while true {} }; await sleep(1ms)");
    terminal.wait("the evaluation", |screen| at_cursor(screen).is_empty());
    // One may come before the other was seen, so it is pressed until the prompt is there.
    loop {
        terminal.send(CTRL_C);
        if terminal.soon(|screen| at_cursor(screen) == ">") {
            break;
        }
    }
    let screen = terminal.evaluate("1 + 1");
    assert_eq!(last_lines(&screen, 2), ["2", ">"]);
}

#[test]
fn tasks_and_why_on_a_deadlocked_pair() {
    let terminal = Start::default().size(40, 100).run();
    terminal.evaluate("var pair = []");
    terminal.evaluate("async fn waits(i) { await sleep(0); await pair[i] }");
    terminal.evaluate("pair = [spawn waits(1), spawn waits(0)]; await sleep(1ms)");
    let screen = terminal.evaluate(":tasks");
    assert!(
        screen.contains("task 2 (waits)") && screen.contains("waits for task 3 (waits) (<2>:1:"),
        "{screen}"
    );
    let screen = terminal.evaluate(":why 2");
    let lines = last_lines(&screen, 4);
    assert!(lines[0].starts_with("task 2 (waits) waits for task 3 (waits)"), "{screen}");
    assert!(lines[1].starts_with("→ task 3 (waits) waits for task 2 (waits)"), "{screen}");
    assert!(lines[2].starts_with("⟲ ") && lines[2].contains("circle"), "{screen}");
    // Waiting for one of them fails the evaluation alone.
    let screen = terminal.evaluate("await pair[0]");
    assert!(screen.contains("E0413") && screen.contains("they wait for each other"), "{screen}");
    terminal.evaluate(":cancel 2");
    terminal.line(":tasks");
    terminal.expect("no task lives");
}

#[test]
fn virtual_time_passes_when_it_is_told_to() {
    let terminal = Terminal::session();
    terminal.evaluate(":clock virtual");
    terminal.evaluate("async fn tick() { for i in 1..=3 { await sleep(2s); print(\"tick {i}\") } }");
    terminal.evaluate("let t = spawn tick()");
    let screen = terminal.evaluate(":advance 5s");
    assert_eq!(last_lines(&screen, 4), ["> :advance 5s", "tick 1", "tick 2", ">"]);
    let screen = terminal.evaluate(":advance 1h");
    assert_eq!(last_lines(&screen, 3), ["> :advance 1h", "tick 3", ">"]);
    let screen = terminal.evaluate("await sleep(24h); t.done()");
    assert_eq!(last_lines(&screen, 2), ["true", ">"]);
}

#[test]
fn a_forgotten_await_is_told_and_the_corrected_line_offered() {
    let terminal = Terminal::session();
    terminal.evaluate("async fn fetch(page) { await sleep(1ms); \"page {page}\" }");
    terminal.line("fetch(7)");
    terminal.wait("the offer", |screen| at_cursor(screen) == "> await fetch(7)");
    terminal.send(ENTER);
    let screen = terminal.prompt();
    assert_eq!(last_lines(&screen, 2), ["\"page 7\"", ">"]);
    terminal.line("fetch(8).len() + 1");
    terminal.wait("the offer", |screen| at_cursor(screen) == "> (await fetch(8)).len() + 1");
    terminal.send(ENTER);
    let screen = terminal.prompt();
    assert_eq!(last_lines(&screen, 2), ["7", ">"]);
}

#[test]
fn the_window_may_change_its_size() {
    let terminal = Terminal::session();
    terminal.types("let long = \"a text that is longer than a narrow window is wide\"");
    terminal.resize(24, 40);
    terminal.send("; long.len()");
    terminal.expect("; long.len()");
    terminal.send(ENTER);
    terminal.prompt();
    terminal.expect("50\n>");
    let screen = terminal.evaluate("(0..40).to_list()");
    let value = screen.lines().skip_while(|line| *line != "[");
    assert!(value.clone().count() > 4 && value.clone().all(|line| line.chars().count() <= 40), "{screen}");
    terminal.expect("  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,");
}

#[test]
fn ctrl_d_asks_if_tasks_still_run() {
    let mut terminal = Terminal::session();
    terminal.evaluate("async fn runs() { try { await sleep(1h) } finally { print(\"cleaned up\") } }");
    terminal.evaluate("let t = spawn runs()");
    terminal.send(CTRL_D);
    terminal.expect("1 task still runs.\nLeave and cancel them? [y/N]");
    terminal.send("n\r");
    terminal.prompt();
    terminal.send(CTRL_D);
    terminal.wait("the question", |screen| at_cursor(screen).starts_with("Leave"));
    terminal.send("y\r");
    terminal.expect("cleaned up");
    assert_eq!(terminal.status(), Some(0));
}

#[test]
fn input_is_read_from_the_terminal_while_something_is_evaluated() {
    let terminal = Terminal::session();
    terminal.line("let name = await input()");
    terminal.wait("the evaluation", |screen| at_cursor(screen).is_empty());
    terminal.send("Ada\r");
    terminal.prompt();
    let screen = terminal.evaluate("name");
    assert_eq!(last_lines(&screen, 2), ["\"Ada\"", ">"]);
}

#[test]
fn colours_come_and_go_with_no_color() {
    let colored = Terminal::session();
    colored.types("let x = 1");
    let cell_color = |terminal: &Terminal| {
        let mut color = vt100::Color::Default;
        terminal.wait("the keyword", |screen| {
            let (row, _) = screen.cursor_position();
            color = screen.cell(row, 2).map_or(vt100::Color::Default, |cell| cell.fgcolor());
            true
        });
        color
    };
    assert_eq!(cell_color(&colored), vt100::Color::Idx(5));
    let plain = Start::default().env("NO_COLOR", "1").run();
    plain.types("let x = 1");
    assert_eq!(cell_color(&plain), vt100::Color::Default);
    plain.send(ENTER);
    plain.evaluate("x");
}

#[test]
fn vi_keys() {
    let terminal = Start::default().args(&["repl", "--vi"]).run();
    terminal.types("1 + 2");
    terminal.send("\x1b");
    terminal.wait("the command mode", |screen| screen.cursor_position().1 == 6);
    terminal.send("0cw40\x1b");
    terminal.wait("the change", |screen| at_cursor(screen) == "> 40 + 2" && screen.cursor_position().1 == 3);
    terminal.send(ENTER);
    terminal.prompt();
    terminal.expect("42\n>");
}

#[test]
fn exit_and_signals_end_the_session() {
    let mut terminal = Terminal::session();
    terminal.line("exit(7)");
    assert_eq!(terminal.status(), Some(7));
    let mut terminal = Terminal::session();
    terminal.signal(Signal::INT);
    terminal.evaluate("1");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.status(), Some(143));
}

#[test]
fn typing_goes_on_while_ten_thousand_tasks_tick() {
    let terminal = Terminal::session();
    terminal.evaluate("var ticks = 0");
    terminal.evaluate("async fn tick() { while true { await sleep(20ms); ticks += 1 } }");
    terminal.evaluate("let all_of_them = (0..10_000).map(|_| spawn tick())");
    // Each key is waited for; all of them together take as long as the limit of a test at most.
    for count in 1..=20 {
        terminal.send("1");
        terminal.wait("a key", |screen| at_cursor(screen) == format!("> {}", "1".repeat(count)));
    }
    terminal.clear();
    let screen = terminal.evaluate("await sleep(50ms); ticks > 0");
    assert_eq!(last_lines(&screen, 2), ["true", ">"]);
    let screen = terminal.evaluate(":tasks");
    assert!(screen.contains("more"), "{screen}");
}

#[test]
fn a_file_can_be_run_first() {
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("first.co");
    std::fs::write(&file, "import \"./other.co\"\nfn f() { other.answer }\nprint(\"loaded\", args)")
        .expect("written");
    std::fs::write(folder.path().join("other.co"), "let answer = 42").expect("written");
    let terminal = Start::default().args(&["-i", file.to_str().expect("a path"), "Ada"]).run();
    let screen = terminal.evaluate("f()");
    assert!(screen.contains("loaded [\"Ada\"]"), "{screen}");
    assert_eq!(last_lines(&screen, 2), ["42", ">"]);
    std::fs::write(folder.path().join("other.co"), "let answer = 43").expect("written");
    terminal.evaluate(":reload");
    let screen = terminal.evaluate("f()");
    assert_eq!(last_lines(&screen, 2), ["43", ">"]);
}
