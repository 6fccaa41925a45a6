//! A program as the text of a Co program.

use std::fmt::Write;

use super::*;

const HEAD: &str = "import time\n\
    fn log(x) { print(\"{x} @{time.now()}\") }\n\
    fn err(e) {\n\
    var text = if e.kind == \"Error\" { e.message } else { e.kind }\n\
    if e.also.len() > 0 { text += \"(\" + e.also.map(|x| err(x)).join(\" \") + \")\" }\n\
    text\n}\n\
    fn show(v) {\n\
    if v is list { return \"[\" + v.map(|x| show(x)).join(\" \") + \"]\" }\n\
    if v is map { return if v.ok { \"ok \" + show(v.value) } else { \"error \" + err(v.error) } }\n\
    \"{v}\"\n}\n\
    let always = event()\nalways.set()\n";

impl Program {
    pub fn text(&self) -> String {
        let mut out = String::from(HEAD);
        // Writing to a string does not fail.
        for (at, capacity) in CHANNELS.iter().enumerate() {
            let _ = writeln!(out, "let c{at} = channel({capacity})");
        }
        for at in 0..MUTEXES {
            let _ = writeln!(out, "let m{at} = mutex()");
        }
        for (at, permits) in PERMITS.iter().enumerate() {
            let _ = writeln!(out, "let s{at} = semaphore({permits})");
        }
        for at in 0..EVENTS {
            let _ = writeln!(out, "let e{at} = event()");
        }
        for (at, parties) in PARTIES.iter().enumerate() {
            let _ = writeln!(out, "let b{at} = barrier({parties})");
        }
        // A list, because nobody who reads the program can tell what lies in it.
        let _ = writeln!(out, "let ts = [nil] * {}", self.tasks);
        write_block(&self.main, &mut out);
        out
    }
}

fn write_block(block: &Block, out: &mut String) {
    for stmt in block.iter() {
        write_stmt(stmt, out);
        out.push('\n');
    }
}

/// A block in braces, whose last statement is none of the program's: a `spawn` there would be kept (R3).
fn braced(block: &Block, gives: &str) -> String {
    let mut out = String::from("{\n");
    write_block(block, &mut out);
    let _ = write!(out, "{gives}\n}}");
    out
}

fn guarded(tasks: &[usize], text: String) -> String {
    if tasks.is_empty() {
        return text;
    }
    let conditions: Vec<String> = tasks.iter().map(|task| format!("ts[{task}] != nil")).collect();
    format!("if {} {{\n{text}\n}}", conditions.join(" and "))
}

/// The tasks that arms name.
pub fn tasks_of<'a>(arms: impl Iterator<Item = &'a Arm>) -> Vec<usize> {
    arms.filter_map(|arm| if let Arm::Task(task) = arm { Some(*task) } else { None }).collect()
}

fn write_stmt(stmt: &Stmt, out: &mut String) {
    let text = match stmt {
        Stmt::Log(id) => format!("log({id})"),
        Stmt::Sleep(seconds) => format!("await sleep({seconds}s)"),
        Stmt::Spawn { task, keep, body, gives } => {
            let body = braced(body, &gives.to_string());
            if *keep { format!("ts[{task}] = spawn {body}") } else { format!("spawn {body}") }
        }
        Stmt::Await(id, task) => guarded(&[*task], format!("log(\"{id} \" + show(await ts[{task}]))")),
        Stmt::Cancel(task) => guarded(&[*task], format!("ts[{task}].cancel(\"why\")")),
        Stmt::Detach(task) => guarded(&[*task], format!("ts[{task}].detach()")),
        Stmt::Done(id, task) => guarded(&[*task], format!("log(\"{id} {{ts[{task}].done()}}\")")),
        Stmt::Try { id, body, catch, finally } => {
            let mut text = format!("try {}", braced(body, "nil"));
            if let Some(catch) = catch {
                let head = format!(" catch e {{\nlog(\"{id} \" + err(e))\n");
                let body = braced(catch, "nil");
                let _ = write!(text, "{head}{}", &body[2..]);
            }
            if let Some(finally) = finally {
                let _ = write!(text, " finally {}", braced(finally, "nil"));
            }
            text
        }
        Stmt::Defer(block) => format!("defer {}", braced(block, "nil")),
        Stmt::Scope(block) => format!("await scope {}", braced(block, "nil")),
        Stmt::Throw(id) => format!("throw error(\"e{id}\")"),
        Stmt::Return(id) => format!("return {id}"),
        Stmt::Send(channel, value) => format!("await c{channel}.send({value})"),
        Stmt::Receive(id, channel) => format!("log(\"{id} \" + show(await c{channel}.recv()))"),
        Stmt::TrySend(id, channel) => format!("log(\"{id} {{c{channel}.try_send({id})}}\")"),
        Stmt::TryReceive(id, channel) => format!("log(\"{id} {{c{channel}.try_recv()}}\")"),
        Stmt::Close(channel) => format!("c{channel}.close()"),
        Stmt::Walk(id, channel, most) => format!(
            "var n{id} = 0\nfor await v in c{channel} {{\nlog(\"{id} {{v}}\")\nn{id} += 1\nif n{id} > {most} {{ break }}\n}}"
        ),
        Stmt::With(mutex, block) => format!("await m{mutex}.with(async || {})", braced(block, "nil")),
        Stmt::Lock(mutex, block) => {
            format!(
                "if true {}",
                braced(block, "g.unlock()").replacen('{', &format!("{{ let g = await m{mutex}.lock()"), 1)
            )
        }
        Stmt::Acquire(semaphore, block) => {
            let body = braced(block, &format!("s{semaphore}.release()"));
            format!("await s{semaphore}.acquire()\nif true {body}")
        }
        Stmt::Set(event) => format!("e{event}.set()"),
        Stmt::Clear(event) => format!("e{event}.clear()"),
        Stmt::Wait(event) => format!("await e{event}.wait()"),
        Stmt::Meet(id, barrier) => format!("log(\"{id} \" + show(await b{barrier}.wait()))"),
        Stmt::Combine { id, kind, arms, limit } => {
            let list = || format!("[{}]", arms.iter().map(arm_text).collect::<Vec<_>>().join(", "));
            let limit = limit.map_or(String::new(), |limit| format!(", limit: {limit}"));
            let call = match kind {
                Kind::All => format!("all({}{limit})", list()),
                Kind::Race => format!("race({})", list()),
                Kind::Any => format!("any({})", list()),
                Kind::Settled => format!("settled({}{limit})", list()),
                Kind::Timeout(seconds) => format!("timeout({seconds}s, {})", arm_text(&arms[0])),
                Kind::Shield => format!("shield({})", arm_text(&arms[0])),
            };
            guarded(&tasks_of(arms.iter()), format!("log(\"{id} \" + show(await {call}))"))
        }
        Stmt::Completed(id, arms, most) => {
            let list = arms.iter().map(arm_text).collect::<Vec<_>>().join(", ");
            guarded(
                &tasks_of(arms.iter()),
                format!(
                    "var n{id} = 0\nfor await v in completed([{list}]) {{\nlog(\"{id} \" + show(v))\nn{id} += 1\n\
                     if n{id} > {most} {{ break }}\n}}"
                ),
            )
        }
        Stmt::Select { id, arms, otherwise } => {
            let mut text = String::from("await select {\n");
            for (arm, body) in arms {
                let body = braced(body, "nil").replacen('{', &format!("{{ log(\"{id} \" + show(v))"), 1);
                let _ = writeln!(text, "v = {} => {body}", arm_text(arm));
            }
            if let Some(body) = otherwise {
                let _ = writeln!(text, "else => {}", braced(body, "nil"));
            }
            text.push('}');
            guarded(&tasks_of(arms.iter().map(|(arm, _)| arm)), text)
        }
        Stmt::Burst(count) => format!("for _ in 0..{count} {{ await always.wait() }}"),
    };
    out.push_str(&text);
}

fn arm_text(arm: &Arm) -> String {
    match arm {
        Arm::Coroutine(body, gives) => format!("async {}", braced(body, &gives.to_string())),
        Arm::Task(task) => format!("ts[{task}]"),
        Arm::Sleep(seconds) => format!("sleep({seconds}s)"),
        Arm::Receive(channel) => format!("c{channel}.recv()"),
        Arm::Send(channel, value) => format!("c{channel}.send({value})"),
        Arm::Event(event) => format!("e{event}.wait()"),
        Arm::Permit(semaphore) => format!("s{semaphore}.acquire()"),
        Arm::Meet(barrier) => format!("b{barrier}.wait()"),
    }
}
