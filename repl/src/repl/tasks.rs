//! `:tasks` and `:why`: what lives behind the prompt, and what it waits for. All of it stands in the tasks' wait records.

use std::collections::{HashMap, HashSet};

use co_lang::source::Location;
use co_vm::{
    report,
    sched::{
        self,
        history::place_text,
        node::Wait,
        task::{Task, TaskState},
    },
    value::Gc,
};

use super::session::Session;

pub type TaskRef = Gc<Task>;

/// So many tasks of one parent are shown, and so many altogether.
const SIBLINGS: usize = 20;
const ROWS: usize = 60;

/// The task that `3`, `task 3` or a name of the session means.
pub fn find(session: &mut Session, text: &str) -> Result<TaskRef, String> {
    let number = text.strip_prefix("task").unwrap_or(text).trim();
    if let Some(task) = session.engine.session_value(text).and_then(|value| value.as_object::<Task>()) {
        return match task.is_done() {
            true => Err(format!("{} has ended", report::task_name(session.engine.vm(), task))),
            false => Ok(task),
        };
    }
    let tasks = sched::live_tasks(session.engine.vm());
    let Ok(number) = number.parse::<u32>() else {
        return Err(format!("`{text}` is no task; `:tasks` tells their numbers"));
    };
    let found = tasks.into_iter().find(|task| task.id() == number);
    found.ok_or_else(|| format!("there is no living task {number}; `:tasks` lists them"))
}

/// The tree of all tasks that are not done.
pub fn tree(session: &mut Session, width: usize) -> String {
    let tasks = sched::live_tasks(session.engine.vm());
    if tasks.is_empty() {
        return "no task lives\n".to_string();
    }
    let mut children: HashMap<Option<u32>, Vec<TaskRef>> = HashMap::new();
    let living: HashSet<u32> = tasks.iter().map(|task| task.id()).collect();
    for task in &tasks {
        let parent = task.parent().map(|parent| parent.id()).filter(|parent| living.contains(parent));
        children.entry(parent).or_default().push(*task);
    }
    let mut out = String::new();
    let mut rows = 0;
    // Tasks that are still to be shown, the next last: how their line and those of their children begin.
    let mut open: Vec<(TaskRef, String, String)> = Vec::new();
    let push = |open: &mut Vec<(TaskRef, String, String)>,
                of: &[TaskRef],
                prefix: Option<&str>,
                out: &mut String| {
        let shown = of.len().min(SIBLINGS);
        for (at, task) in of[..shown].iter().enumerate().rev() {
            let (line, inner) = match prefix {
                None => (String::new(), String::new()),
                Some(prefix) if at + 1 == of.len() => (format!("{prefix}└─ "), format!("{prefix}   ")),
                Some(prefix) => (format!("{prefix}├─ "), format!("{prefix}│  ")),
            };
            open.push((*task, line, inner));
        }
        if of.len() > shown {
            out.push_str(&format!(
                "{}… {} tasks more than shown here\n",
                prefix.unwrap_or(""),
                of.len() - shown
            ));
        }
    };
    push(&mut open, children.get(&None).map_or(&[], Vec::as_slice), None, &mut out);
    while let Some((task, line, inner)) = open.pop() {
        if rows == ROWS {
            out.push_str(&format!("… {} tasks in all\n", tasks.len()));
            break;
        }
        rows += 1;
        let text = describe(session, task);
        fold(&line, &inner, &text, width, &mut out);
        if let Some(own) = children.get(&Some(task.id())) {
            push(&mut open, own, Some(&inner), &mut out);
        }
    }
    out
}

/// `task 2 (tick), 3s old: waits for a timer, due in 400ms (<1>:1:24)`
fn describe(session: &mut Session, task: TaskRef) -> String {
    let now = sched::now_ns(session.engine.vm());
    let age = session.engine.born_ns(task).map(|born| now.saturating_sub(born));
    let age = age.map_or(String::new(), |age| format!(", {} old", rounded(age)));
    let state = match task.state() {
        TaskState::Ready if task.wait() == Wait::Yield => "waits for its next turn".to_string(),
        TaskState::Ready => "is ready".to_string(),
        TaskState::Running => "runs".to_string(),
        TaskState::Waiting => {
            format!("waits for {}{}", report::waits_for(session.engine.vm(), task), due(task, now))
        }
        TaskState::Closing => "has ended, and waits for its children".to_string(),
        TaskState::Done => "has ended".to_string(),
    };
    let name = report::task_name(session.engine.vm(), task);
    let at = sched::waits_at(task).and_then(|(code, word)| sched::place(code, word));
    format!("{name}{age}: {state}{}", place(session, at))
}

fn due(task: TaskRef, now_ns: u64) -> String {
    if task.wait() != Wait::Timer {
        return String::new();
    }
    let left = task.node().number_waited_for().saturating_sub(now_ns);
    format!(", due in {}", rounded(left))
}

fn place(session: &Session, at: Option<Location>) -> String {
    at.map_or(String::new(), |at| format!(" ({})", place_text(session.engine.sources(), at)))
}

/// The chain of waits from a task to its end.
pub fn why(session: &mut Session, task: TaskRef, width: usize) -> String {
    let (steps, is_circle) = report::wait_chain(session.engine.vm(), task);
    let now = sched::now_ns(session.engine.vm());
    let mut out = String::new();
    for (at, step) in steps.iter().enumerate() {
        let name = report::task_name(session.engine.vm(), step.task);
        let what = match &step.what {
            Some(what) => format!("waits for {what}{}{}", due(step.task, now), place(session, step.at)),
            None if step.task.is_done() => "has ended".to_string(),
            None => "does not wait: it runs when its turn comes".to_string(),
        };
        let made = match step.made {
            Some(made) => format!(", made at {}", place_text(session.engine.sources(), made)),
            None => String::new(),
        };
        let others = match step.others {
            0 => String::new(),
            others => format!("; {others} more like the next"),
        };
        let (line, inner) =
            if at == 0 { (String::new(), "  ".to_string()) } else { ("→ ".to_string(), "  ".to_string()) };
        fold(&line, &inner, &format!("{name} {what}{made}{others}"), width, &mut out);
    }
    if is_circle {
        let text = match steps.len() {
            1 => "which is itself: it waits for ever".to_string(),
            _ => "and so on in a circle: nobody can go on".to_string(),
        };
        fold("⟲ ", "  ", &text, width, &mut out);
    }
    out
}

/// A line that goes on under itself where the window ends.
fn fold(first: &str, next: &str, text: &str, width: usize, out: &mut String) {
    let more = format!("{next}  ");
    let options = textwrap::Options::new(width.clamp(30, 200)).initial_indent(first).subsequent_indent(&more);
    out.push_str(&textwrap::fill(text, options.break_words(false)));
    out.push('\n');
}

/// A duration with about three digits.
pub fn duration(ns: u64) -> String {
    let part = |unit: f64, name: &str| format!("{:.1}{name}", ns as f64 / unit);
    match ns {
        0 => "0s".to_string(),
        1..1_000 => format!("{ns}ns"),
        1_000..1_000_000 => part(1e3, "us"),
        1_000_000..1_000_000_000 => part(1e6, "ms"),
        1_000_000_000..60_000_000_000 => format!("{:.2}s", ns as f64 / 1e9).replace(".00s", "s"),
        _ => rounded(ns),
    }
}

/// A duration as people tell it.
fn rounded(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    match seconds {
        0 => format!("{}ms", ns / 1_000_000),
        1..10 => format!("{:.1}s", ns as f64 / 1e9).replace(".0s", "s"),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
    }
}

pub fn bytes(count: u64) -> String {
    match count {
        ..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_told_shortly() {
        let told: Vec<String> =
            [0, 7, 1_500, 2_340_000, 1_000_000_000, 61_000_000_000].map(duration).to_vec();
        assert_eq!(told, ["0s", "7ns", "1.5us", "2.3ms", "1s", "1m 1s"]);
        assert_eq!(
            [400_000_000, 1_500_000_000, 12_300_000_000, 7_260_000_000_000].map(rounded),
            ["400ms", "1.5s", "12s", "2h 1m"]
        );
        assert_eq!([10, 2048, 3 << 20].map(bytes), ["10 bytes", "2.0 KiB", "3.0 MiB"]);
    }
}
