//! `co test`, and the flags of `co run` that show a run.

mod support;

use std::{fs, path::Path};

use support::{Output, co, finish};
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let folder = TempDir::new().expect("a folder can be made");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        }
        Place(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn co(&self, args: &[&str]) -> Output {
        finish(co().current_dir(self.path()).args(args), "")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("the file was written")
    }

    /// The command that is told for the first failure, run.
    fn repeat(&self, output: &Output) -> Output {
        let line = output.stdout.lines().find_map(|line| line.strip_prefix("Repeat it: co "));
        let words: Vec<&str> = line.expect("a command is told").split(' ').collect();
        self.co(&words)
    }
}

#[track_caller]
fn assert_last_line(output: &Output, status: i32, line: &str) {
    assert_eq!((output.status, output.stdout.lines().last()), (Some(status), Some(line)), "{output:?}");
}

#[track_caller]
fn assert_complaint(output: &Output, line: &str) {
    assert_eq!(
        (output.status, output.stdout.as_str(), output.stderr.as_str()),
        (Some(2), "", format!("co: {line}\n").as_str())
    );
}

#[test]
fn passing_and_failing() {
    let place = Place::new(&[(
        "a.co",
        "fn two() { 2 }\ntest \"right\" { print(\"quiet\"); assert(two() == 2) }\n\
         test \"wrong\" { print(\"loud\"); await sleep(1h); assert(two() == 3) }\n",
    )]);
    let output = place.co(&["test", "a.co"]);
    assert_last_line(&output, 1, "1 passed, 1 failed");
    assert_eq!(output.stderr, "");
    assert!(output.stdout.starts_with("a.co\n  ok      right\n  FAILED  wrong\n"), "{}", output.stdout);
    assert!(
        output.stdout.contains("a.co:3:") && output.stdout.contains("left: 2, right: 3"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("  | loud\n") && !output.stdout.contains("quiet"), "{}", output.stdout);
    assert_last_line(&place.repeat(&output), 1, "0 passed, 1 failed");
    assert_last_line(&place.co(&["test", "--filter", "right"]), 0, "1 passed, 0 failed");
}

#[test]
fn each_in_a_program_of_its_own() {
    let place = Place::new(&[
        (
            "lib.co",
            "var calls = 0\nfn call() { calls += 1; calls }\ntest \"not of the other file\" { assert(false) }\n",
        ),
        (
            "main.co",
            "import \"./lib.co\"\nimport random\nlet xs = []\nlet first = random.int(0, 1000000)\n\
             test \"one\" { xs.push(1); assert(lib.call() == 1); assert(xs == [1]) }\n\
             test \"two\" { xs.push(2); assert(lib.call() == 1); assert(xs == [2]) }\n\
             test \"alone\" { assert(tasks().len() == 1) }\n\
             test \"input is empty\" { assert(await input() == nil) }\n",
        ),
    ]);
    assert_last_line(&place.co(&["test", "main.co"]), 0, "4 passed, 0 failed");
}

#[test]
fn the_top_level_comes_first_and_its_tasks_are_daemons() {
    let place = Place::new(&[(
        "server.co",
        "let ch = channel()\nlet log = []\nasync fn serve() { defer log.push(\"over\"); for await n in ch { log.push(n) } }\n\
         spawn serve()\nawait sleep(1s)\nprint(\"ready\")\n\
         test \"served\" { await ch.send(1); await ch.send(2); await sleep(0); assert(log == [1, 2]) }\n",
    )]);
    assert_last_line(&place.co(&["test"]), 0, "1 passed, 0 failed");
    let place = Place::new(&[("top.co", "test \"never begins\" { }\nthrow error(\"no\")\n")]);
    let output = place.co(&["test"]);
    assert_last_line(&output, 1, "0 passed, 1 failed");
    assert!(output.stdout.contains("Error: no"), "{}", output.stdout);
    let place = Place::new(&[(
        "daemon.co",
        "spawn { await sleep(1s); throw \"late\" }\ntest \"waits\" { await sleep(2s) }\n",
    )]);
    let output = place.co(&["test"]);
    assert_last_line(&output, 1, "0 passed, 1 failed");
    assert!(output.stdout.contains("late"), "{}", output.stdout);
}

#[test]
fn ways_to_fail() {
    let place = Place::new(&[(
        "f.co",
        "test \"drops a coroutine\" { let f = async || 1\nlet xs = [f()]\nxs.clear() }\n\
         test \"stands still\" { await channel().recv() }\n\
         test \"exits\" { exit(0) }\n\
         test \"a task fails\" { spawn { throw \"x\" } }\n\
         test \"a task that is awaited by nobody fails\" { let t = spawn { throw \"x\" } }\n\
         test \"detached\" { let t = spawn { throw \"x\" }\nt.detach()\nawait sleep(1s) }\n\
         test \"caught\" { try { await spawn { throw \"x\" } } catch e { } }\n",
    )]);
    let output = place.co(&["test"]);
    assert_last_line(&output, 1, "1 passed, 6 failed");
    for part in ["E0302", "E0413", "exit(0)"] {
        assert!(output.stdout.contains(part), "{part}: {}", output.stdout);
    }
}

#[test]
fn endless_tests_are_stopped() {
    let place = Place::new(&[(
        "loop.co",
        "test \"loop\" { while true { } }\ntest \"polite\" { while true { await sleep(1s) } }\n",
    )]);
    let output = place.co(&["test", "--time-limit=1"]);
    assert_last_line(&output, 1, "0 passed, 2 failed");
    assert_eq!(output.stdout.matches("took longer than 1 s").count(), 2, "{}", output.stdout);
}

#[test]
fn doc_examples() {
    let place = Place::new(&[(
        "doc.co",
        "## Half.\n##\n## ```co\n## let n = 4\n## assert(half(n) == 3)\n## ```\nfn half(n) { n // 2 }\n\n\
         struct P {\n    ## ```\n    ## assert(P.one() == 1)\n    ## ```\n    fn one() { 1 }\n}\n\
         ## ```sh\n## this is no program\n## ```\nlet x = 1\n",
    )]);
    let output = place.co(&["test", "doc.co"]);
    assert_last_line(&output, 1, "1 passed, 1 failed");
    assert!(output.stdout.contains("doc.co:5:4"), "{}", output.stdout);
    assert_last_line(&place.repeat(&output), 1, "0 passed, 1 failed");
    assert_last_line(&place.co(&["test", "doc.co:11"]), 0, "1 passed, 0 failed");
}

#[test]
fn folders_and_files() {
    let test = "test \"t\" { assert(true) }\n";
    let place = Place::new(&[
        ("a.co", test),
        ("sub/b.co", test),
        ("sub/deep/c.co", test),
        (".hidden/d.co", "test \"bad\" { assert(false) }\n"),
        ("sub/notes.txt", "test"),
        ("sub/broken.co", "let = \n"),
    ]);
    let output = place.co(&["test"]);
    assert_last_line(&output, 0, "3 passed, 0 failed");
    assert!(
        output.stdout.contains("a.co\n  ok      t\nsub/b.co\n  ok      t\nsub/deep/c.co\n"),
        "{}",
        output.stdout
    );
    assert_last_line(&place.co(&["test", "sub", "a.co", "./sub/b.co"]), 0, "3 passed, 0 failed");
    assert_last_line(&place.co(&["test", "sub/b.co:1"]), 0, "1 passed, 0 failed");
    assert_complaint(&place.co(&["test", "nowhere"]), "cannot read nowhere: no such file or folder");
    assert_complaint(&place.co(&["test", "--filter", "u"]), "\"u\" is not in the name of any of the 3 tests");
    assert_complaint(&place.co(&["test", "a.co:7"]), "there is no test in line 7 of a.co");
    assert_complaint(
        &place.co(&["test", "sub/broken.co"]),
        "there are no tests in the file; a test is `test \"its name\" { … }` at the top level of a file",
    );
    assert_complaint(
        &place.co(&["test", ".hidden", "--seed=x"]),
        "`--seed` takes a whole number from 0 on, not `x`",
    );
}

#[test]
fn a_file_with_errors_is_not_run() {
    let place = Place::new(&[("bad.co", "test \"t\" { missing() }\n"), ("good.co", "test \"t\" { }\n")]);
    let output = place.co(&["test"]);
    assert_last_line(&output, 2, "1 passed, 0 failed, 1 file with errors was not run");
    assert!(output.stderr.contains("bad.co:1:"), "{}", output.stderr);
}

const RACE: &str = "var total = 0\nasync fn add(n) { let seen = total; await sleep(0); total = seen + n }\n\
    async fn slow() { await sleep(0); await sleep(0); await add(10) }\n\
    test \"adds\" { await all([add(1), slow()]); assert(total == 11) }\n";

#[test]
fn orders_by_chance_find_races_and_repeat_them() {
    let place = Place::new(&[("race.co", RACE)]);
    assert_last_line(&place.co(&["test"]), 0, "1 passed, 0 failed");
    let output = place.co(&["test", "--schedules", "200"]);
    assert_last_line(&output, 1, "0 passed, 1 failed");
    assert!(output.stdout.contains("(seed "), "{}", output.stdout);
    let again = place.repeat(&output);
    assert_last_line(&again, 1, "0 passed, 1 failed");
    assert_eq!(output.stdout, again.stdout);
    let sound =
        RACE.replace("let seen = total; await sleep(0); total = seen + n", "await sleep(0); total += n");
    let place = Place::new(&[("race.co", &sound)]);
    let output = place.co(&["test", "--schedules=200", "--seed=7"]);
    assert_last_line(&output, 0, "1 passed, 0 failed");
    assert!(output.stdout.contains("adds in 200 orders"), "{}", output.stdout);
}

#[test]
fn cancelled_everywhere() {
    let text = "let m = mutex()\nvar open = 0\n\
        async fn sound() { let g = await m.lock(); defer g.unlock(); open += 1; defer open -= 1; await sleep(1s); await sleep(1s) }\n\
        test \"sound\" { await all([sound(), sound()]); assert(open == 0) }\n\
        test \"leaks a lock\" { let g = await m.lock(); await sleep(1s); await sleep(1s); g.unlock() }\n\
        test \"bad clean-up\" { var ready = false\ntry { await sleep(1s); ready = true; await sleep(1s) } finally { assert(ready) } }\n\
        test \"hangs\" { try { await sleep(1s); m.lock() } catch e { } finally { await event().wait() } }\n";
    let place = Place::new(&[("c.co", &text.replace("test \"hangs\"", "fn unused() { nil }\n# "))]);
    assert_last_line(&place.co(&["test"]), 0, "3 passed, 0 failed");
    let output = place.co(&["test", "--cancel-everywhere"]);
    assert_last_line(&output, 1, "1 passed, 2 failed");
    assert!(output.stdout.contains("sound, cancelled at 1 wait\n"), "{}", output.stdout);
    assert!(output.stdout.contains("left a mutex locked"), "{}", output.stdout);
    assert!(output.stdout.contains("c.co: bad clean-up (cancelled at wait 1)"), "{}", output.stdout);
    assert_last_line(&place.repeat(&output), 1, "0 passed, 1 failed");
    let hanging = "let go = event()\ntest \"hangs\" { try { await sleep(1s); go.set() } finally { await go.wait() } }\n";
    let place = Place::new(&[("h.co", hanging)]);
    assert_last_line(&place.co(&["test"]), 0, "1 passed, 0 failed");
    let output = place.co(&["test", "--cancel-everywhere"]);
    assert_last_line(&output, 1, "0 passed, 1 failed");
    assert!(output.stdout.contains("deadlock"), "{}", output.stdout);
}

#[test]
fn junit() {
    let place = Place::new(&[(
        "a.co",
        "test \"a <b> & \\\"c\\\"\" { print(\"]]>\"); assert(false) }\ntest \"fine\" { }\n",
    )]);
    assert_last_line(&place.co(&["test", "--junit", "out.xml"]), 1, "1 passed, 1 failed");
    let xml = place.read("out.xml");
    assert!(xml.contains("<testsuite name=\"a.co\" tests=\"2\" failures=\"1\""), "{xml}");
    assert!(xml.contains("name=\"a &lt;b&gt; &amp; &quot;c&quot;\""), "{xml}");
    assert!(xml.contains("<system-out>]]&gt;\n</system-out>"), "{xml}");
    assert!(
        place
            .co(&["test", "--junit", "no/such/out.xml"])
            .stderr
            .starts_with("co: cannot write no/such/out.xml: ")
    );
}

#[test]
fn colours() {
    let place = Place::new(&[("a.co", "test \"t\" { }\n")]);
    let forced = finish(co().current_dir(place.path()).arg("test").env("CLICOLOR_FORCE", "1"), "");
    assert!(forced.stdout.contains("\x1b[32mok\x1b[0m"), "{}", forced.stdout);
    let plain = finish(
        co().current_dir(place.path()).arg("test").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"),
        "",
    );
    assert!(!plain.stdout.contains('\x1b'), "{}", plain.stdout);
}

const COOK: &str =
    "async fn cook(time) { await sleep(time) }\nlet a = spawn cook(3s)\nlet b = spawn cook(2s)\nawait a\n";

#[test]
fn timelines() {
    let place = Place::new(&[("k.co", COOK)]);
    let arguments = ["run", "--virtual-time", "--timeline", "k.co"];
    let output = finish(co().current_dir(place.path()).args(arguments).env("COLUMNS", "60"), "");
    let shown: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(output.status, Some(0));
    let [main, a, b, scale, legend] = shown[..] else { panic!("{}", output.stderr) };
    assert!(
        main.starts_with("1 main")
            && a.starts_with("2 ├ cook (line 2)")
            && b.starts_with("3 └ cook (line 3)")
    );
    let end = |row: &str| row.chars().position(|c| c == '●');
    assert_eq!(end(main), end(a));
    assert!(end(b) < end(a) && scale.contains("2s") && legend.contains("● ended"), "{}", output.stderr);
    assert!(shown.iter().all(|line| line.chars().count() <= 60), "{}", output.stderr);
    let output = place.co(&["run", "--virtual-time", "--timeline=k.svg", "--trace", "k.json", "k.co"]);
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""));
    let svg = place.read("k.svg");
    assert!(svg.starts_with("<svg ") && svg.contains("waits for a timer at k.co:1:23"), "{svg}");
    let trace: serde_json::Value = serde_json::from_str(&place.read("k.json")).expect("it is JSON");
    let events = trace["traceEvents"].as_array().expect("it has events");
    assert!(events.iter().any(|event| event["args"]["at"] == "k.co:1:23" && event["dur"] == 2000000.0));
    let output = place.co(&["run", "--trace", "no/such/file.json", "k.co"]);
    assert_complaint(&output, "cannot write no/such/file.json: no such file or directory");
}

#[test]
fn what_blocks_is_named() {
    let text = "async fn crunch(n) {\n    var sum = 0\n    for i in 0..n { sum += i }\n    sum\n}\nprint(await spawn crunch(5000))\n";
    let place = Place::new(&[("b.co", text)]);
    assert_eq!(place.co(&["run", "--warn-blocking", "b.co"]).stderr, "");
    let output = place.co(&["run", "--warn-blocking=1000", "--message-format=short", "b.co"]);
    assert_eq!((output.status, output.stdout.as_str()), (Some(0), "12497500\n"));
    assert!(
        output.stderr.starts_with("b.co:3:14: W0421: task 2 (crunch) has taken 1000 steps without an await"),
        "{}",
        output.stderr
    );
    let wrong = place.co(&["run", "--warn-blocking=0", "b.co"]);
    assert_complaint(&wrong, "`--warn-blocking` takes a whole number from 1 on, not `0`");
}

#[test]
fn a_profile_tells_where_the_time_went() {
    let text =
        "fn spin(n) {\n    var sum = 0\n    for i in 0..n { sum += i }\n    sum\n}\nprint(spin(5_000_000))\n";
    let place = Place::new(&[("p.co", text)]);
    let output = place.co(&["run", "--profile=p.folded", "p.co"]);
    assert_eq!((output.status, output.stdout.as_str()), (Some(0), "12499997500000\n"));
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(lines[0].starts_with("profile: ") && lines[0].ends_with("samples"), "{}", output.stderr);
    assert_eq!(lines.last(), Some(&"stacks for a flame graph: p.folded"));
    let after = |title: &str| {
        lines.iter().skip_while(|line| !line.ends_with(title)).nth(1).copied().unwrap_or_default()
    };
    assert!(after("  function").ends_with("%  spin (p.co:1)"), "{}", output.stderr);
    assert!(after("self  line").ends_with("%  p.co:3  for i in 0..n { sum += i }"), "{}", output.stderr);
    assert!(after("share  task").ends_with("100.0%  main: task 1"), "{}", output.stderr);
    let stacks = place.read("p.folded");
    let stack = "task main;main (p.co);spin (p.co:1) ";
    let weight = stacks.lines().find_map(|line| line.strip_prefix(stack)).expect("the stack is there");
    assert!(weight.parse::<u64>().is_ok_and(|weight| weight > 0), "{stacks}");
    // Without a name the stacks have their usual place; an error of the program is no obstacle.
    let output = place.co(&["run", "--profile", "-e", "throw \"no\""]);
    assert_eq!(output.status, Some(1));
    assert!(output.stderr.ends_with("\nstacks for a flame graph: co-profile.folded\n"), "{}", output.stderr);
    place.read("co-profile.folded");
    let output = place.co(&["run", "--profile=no/such/file", "p.co"]);
    assert_complaint(&output, "cannot write no/such/file: no such file or directory");
}
