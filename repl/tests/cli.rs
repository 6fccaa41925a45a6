//! The `co` program as its users meet it: what it prints where, and its exit status.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{Output, co, finish};
use tempfile::TempDir;

/// A folder with files, in which `co` runs.
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
        self.co_with(args, "")
    }

    fn co_with(&self, args: &[&str], stdin: &str) -> Output {
        finish(co().current_dir(self.path()).args(args), stdin)
    }
}

fn run(args: &[&str]) -> Output {
    finish(co().args(args), "")
}

#[track_caller]
fn assert_output(output: &Output, status: i32, stdout: &str, stderr: &str) {
    let found = (output.status, output.stdout.as_str(), output.stderr.as_str());
    assert_eq!(found, (Some(status), stdout, stderr));
}

/// One line that begins with `co: ` and ends the matter.
#[track_caller]
fn assert_complaint(output: &Output, line: &str) {
    assert_output(output, 2, "", &format!("co: {line}\n"));
}

mod running {
    use super::*;

    #[test]
    fn a_file_with_its_arguments() {
        let place = Place::new(&[("main.co", "print(args)\n")]);
        let shown = "[\"-5\", \"--help\", \"\", \"é\"]\n";
        assert_output(&place.co(&["main.co", "-5", "--help", "", "é"]), 0, shown, "");
        assert_output(&place.co(&["run", "main.co", "-5", "--help", "", "é"]), 0, shown, "");
    }

    #[test]
    fn code_from_the_command_line() {
        assert_output(&run(&["-e", "print(1 + 2)"]), 0, "3\n", "");
        assert_output(&run(&["-e", "print(args)", "--version"]), 0, "[\"--version\"]\n", "");
        // The value is not printed.
        assert_output(&run(&["-e", "1 + 2"]).quiet(), 0, "", "");
        assert_output(&run(&["-e", "nil"]), 0, "", "");
        assert_output(&run(&["-e", ""]), 0, "", "");
    }

    #[test]
    fn code_from_standard_input() {
        let place = Place::new(&[("lib.co", "let answer = 42\n")]);
        let program = "import \"./lib.co\"\nprint(lib.answer, args)\n";
        assert_output(&place.co_with(&["-", "x"], program), 0, "42 [\"x\"]\n", "");
        assert_output(&place.co_with(&["run", "-"], "print(await input())"), 0, "nil\n", "");
    }

    #[test]
    fn a_script_may_name_its_interpreter() {
        let place = Place::new(&[("main.co", "#!/usr/bin/env co\nprint(1)\n")]);
        assert_output(&place.co(&["main.co"]), 0, "1\n", "");
    }

    #[test]
    fn imports_start_at_the_importing_file() {
        let place = Place::new(&[
            (
                "app/main.co",
                "import \"./lib/one.co\"\nimport \"../shared.co\"\nprint(one.value, shared.value)\n",
            ),
            ("app/lib/one.co", "import \"../../shared.co\"\nlet value = shared.value + 1\n"),
            ("shared.co", "print(\"once\")\nlet value = 1\n"),
        ]);
        assert_output(&place.co(&["app/main.co"]), 0, "once\n2 1\n", "");
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_script_finds_its_own_modules() {
        let place = Place::new(&[
            ("app/main.co", "import \"./lib.co\"\nprint(lib.value)\n"),
            ("app/lib.co", "let value = 7\n"),
        ]);
        std::os::unix::fs::symlink("app/main.co", place.path().join("tool")).expect("a link can be made");
        assert_output(&place.co(&["tool"]), 0, "7\n", "");
    }

    #[test]
    fn virtual_time_does_not_wait() {
        let output = run(&["run", "--virtual-time", "-e", "await sleep(10h); print(\"awake\")"]);
        assert_output(&output, 0, "awake\n", "");
    }
}

mod exit_status {
    use super::*;

    #[test]
    fn tells_how_the_program_ended() {
        assert_eq!(run(&["-e", "exit(7)"]).status, Some(7));
        assert_eq!(run(&["-e", "throw \"no\""]).status, Some(1));
        assert_eq!(run(&["-e", "let x ="]).status, Some(2));
        assert_eq!(run(&["-e", "print(unknown)"]).status, Some(2));
    }

    #[test]
    fn of_a_deadlock_is_3() {
        let program = "var first = nil\nasync fn a() { await sleep(1ms); await first }\n\
                       async fn b(other) { await other }\nlet second = spawn a()\nfirst = spawn b(second)\nawait second\n";
        let output = finish(co().args(["run", "--virtual-time", "-"]), program);
        assert_eq!(output.status, Some(3), "{}", output.stderr);
    }

    #[test]
    fn output_comes_before_the_report_and_stays() {
        let output = run(&["-e", "print(\"before\"); throw \"no\""]);
        assert_eq!(output.stdout, "before\n");
        assert!(output.stderr.contains("E0400") && output.stderr.contains("no"), "{}", output.stderr);
    }
}

mod bad_input {
    use super::*;

    #[test]
    fn a_file_that_is_not_there() {
        let place = Place::new(&[("main.co", "")]);
        assert_complaint(&place.co(&["missing.co"]), "cannot read missing.co: no such file");
        assert_complaint(&place.co(&["main.co/x.co"]), "cannot read main.co/x.co: not a directory");
    }

    #[test]
    fn a_mistyped_command() {
        assert_complaint(
            &run(&["chekc", "x.co"]),
            "cannot read chekc: no such file; did you mean `co check`?",
        );
        let line = "cannot read run: no such file; `co run` is a command, its flags stand behind it";
        assert_complaint(&run(&["--virtual-time", "run", "x.co"]), line);
    }

    #[test]
    fn a_folder() {
        let place = Place::new(&[("src/main.co", "")]);
        assert_complaint(&place.co(&["src"]), "cannot read src: it is a folder, not a script");
        assert_complaint(
            &place.co(&["dump", "--stage=ast", "src"]),
            "cannot read src: it is a folder, not a script",
        );
    }

    #[test]
    fn bytes_that_are_no_text() {
        let place = Place::new(&[]);
        fs::write(place.path().join("main.co"), b"print(1)\nprint(\"\xff\")\n")
            .expect("a file can be written");
        let line = "cannot read main.co: it is not valid UTF-8 (byte 16 of the file, in line 2)";
        assert_complaint(&place.co(&["main.co"]), line);
        assert_complaint(&place.co(&["check", "--message-format=short", "main.co"]), line);
    }

    #[test]
    fn an_unknown_flag() {
        assert_complaint(
            &run(&["--vrtual-time", "x.co"]),
            "`co` has no flag `--vrtual-time`; did you mean `--virtual-time`?",
        );
        assert_complaint(
            &run(&["check", "-q", "x.co"]),
            "`co check` has no flag `-q` (`co check --help` lists them)",
        );
    }

    #[test]
    fn an_unknown_code() {
        assert_complaint(
            &run(&["explain", "E03001"]),
            "there is no code `E03001` (did you mean E0301? `co explain` lists them all)",
        );
        assert_complaint(
            &run(&["explain", "E0301", "301"]),
            "there is no code `301` (did you mean E0301? `co explain` lists them all)",
        );
    }

    #[test]
    fn a_missing_import_is_shown_with_its_place() {
        let place = Place::new(&[("app/main.co", "print(1)\nimport \"./nothing.co\"\n")]);
        let output = place.co(&["run", "--message-format=short", "app/main.co"]);
        assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""));
        assert!(output.stderr.starts_with("app/main.co:2:8: E0214: "), "{}", output.stderr);
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }

    #[test]
    fn errors_in_imported_files_name_them_as_the_main_file_was_named() {
        let place = Place::new(&[
            ("app/main.co", "import \"./lib/util.co\"\n"),
            ("app/lib/util.co", "import \"../../other.co\"\nlet x = unknown\n"),
            ("other.co", "let y = unknown\n"),
        ]);
        let output = place.co(&["check", "--message-format=short", "app/main.co"]);
        assert_eq!(output.status, Some(2));
        let places: Vec<&str> = output.stdout.lines().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(places, ["app/lib/util.co:2:9", "other.co:1:9"], "{}", output.stdout);
    }
}

mod checking {
    use super::*;

    const MISTAKE: &str = "let é = 1; print(missing)\n";

    #[test]
    fn says_what_is_wrong_and_runs_nothing() {
        let place = Place::new(&[("a.co", "print(1)\n"), ("b.co", MISTAKE)]);
        assert_output(&place.co(&["check", "a.co"]), 0, "1 file checked: no errors\n", "");
        let output = place.co(&["check", "a.co", "b.co"]);
        assert_eq!((output.status, output.stderr.as_str()), (Some(2), ""));
        assert!(output.stdout.contains("b.co:1:18"), "{}", output.stdout);
        assert!(
            output.stdout.ends_with("2 files checked: 1 error\n`co explain E0201` tells more.\n"),
            "{}",
            output.stdout
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_counted() {
        let place = Place::new(&[("a.co", "print(1)\n")]);
        let output = place.co(&["check", "nothing.co"]);
        assert_output(&output, 2, "", "co: cannot read nothing.co: no such file\n");
        let output = place.co(&["check", "a.co", "nothing.co"]);
        assert_output(
            &output,
            2,
            "1 file checked: no errors\n",
            "co: cannot read nothing.co: no such file\n",
        );
    }

    #[test]
    fn a_file_that_others_import_is_told_about_once() {
        let place = Place::new(&[("a.co", "import \"./b.co\"\n"), ("b.co", MISTAKE)]);
        let output = place.co(&["check", "--message-format=short", "a.co", "b.co", "./b.co"]);
        assert_eq!(output.stdout.lines().count(), 1, "{}", output.stdout);
    }

    #[test]
    fn an_unreadable_file_does_not_hide_the_others() {
        let place = Place::new(&[("b.co", MISTAKE)]);
        let output = place.co(&["check", "--message-format=short", "a.co", "b.co"]);
        assert_eq!((output.status, output.stdout.lines().count()), (Some(2), 1));
        assert_eq!(output.stderr, "co: cannot read a.co: no such file\n");
    }

    #[test]
    fn as_json() {
        let place = Place::new(&[("b.co", MISTAKE)]);
        let output = place.co(&["check", "--message-format=json", "b.co"]);
        let message: Value = serde_json::from_str(output.stdout.trim_end()).expect("it is one object");
        assert_eq!(
            (&message["code"], &message["severity"], &message["file"]),
            (&"E0201".into(), &"error".into(), &"b.co".into())
        );
        let label = &message["labels"][0];
        // Columns count characters, bytes do not.
        assert_eq!(
            (&label["start_line"], &label["start_column"], &label["end_column"]),
            (&1.into(), &18.into(), &25.into())
        );
        assert_eq!((&label["start_byte"], &label["end_byte"]), (&18.into(), &25.into()));
        assert_eq!((&label["primary"], &label["file"]), (&true.into(), &"b.co".into()));
        assert!(message["notes"].is_array() && message["help"].is_array());
    }

    #[test]
    fn warnings_are_shown_once_and_the_program_runs() {
        let place = Place::new(&[("main.co", "let x = 1\nx + 1\nprint(x)\n")]);
        let output = place.co(&["run", "--message-format=short", "main.co"]);
        assert_eq!((output.status, output.stdout.as_str()), (Some(0), "1\n"));
        assert_eq!(output.stderr.matches("W0203").count(), 1, "{}", output.stderr);
        let output = place.co(&["check", "main.co"]);
        assert_eq!(output.status, Some(0));
        assert!(output.stdout.ends_with("1 file checked: 1 warning\n"), "{}", output.stdout);
    }
}

mod other_commands {
    use super::*;

    #[test]
    fn help_and_version() {
        let output = run(&["--help"]);
        assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""));
        // A session without input.
        assert_output(&run(&[]), 0, "", "");
        assert_eq!(run(&["help", "check"]).stdout, run(&["check", "--help"]).stdout);
        assert_output(&run(&["--version"]), 0, &format!("co {}\n", env!("CARGO_PKG_VERSION")), "");
    }

    #[test]
    fn every_page_of_explain_can_be_shown() {
        let list = run(&["explain"]);
        let codes: Vec<&str> =
            list.stdout.lines().take_while(|line| !line.is_empty()).map(|line| &line[..5]).collect();
        assert!(codes.len() > 20, "{}", list.stdout);
        for code in ["E0301", "e0301"] {
            let page = run(&["explain", code]);
            assert!(
                page.stdout.starts_with("E0301: ")
                    && page.stdout.contains("Wrong:")
                    && page.stdout.contains("Right:")
            );
        }
        assert!(codes.contains(&"E0101") && codes.contains(&"W0203"));
    }

    fn with(arguments: &[&str], variables: &[(&str, &str)]) -> String {
        finish(co().args(arguments).envs(variables.iter().copied()), "").stdout
    }

    #[test]
    fn explain_takes_several_codes_and_fits_the_terminal() {
        let several = run(&["explain", "e0301", "W0325"]).stdout;
        assert!(several.starts_with("E0301: ") && several.contains("\nW0325: "), "{several}");
        for width in ["40", "60", "80", "120"] {
            let wanted = width.parse().unwrap_or(0);
            for code in [&["explain"] as &[&str], &["explain", "E0301"], &["explain", "W0325"]] {
                let shown = with(code, &[("COLUMNS", width)]);
                let prose = shown.lines().filter(|line| !line.starts_with("    "));
                let long: Vec<&str> = prose.filter(|line| line.chars().count() > wanted).collect();
                assert!(long.is_empty() && !shown.contains('\x1b'), "{width}: {long:#?}");
            }
        }
    }

    #[test]
    fn explain_has_the_colors_of_reports() {
        let page = |env: &[(&str, &str)]| with(&["explain", "E0301"], env);
        let colored = page(&[("CLICOLOR_FORCE", "1")]);
        assert!(colored.starts_with("\x1b[1m\x1b[31mE0301\x1b[0m"), "{colored}");
        let parts =
            ["\x1b[36m`await`\x1b[0m", "\x1b[31mWrong", "\x1b[32mRight", "\x1b[1;35mawait\x1b[0m sleep"];
        parts.iter().for_each(|part| assert!(colored.contains(part), "{part:?} in {colored}"));
        assert!(!page(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\x1b'));
        let list = with(&["explain"], &[("CLICOLOR_FORCE", "1")]);
        assert!(list.contains("\x1b[31mE0301\x1b[0m") && list.contains("\x1b[33mW0325\x1b[0m"));
        // Without its colours it is the page that a pipe gets.
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, behind)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = behind.split_once('m').map_or("", |(_, rest)| rest);
        }
        plain.push_str(rest);
        assert_eq!(plain, page(&[]));
    }

    #[test]
    fn dump_shows_each_stage() {
        let dump = |stage: &str| run(&["dump", &format!("--stage={stage}"), "-e", "let x = 1 + 2"]);
        for (stage, part) in [("tokens", "1:9"), ("ast", "Let"), ("bytecode", "RETURN")] {
            let output = dump(stage);
            assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""), "{stage}");
            assert!(output.stdout.contains(part), "{stage}: {}", output.stdout);
        }
        let broken = run(&["dump", "--stage=ast", "-e", "let x = ) + 2\nprint(1)"]);
        assert_eq!(broken.status, Some(2));
        assert!(broken.stdout.contains("print") && broken.stderr.contains("E01"), "{broken:?}");
    }
}

mod colors {
    use super::*;

    fn has_color(variables: &[(&str, &str)]) -> bool {
        let output = finish(co().args(["-e", "throw 1"]).envs(variables.iter().copied()), "");
        output.stderr.contains('\u{1b}')
    }

    #[test]
    fn only_where_they_are_wanted() {
        assert!(!has_color(&[]));
        assert!(has_color(&[("CLICOLOR_FORCE", "1")]));
        assert!(!has_color(&[("CLICOLOR_FORCE", "0")]));
        assert!(!has_color(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }
}

impl Output {
    /// Without what the checker remarks.
    fn quiet(mut self) -> Output {
        if self.stderr.contains("W0203") && !self.stderr.contains("Error") {
            self.stderr.clear();
        }
        self
    }
}

mod mending {
    use super::*;

    const MAIN: &str = "\
# The kitchen.   (keep   this)
import \"./shop.co\"

fn serve(dish) {          # not async
    print(dish, await   shop.buy(dish))
}

async fn main() {
    serve(\"rice\")\t\t# eat
    sleep(1s)   # forgotten
    let price = shop.price(\"tea\")
    print(\"é 名\",price+1)
    for t in shop.ticks() { print( t ) }
}
await main()
";
    const RIGHT: &str = "\
# The kitchen.   (keep   this)
import \"./shop.co\"

async fn serve(dish) {          # not async
    print(dish, await   shop.buy(dish))
}

async fn main() {
    await serve(\"rice\")\t\t# eat
    await sleep(1s)   # forgotten
    let price = await shop.price(\"tea\")
    print(\"é 名\",price+1)
    for await t in shop.ticks() { print( t ) }
}
await main()
";
    const SHOP: &str = "\
async fn buy(x) { sleep(1ms); x.len() }\r
async fn price(x) { await sleep(1ms); x.len() }\r
async fn ticks() { await sleep(1ms); yield 7 }\r
";

    #[test]
    fn mends_what_is_certain_and_a_second_run_changes_nothing() {
        let place = Place::new(&[("main.co", MAIN), ("shop.co", SHOP)]);
        let text = |name| fs::read_to_string(place.path().join(name)).expect("it can be read");
        let first = place.co(&["check", "--fix", "main.co"]);
        assert_eq!(first.status, Some(0), "{first:?}");
        for line in [
            "shop.co:1:19: E0302: fixed: await it\n",
            "main.co:5:17: E0301: fixed: ",
            "1 file checked: no errors\n",
        ] {
            assert!(first.stdout.contains(line), "{}", first.stdout);
        }
        assert_eq!(text("main.co"), RIGHT);
        assert_eq!(text("shop.co"), SHOP.replace("{ sleep", "{ await sleep"));
        let second = place.co(&["check", "--fix", "main.co"]);
        assert_output(&second, 0, "1 file checked: no errors\n", "");
        assert_eq!(text("main.co"), RIGHT);
        let run = place.co(&["run", "--virtual-time", "main.co"]);
        assert_output(&run, 0, "rice 4\né 名 4\n7\n", "");
    }

    const LIB: &str =
        "fn load(x) {   # waits\n    await sleep(1s)\n    x * 2\n}\nlet private = 1 # odd   spacing\n";
    const APP: &str = "import \"./lib/load.co\".{load as get}\nimport \"./lib/load.co\" as l\n\nfn page(x) { get(x) + 1 }   # calls\nprint(page(1), l.load(3))\n";

    /// Files that call a function which must become `async`, and what is to become of them.
    #[test]
    fn a_function_becomes_async_in_all_files_of_a_folder() {
        let tool = "import \"./lib/load.co\"\nfor i in 0..2 { print(load.load(i)) }\n";
        let files = [("lib/load.co", LIB), ("app.co", APP), ("tool.co", tool)];
        for args in [&["app.co", "tool.co", "lib/load.co"], &["lib/load.co", "tool.co", "app.co"]] {
            let place = Place::new(&files);
            let text = |name: &str| fs::read_to_string(place.path().join(name)).expect("it can be read");
            let all: Vec<&str> = ["check", "--fix"].iter().chain(args).copied().collect();
            let first = place.co(&all);
            assert_eq!(first.status, Some(0), "{first:?}");
            let lines = [
                "lib/load.co:2:5: E0301: fixed: ",
                "app.co:4:1: E0301: fixed: 4 places that must change with lib/load.co:2:5\n",
                "tool.co:2:23: E0301: fixed: 1 place that must change with lib/load.co:2:5\n",
                "3 files checked: no errors\n",
            ];
            for line in lines {
                assert!(first.stdout.contains(line), "{line}{}", first.stdout);
            }
            assert_eq!(text("lib/load.co"), LIB.replace("fn load", "async fn load"));
            let app = APP.replace("fn page(x) { get", "async fn page(x) { await get");
            assert_eq!(
                text("app.co"),
                app.replace("print(page(1), l.load", "print(await page(1), await l.load")
            );
            assert_eq!(text("tool.co"), tool.replace("load.load(", "await load.load("));
            assert_output(&place.co(&all), 0, "3 files checked: no errors\n", "");
            assert_output(&place.co(&["run", "--virtual-time", "app.co"]), 0, "3 6\n", "");
            let left = fs::read_dir(place.path().join("lib")).expect("the folder is there").count();
            assert_eq!(left, 1, "no other files are left behind");
        }
        let place = Place::new(&files);
        let json = place.co(&["check", "--message-format=json", "app.co"]);
        let edits =
            |name: &str| json.stdout.matches(&format!("{{\"file\":\"{name}\",\"start_byte\"")).count();
        assert!(edits("app.co") >= 4 && edits("lib/load.co") >= 1, "{}", json.stdout);
        let one = place.co(&["check", "--fix", "app.co"]);
        assert_eq!(one.status, Some(0), "{one:?}");
        assert_output(&place.co(&["check", "app.co"]), 0, "1 file checked: no errors\n", "");
    }

    /// All files are changed or none.
    #[cfg(unix)]
    #[test]
    fn nothing_is_changed_if_a_file_cannot_be() {
        use std::os::unix::fs::PermissionsExt;

        let place = Place::new(&[("app.co", APP), ("lib/load.co", LIB)]);
        let text = |name: &str| fs::read_to_string(place.path().join(name)).expect("it can be read");
        let lib = place.path().join("lib/load.co");
        fs::set_permissions(&lib, fs::Permissions::from_mode(0o444)).expect("permissions can be set");
        let real = lib.canonicalize().expect("it is there");
        let line = format!("cannot write {}: it is read-only; nothing was changed", real.display());
        assert_complaint(&place.co(&["check", "--fix", "app.co"]), &line);
        assert_eq!((text("app.co"), text("lib/load.co")), (APP.to_string(), LIB.to_string()));
        assert_eq!(fs::read_dir(place.path()).expect("the folder is there").count(), 2);
        fs::set_permissions(&lib, fs::Permissions::from_mode(0o754)).expect("permissions can be set");
        assert_eq!(place.co(&["check", "--fix", "app.co"]).status, Some(0));
        let mode = fs::metadata(&lib).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o754, "permissions stay");
    }

    /// What is imported by an absolute path from elsewhere belongs to others; a folder beside this one does not.
    #[test]
    fn files_of_others_are_left_alone() {
        let lib = Place::new(&[("load.co", LIB)]);
        let real = lib.path().canonicalize().expect("it is there").join("load.co");
        let app = format!("import \"{}\"\nprint(load.load(1))\n", real.display());
        let place = Place::new(&[
            ("app.co", &app),
            ("sub/near.co", "import \"../load.co\"\nprint(load.load(1))\n"),
            ("load.co", LIB),
        ]);
        let output = place.co(&["check", "--fix", "app.co"]);
        assert_eq!(output.status, Some(2), "{output:?}");
        let line = format!("co: {} lies outside the project, and was left as it is\n", real.display());
        assert_eq!(output.stderr, line);
        assert_eq!(fs::read_to_string(&real).expect("it can be read"), LIB);
        assert_eq!(fs::read_to_string(place.path().join("app.co")).expect("it can be read"), app);
        let near = finish(co().current_dir(place.path().join("sub")).args(["check", "--fix", "near.co"]), "");
        assert_eq!(near.status, Some(0), "{near:?}");
        let text = fs::read_to_string(place.path().join("load.co")).expect("it can be read");
        assert!(text.starts_with("async fn load"), "{text}");
    }

    #[test]
    fn leaves_alone_what_is_a_guess_and_what_is_no_file() {
        let text = "pritn(1)\n";
        let place = Place::new(&[("main.co", text)]);
        let output = place.co(&["check", "--fix", "main.co"]);
        assert_eq!(output.status, Some(2));
        assert!(!output.stdout.contains("fixed"), "{}", output.stdout);
        assert_eq!(fs::read_to_string(place.path().join("main.co")).ok().as_deref(), Some(text));
        assert_complaint(&place.co(&["check", "--fix", "-"]), "`--fix` changes files, and `-` is none");
        let short = place.co(&["check", "--fix", "--message-format=json", "nothing.co"]);
        assert_complaint(&short, "cannot read nothing.co: no such file");
    }
}

/// Whoever sees both streams in one place reads what happened in the order in which it happened.
#[test]
fn reports_stand_where_they_happened() {
    let programs = [
        ("let ch = channel()\ntry { await ch.recv() } finally { print(\"cleaned\") }\n", "E0413", "cleaned"),
        (
            "try { spawn { await sleep(1h) }; while true { await sleep(0) } } finally { print(\"cleaned\") }\n",
            "livelock",
            "cleaned",
        ),
        (
            "let t = spawn { throw error(\"early\") }\nt.detach()\nawait sleep(0)\nawait sleep(0)\nprint(\"later\")\n",
            "early",
            "later",
        ),
    ];
    for (program, report, printed) in programs {
        let place = Place::new(&[("a.co", &format!("print(\"before\")\n{program}"))]);
        let both = place.path().join("both.txt");
        let file = fs::File::options().create(true).append(true).open(&both).expect("a file can be made");
        let errors = file.try_clone().expect("it can be used twice");
        let mut command = co();
        command.current_dir(place.path()).args(["run", "--virtual-time", "a.co"]).stdout(file).stderr(errors);
        command.status().expect("co runs");
        let text = fs::read_to_string(&both).expect("it can be read");
        // The report shows the program, too, so lines count that are nothing but what was printed.
        let line = |wanted: &str| text.lines().position(|line| line == wanted).expect("it was printed");
        let told = text.lines().position(|line| line.starts_with('[') && line.contains(report));
        let told = told.expect("it was told");
        assert!(line("before") < told && told < line(printed), "{text}");
    }
}
