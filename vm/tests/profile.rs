//! Profiles by counted operations: which function, line and task they are charged to, and the collapsed stacks.

mod support;

use co_vm::{engine::Options, profile::Sampling};
use support::{Ran, run_with};

fn profiled(text: &str, every: u32) -> Ran {
    run_with(text, Options { profile: Some(Sampling::Ops(every)), ..Options::default() }, false)
}

fn tables(ran: &Ran) -> String {
    ran.engine.profiler().map(|profiler| profiler.text()).unwrap_or_default()
}

fn stacks(ran: &Ran) -> Vec<(String, u64)> {
    let text = ran.engine.profiler().map(|profiler| profiler.collapsed()).unwrap_or_default();
    text.lines()
        .map(|line| {
            let (stack, weight) = line.rsplit_once(' ').expect("a weight");
            (stack.to_string(), weight.parse().expect("a number"))
        })
        .collect()
}

/// The share of stacks that end in a function, in percent.
fn share(stacks: &[(String, u64)], ends_with: &str) -> u64 {
    let sum: u64 = stacks.iter().map(|(_, weight)| weight).sum();
    let own: u64 =
        stacks.iter().filter(|(stack, _)| stack.ends_with(ends_with)).map(|(_, weight)| weight).sum();
    own * 100 / sum.max(1)
}

const CALLS: &str = "\
fn little(x) { x + 1 }
fn much(x) {
    var sum = x
    for i in 0..50 { sum += i }
    sum
}
fn both(n) {
    var sum = 0
    for i in 0..n {
        sum += little(i)
        sum += much(i)
    }
    sum
}
print(both(100))
";

#[test]
fn the_function_that_works_most_comes_first() {
    let ran = profiled(CALLS, 1);
    assert_eq!(ran.out, "132500\n");
    let found = stacks(&ran);
    assert!(share(&found, "much (test.co:2)") > 80, "{found:?}");
    assert!(share(&found, "little (test.co:1)") >= 1, "{found:?}");
    let text = tables(&ran);
    let function = text.lines().skip_while(|line| !line.contains("function")).nth(1).unwrap_or_default();
    assert!(function.ends_with("much (test.co:2)"), "{text}");
    let line = text.lines().skip_while(|line| !line.ends_with("self  line")).nth(1).unwrap_or_default();
    assert!(line.ends_with("%  test.co:4   for i in 0..50 { sum += i }"), "{text}");
}

#[test]
fn stacks_lead_from_the_task_to_the_innermost_function() {
    let ran = profiled(CALLS, 1);
    let names: Vec<String> = stacks(&ran).into_iter().map(|(stack, _)| stack).collect();
    let both = "task main;main (test.co);both (test.co:7)";
    assert_eq!(
        names,
        [
            "task main;main (test.co)",
            both,
            &format!("{both};little (test.co:1)"),
            &format!("{both};much (test.co:2)")
        ]
    );
}

#[test]
fn every_operation_counts_whatever_the_interval() {
    let sum = |every| stacks(&profiled(CALLS, every)).iter().map(|(_, weight)| weight).sum::<u64>();
    let all = sum(1);
    assert!(all > 10_000);
    assert_eq!(sum(10), all / 10 * 10);
    assert_eq!(sum(1000), all / 1000 * 1000);
}

#[test]
fn a_profile_repeats() {
    assert_eq!(tables(&profiled(CALLS, 7)), tables(&profiled(CALLS, 7)));
}

#[test]
fn recursion_counts_once_in_a_total() {
    let ran = profiled("fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\nprint(fib(15))\n", 3);
    let text = tables(&ran);
    let row = text.lines().find(|line| line.ends_with("fib (test.co:1)")).unwrap_or_default();
    let shares: Vec<f64> =
        row.split_whitespace().filter_map(|word| word.strip_suffix('%')?.parse().ok()).collect();
    assert!(shares.len() == 2 && shares[0] > 95.0 && shares[1] <= 100.0, "{text}");
}

#[test]
fn deep_stacks_are_cut_at_their_outer_end() {
    let text = "fn down(n) { if n == 0 { 0 } else { down(n - 1) + 1 } }\nprint(down(50_000))\n";
    let ran = profiled(text, 101);
    assert_eq!(ran.out, "50000\n");
    let found = stacks(&ran);
    assert!(found.iter().any(|(stack, _)| stack.starts_with("task main;(more calls);down (test.co:1);")));
    assert!(found.iter().all(|(stack, _)| stack.matches(';').count() <= 129));
    assert!(!tables(&ran).contains("(more calls)"));
}

#[test]
fn tasks_of_one_function_from_one_place_share_a_row() {
    let text = "\
async fn work(n) { var sum = 0; for i in 0..n { sum += i; if i % 10 == 0 { await sleep(0) } } sum }
let many = (0..4).map(|_| spawn work(100))
let one = spawn work(1000)
for t in many { await t }
await one
";
    let ran = profiled(text, 1);
    let tables = tables(&ran);
    let row = |what: &str| tables.lines().any(|line| line.contains(what));
    assert!(row("work, spawned at test.co:2: 4 tasks were met, most often task "), "{tables}");
    assert!(row("work, spawned at test.co:3: task 6"), "{tables}");
    assert!(row("main: task 1"), "{tables}");
    assert!(stacks(&ran).iter().any(|(stack, _)| stack == "task work;work (test.co:1)"));
}

#[test]
fn library_functions_and_generators_belong_to_who_uses_them() {
    let text = "\
fn numbers(n) { for i in 0..n { yield i } }
fn main() {
    let xs = (0..200).map(|x| x * 2)
    for x in numbers(200) { xs.push(x) }
    xs.sort_by(|x| -x)
}
main()
";
    let names: Vec<String> = stacks(&profiled(text, 1)).into_iter().map(|(stack, _)| stack).collect();
    let main = "task main;main (test.co);main (test.co:2)";
    assert_eq!(
        names,
        [
            "task main;main (test.co)",
            main,
            &format!("{main};lambda (test.co:3)"),
            &format!("{main};lambda (test.co:5)"),
            &format!("{main};numbers (test.co:1)")
        ]
    );
}

#[test]
fn errors_and_cancellation_do_not_disturb_it() {
    let text = "\
fn check(n) { if n % 2 == 0 { throw error(\"even\") } n }
async fn wait() { defer print(\"over\"); await sleep(1h) }
var caught = 0
for i in 0..100 { try { check(i) } catch e { caught += 1 } }
let t = spawn wait()
await sleep(0)
t.cancel()
try { await t } catch e { print(e.kind, caught) }
";
    for every in [1, 2, 3, 5, 50] {
        assert_eq!(profiled(text, every).out, "over\nCancelled 50\n");
    }
}

#[test]
fn without_samples_there_is_one_line() {
    let ran = profiled("print(1)\n", 1_000_000);
    assert_eq!(tables(&ran), "profile: 0 operations, 0 samples\n");
    assert_eq!(stacks(&ran), []);
}

#[test]
fn ticks_are_charged_when_they_come() {
    // No ticks come here: nothing is sampled, and the run is what it is without a profile.
    let ran = run_with(CALLS, Options { profile: Some(Sampling::Ticks), ..Options::default() }, false);
    assert_eq!(ran.out, "132500\n");
    assert_eq!(tables(&ran), "profile: 0.000 s running, 0.000 s waiting, 0 samples\n");
}
