//! The virtual clock beside real input: time passes as on the wall while a read is pending, and jumps otherwise (R31).

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
};

use support::co;

const PROGRAM: &str = r#"
    import time
    async fn tick() {
        await sleep(20ms)
        print("tick")
        await sleep(20ms)
        print("tock")
    }
    let ticker = spawn tick()
    let first = await input()
    await ticker
    print("read {first}")
    let before = time.now()
    await all([sleep(24h), input()])
    print((time.now() - before - 86400).abs() < 0.001)
"#;

#[test]
fn timers_fire_while_a_read_is_pending() {
    let mut child = co()
        .args(["--virtual-time", "-e", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut expect = |text: &str| {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("stdout can be read");
        assert_eq!(line.trim_end(), text);
    };
    // Nothing is written to it before the timers have fired.
    expect("tick");
    expect("tock");
    stdin.write_all(b"a line\nanother\n").expect("it reads");
    expect("read a line");
    // The second line is there at once, so the clock jumps over the rest of the day. The pipe stays open.
    expect("true");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("stdout can be read");
    assert_eq!((rest.as_str(), child.wait().expect("it ends").code()), ("", Some(0)));
    drop(stdin);
}
