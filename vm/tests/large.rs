//! Very many tasks: nothing is lost, and nothing recurses natively. The ignored tests do it with a million:
//! `cargo test --release -p co-vm --test large -- --ignored`.

mod support;

use support::run;

#[track_caller]
fn assert_prints(text: &str, expected: &str) {
    let ran = run(text);
    assert_eq!((ran.out.as_str(), ran.status, ran.left), (expected, 0, 0), "{:?}", ran.reports);
}

/// So many tasks wait for an event; then each of them is woken, cancelled or timed out.
fn parked(tasks: u64) {
    assert_prints(
        &format!(
            "let gate = event()\nvar woken = 0\nasync fn wait() {{ await gate.wait(); woken += 1 }}\n\
             await scope {{ for _ in 0..{tasks} {{ spawn wait() }}\nawait sleep(1s)\nprint(tasks().len())\ngate.set() }}\nprint(woken)\n"
        ),
        &format!("{}\n{tasks}\n", tasks + 1),
    );
    assert_prints(
        &format!(
            "let gate = event()\nvar cleaned = 0\nasync fn wait() {{ try {{ await gate.wait() }} finally {{ cleaned += 1 }} }}\n\
             let all_of_them = (0..{tasks}).map(|_| spawn wait())\nawait sleep(1s)\n\
             for task in all_of_them {{ task.cancel() }}\n\
             var cancelled = 0\n\
             for task in all_of_them {{ try {{ await task }} catch e {{ if e.kind == \"Cancelled\" {{ cancelled += 1 }} }} }}\n\
             print(cleaned, cancelled)\n"
        ),
        &format!("{tasks} {tasks}\n"),
    );
    assert_prints(
        &format!(
            "let gate = event()\nvar late = 0\n\
             async fn wait() {{ try {{ await timeout(1h, gate.wait()) }} catch e if e.kind == \"Timeout\" {{ late += 1 }} }}\n\
             await scope {{ for _ in 0..{tasks} {{ spawn wait() }} }}\nprint(late)\n"
        ),
        &format!("{tasks}\n"),
    );
}

/// A tree of so many tasks, as deep as wide, is cancelled at its root.
fn cancelled_trees(tasks: u64) {
    // A chain, each task the child of the one before.
    assert_prints(
        &format!(
            "var ended = 0\nasync fn link(n) {{ defer ended += 1\nif n > 1 {{ spawn link(n - 1) }}\nawait event().wait() }}\n\
             let root = spawn link({tasks})\nawait sleep(1s)\nroot.cancel()\ntry {{ await root }} catch e {{ print(e.kind, ended) }}\n"
        ),
        &format!("Cancelled {tasks}\n"),
    );
    // A binary tree of scopes.
    assert_prints(
        &format!(
            "var ended = 0\nasync fn node(n) {{ defer ended += 1\nawait scope {{ for child in [2 * n, 2 * n + 1] {{ if child <= {tasks} {{ spawn node(child) }} }}\n\
             await sleep(1h) }} }}\n\
             let root = spawn node(1)\nawait sleep(1s)\nroot.cancel()\ntry {{ await root }} catch e {{ print(e.kind, ended) }}\n"
        ),
        &format!("Cancelled {tasks}\n"),
    );
    // Combinators inside of each other fail from the inside out.
    assert_prints(
        &format!(
            "async fn nested(n) {{ if n == 0 {{ throw error(\"deep\") }}\nawait all([nested(n - 1)]) }}\n\
             try {{ await nested({}) }} catch e {{ print(e.message) }}\n",
            tasks / 10
        ),
        "deep\n",
    );
}

fn yields(count: u64) {
    assert_prints(
        &format!(
            "var n = 0\nasync fn go() {{ for _ in 0..{count} {{ await sleep(0); n += 1 }} }}\nawait go()\nprint(n)\n"
        ),
        &format!("{count}\n"),
    );
}

#[test]
fn many_parked_tasks() {
    parked(50_000);
}

#[test]
fn cancelled_trees_do_not_recurse() {
    cancelled_trees(100_000);
}

#[test]
fn awaits_ten_thousand_deep() {
    assert_prints(
        "async fn down(n) { if n == 0 { await sleep(1s); 0 } else { 1 + await down(n - 1) } }\nprint(await down(10000))\n\
         try { await timeout(1s, down(10000)) } catch e { print(e.kind) }\n",
        "10000\nTimeout\n",
    );
}

#[test]
fn a_million_yields() {
    yields(1_000_000);
}

#[test]
#[ignore = "some seconds and hundreds of megabytes"]
fn a_million_parked_tasks() {
    parked(1_000_000);
}

#[test]
#[ignore = "some seconds and hundreds of megabytes"]
fn trees_of_a_million() {
    cancelled_trees(1_000_000);
}
