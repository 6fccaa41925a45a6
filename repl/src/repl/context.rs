//! What the editor asks the machine while a line is typed. Answers are lines of text; no code of the program runs for them.

use co_vm::{inspect, sched, value::Value};

use super::session::Session;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The names of the session.
    Names,
    /// What may stand behind this path and a point.
    Members(Vec<String>),
    /// How what this path leads to is called.
    Signature(Vec<String>),
    /// The numbers of the living tasks.
    Tasks,
}

/// More than anybody wants to choose from.
const MOST: usize = 400;

pub fn answer(session: &mut Session, question: &Question) -> String {
    let lines = match question {
        Question::Names => {
            let names = session.engine.session_names().names.iter();
            names.map(|(name, _)| name.clone()).filter(|name| name != "_").collect()
        }
        Question::Members(path) => match resolve(session, path) {
            Some(value) => session.engine.vm().member_names(value),
            None => Vec::new(),
        },
        Question::Signature(path) => {
            let value = resolve(session, path);
            let signature = value.and_then(|value| inspect::signature(session.engine.vm(), value));
            signature.into_iter().collect()
        }
        Question::Tasks => {
            let tasks = sched::live_tasks(session.engine.vm());
            tasks.iter().take(MOST).map(|task| task.id().to_string()).collect::<Vec<_>>()
        }
    };
    lines.into_iter().take(MOST).collect::<Vec<String>>().join("\n")
}

/// The value that `a.b.c` has now.
pub fn resolve(session: &mut Session, path: &[String]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let mut value = match session.engine.session_value(first) {
        Some(value) => value,
        None => inspect::prelude_value(session.engine.vm(), first)?,
    };
    for name in rest {
        value = inspect::member(session.engine.vm(), value, name)?;
    }
    Some(value)
}
