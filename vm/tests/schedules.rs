//! Orders by seed, cancellation at every suspension, counting of steps, leaked tasks, traces and timelines.

mod support;

use co_lang::diagnostic::Code;
use co_vm::{
    engine::Options,
    sched::{history::History, picture, timeline, trace},
};
use support::{run, run_with};

const TASKS: &str = "async fn f(n) { await sleep(0); print(n); await sleep(1s); print(n) }\nawait all((0..5).map(|n| f(n)))\n";

#[test]
fn a_seed_decides_the_order_and_repeats_it() {
    let seeded =
        |seed| run_with(TASKS, Options { schedule_seed: Some(seed), ..Options::default() }, false).out;
    let plain = run(TASKS).out;
    assert_eq!(plain, "0\n1\n2\n3\n4\n0\n1\n2\n3\n4\n");
    let orders: std::collections::BTreeSet<String> = (0..40).map(seeded).collect();
    assert!(orders.len() > 30, "{} orders", orders.len());
    assert!((0..5).all(|seed| seeded(seed) == seeded(seed)));
    let mut lines: Vec<&str> = orders.iter().flat_map(|order| order.lines()).collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 5);
}

#[test]
fn a_lost_update_is_found_by_some_order() {
    let text = "var n = 0\nasync fn add() { let seen = n; await sleep(0); n = seen + 1 }\n\
                async fn other() { await sleep(0); await sleep(0); n += 10 }\n\
                await all([add(), other()])\nprint(n)\n";
    let results: std::collections::BTreeSet<String> = (0..20)
        .map(|seed| run_with(text, Options { schedule_seed: Some(seed), ..Options::default() }, false).out)
        .collect();
    assert!(results.contains("11\n") && results.contains("1\n"), "{results:?}");
}

#[test]
fn a_cancellation_at_every_suspension_leaves_nothing() {
    let text = "var open = 0\nlet ch = channel()\nlet m = mutex()\n\
        async fn work(n) { open += 1; defer open -= 1; let g = await m.lock(); defer g.unlock(); await sleep(1s); await ch.send(n) }\n\
        try { await scope { for n in 0..3 { spawn work(n) }; for n in 0..3 { print(await timeout(9s, ch.recv())) } } }\n\
        finally { await sleep(1s); print(\"open {open}\") }\n";
    let whole = run(text);
    assert_eq!(whole.out, "0\n1\n2\nopen 0\n");
    assert!(whole.suspensions >= 4);
    for at in 1..=whole.suspensions + 1 {
        let ran = run_with(text, Options { cancel_at: Some(at), ..Options::default() }, false);
        assert!(ran.out.ends_with("open 0\n"), "cancelled at {at}: {}", ran.out);
        assert_eq!((ran.left, ran.reports.len()), (0, 0), "cancelled at {at}");
    }
}

#[test]
fn long_runs_without_an_await_are_named() {
    let text = "async fn busy() { var n = 0\nfor i in 0..5000 { n += i }\nn }\nasync fn polite() { for i in 0..5000 { await sleep(0) } }\n\
                await all([busy(), polite()])\nvar n = 0\nwhile n < 3000 { n += 1 }\nlet xs = (0..3000).map(|x| x)\n\
                for x in xs { n += x }\n";
    let ran = run_with(text, Options { warn_blocking: Some(1000), ..Options::default() }, false);
    let told: Vec<String> = ran
        .reports
        .iter()
        .filter(|report| report.diagnostic.code == Code::BLOCKING)
        .map(|report| report.diagnostic.message.clone())
        .collect();
    assert_eq!(
        told,
        [
            "task 2 (busy) has taken 1000 steps without an await",
            "task 1 (main) has taken 1000 steps without an await"
        ]
    );
    assert_eq!(run(text).reports.len(), 0);
}

#[test]
fn tasks_that_wait_forever_are_told_once() {
    let garbage = "fn churn() { for i in 0..300000 { let x = [i, [i], \"{i}\"] } }\n";
    let leak = format!(
        "{garbage}async fn lost() {{ await channel().recv() }}\nasync fn held(ch) {{ await ch.recv() }}\nlet ch = channel()\n\
         fn start() {{ spawn lost()\nspawn held(ch)\nnil }}\nstart()\nawait sleep(1s)\nchurn()\nawait sleep(1s)\nchurn()\nch.close()\nexit(0)\n"
    );
    let ran = run(&leak);
    let told: Vec<&str> = ran
        .reports
        .iter()
        .filter(|report| report.diagnostic.code == Code::LEAKED_TASK)
        .map(|report| report.diagnostic.labels[0].message.as_str())
        .collect();
    assert_eq!(told, ["task 2 (lost) waits here for a value from a channel"]);
    // Whoever can be cancelled does not wait forever.
    let kept = format!(
        "{garbage}async fn forever() {{ await event().wait() }}\nlet t = spawn forever()\nlet u = spawn {{ await timeout(9s, forever()) }}\n\
         await sleep(1s)\nchurn()\nt.cancel()\nu.cancel()\n"
    );
    let reports = run(&kept).reports;
    assert!(reports.is_empty(), "{reports:?}");
}

const RUN: &str = "async fn cook(dish, time) { await sleep(time); if dish == \"soup\" { throw error(\"burnt\") }; dish }\n\
    let rice = spawn cook(\"rice\", 3s)\nlet tea = spawn cook(\"tea\", 9s)\nlet soup = spawn cook(\"soup\", 1s)\n\
    try { await soup } catch e { tea.cancel(\"no \\\"time\\\"\") }\nprint(await rice)\n";

#[test]
fn timelines() {
    let ran = run_with(RUN, Options::default(), true);
    let history = History::of(&ran.events);
    insta::assert_snapshot!("timeline_text", timeline::text(&history, ran.engine.sources(), 72));
    let svg = picture::svg(&history, "kitchen <1>", ran.engine.sources());
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    for part in [
        "kitchen &lt;1&gt;",
        "4 cook",
        "cancelled by task 1: no &quot;time&quot;",
        "waits for a timer at test.co:1:",
    ] {
        assert!(svg.contains(part), "{part} is not in\n{svg}");
    }
}

#[test]
fn traces_are_sound() {
    let ran = run_with(RUN, Options::default(), true);
    let history = History::of(&ran.events);
    let text = trace::chrome(&history, ran.engine.sources());
    let json: serde_json::Value = match serde_json::from_str(&text) {
        Ok(json) => json,
        Err(error) => panic!("{error}\n{text}"),
    };
    let events = json["traceEvents"].as_array().cloned().unwrap_or_default();
    let of = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
    let tracks = events.iter().filter(|event| event["name"] == "thread_name").count();
    assert_eq!(tracks, 4);
    assert_eq!(of("s"), of("f"));
    assert_eq!(of("i"), 1);
    // Slices of a track nest: each lies within the life of its task.
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let life = events.iter().find(|life| life["cat"] == "task" && life["tid"] == event["tid"]);
        let span = |event: &serde_json::Value| {
            let start = event["ts"].as_f64().unwrap_or(-1.0);
            (start, start + event["dur"].as_f64().unwrap_or(-1.0))
        };
        let ((start, end), Some((from, to))) = (span(event), life.map(span)) else { panic!("{event}") };
        assert!(from <= start && start <= end && end <= to, "{event}");
    }
}
