//! `:doc`: pages made of the one list of builtins, and of the comments above the program's own functions.

use std::fmt::Write;

use co_lang::diagnostic::nearest::nearest;
use co_vm::{
    builtins,
    inspect::{self, Entry},
    value::Value,
    vm::Vm,
};

use crate::terminal;

/// The page about a name; `value` is what it means in the session, if anything.
pub fn page(vm: &mut Vm, name: &str, value: Option<Value>, width: usize) -> Result<String, String> {
    let entries = inspect::entries();
    if name.is_empty() {
        return Ok(contents(&entries, width));
    }
    let own = value.and_then(|value| of_program(vm, value));
    if let Some(page) = own {
        return Ok(page);
    }
    let name = name.trim_end_matches("()");
    let found: Vec<&Entry> = entries.iter().filter(|entry| is_meant(entry, name)).collect();
    let of: Vec<&Entry> = entries.iter().filter(|entry| entry.owner == name).collect();
    if !of.is_empty() {
        // A type or module; a function of the same name makes its values.
        let own: Vec<&Entry> = found.into_iter().filter(|entry| entry.owner.is_empty()).collect();
        let mut out = details(&own, width);
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&overview(&of, width));
        return Ok(out);
    }
    if !found.is_empty() {
        return Ok(details(&found, width));
    }
    // A value of the session: its type, or the method it stands for.
    if let Some(value) = value {
        let of: Vec<&Entry> = entries.iter().filter(|entry| entry.owner == value.type_name()).collect();
        let method = name.rsplit('.').next().unwrap_or(name);
        let found: Vec<&Entry> = entries.iter().filter(|entry| entry.builtin.name == method).collect();
        if value.is(co_vm::value::Tag::NATIVE) && !found.is_empty() {
            return Ok(details(&found, width));
        }
        if !of.is_empty() {
            return Ok(overview(&of, width));
        }
        return Ok(format!("{name} is {}\n", vm.describe(value)));
    }
    let names = entries.iter().map(|entry| entry.builtin.name).chain(owners(&entries));
    let near = match nearest(name.rsplit('.').next().unwrap_or(name), names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`:doc` lists everything".to_string(),
    };
    Err(format!("nothing is known about `{name}`; {near}"))
}

fn is_meant(entry: &Entry, name: &str) -> bool {
    match name.split_once('.') {
        Some((owner, name)) => entry.owner == owner && entry.builtin.name == name,
        None => entry.builtin.name == name,
    }
}

fn of_program(vm: &mut Vm, value: Value) -> Option<String> {
    let (place, doc) = inspect::documented(vm, value)?;
    let signature = inspect::signature(vm, value)?;
    let mut out = format!("{signature}  ({place})\n");
    if !doc.is_empty() {
        let _ = writeln!(out, "\n{doc}");
    }
    Some(out)
}

fn details(found: &[&Entry], width: usize) -> String {
    let mut out = String::new();
    // Types that share a method share its text.
    let mut shown: Vec<(&str, &str)> = Vec::new();
    for entry in found {
        let key = (entry.builtin.usage, entry.builtin.doc);
        if shown.contains(&key) {
            continue;
        }
        shown.push(key);
        if !out.is_empty() {
            out.push('\n');
        }
        let same = found.iter().filter(|other| (other.builtin.usage, other.builtin.doc) == key);
        let usages: Vec<String> = same.map(|other| other.usage()).collect();
        terminal::fill(&usages.join("   "), width, 0, &mut out);
        let mut doc = String::new();
        terminal::fill(&text(entry), width, 4, &mut doc);
        out.push_str(&doc);
    }
    out
}

fn text(entry: &Entry) -> String {
    entry.builtin.doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line for each, with the first sentence.
fn overview(of: &[&Entry], width: usize) -> String {
    let mut out = String::new();
    for entry in of {
        let text = text(entry);
        let end = text.find(". ").map_or(text.len(), |at| at + 1);
        let end = text.find(": `").map_or(end, |at| at.min(end));
        let mut filled = String::new();
        let line = format!("{}  {}", entry.builtin.usage, &text[..end].trim_end_matches('.'));
        terminal::fill(&line, width, 4, &mut filled);
        out.push_str(filled.trim_start());
    }
    out
}

fn owners(entries: &[Entry]) -> impl Iterator<Item = &str> {
    let mut last = "";
    entries
        .iter()
        .map(|entry| entry.owner)
        .filter(move |owner| !owner.is_empty() && std::mem::replace(&mut last, owner) != *owner)
}

fn contents(entries: &[Entry], width: usize) -> String {
    let mut out = String::new();
    let modules = builtins::modules().iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let types = owners(entries).filter(|owner| !modules.contains(owner)).collect::<Vec<_>>();
    let functions = entries.iter().filter(|entry| entry.owner.is_empty()).map(|entry| entry.builtin.name);
    for (title, names) in
        [("Functions", functions.collect::<Vec<_>>()), ("Types", types), ("Modules", modules.clone())]
    {
        let mut filled = String::new();
        terminal::fill(&format!("{title}: {}", names.join(" ")), width, 4, &mut filled);
        out.push_str(filled.trim_start());
    }
    out.push_str("`:doc NAME` tells more, also `:doc list.push`, `:doc math`, or a function of your own.\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::{
        input::Input,
        screen::{ReplHost, Screen},
        session::Session,
    };
    use std::{cell::RefCell, rc::Rc};

    fn session() -> Session {
        let screen = Rc::new(RefCell::new(Screen::new(false)));
        let host = ReplHost { screen, input: Rc::new(RefCell::new(Input::default())), is_terminal: false };
        Session::new(Box::new(host), co_vm::engine::Options::default())
    }

    #[test]
    fn every_builtin_method_and_module_has_a_page() {
        let mut session = session();
        let vm = session.engine.vm();
        for entry in inspect::entries() {
            let name = match entry.owner {
                "" => entry.builtin.name.to_string(),
                owner => format!("{owner}.{}", entry.builtin.name),
            };
            let page = page(vm, &name, None, 80).expect("it has a page");
            let first = entry.builtin.doc.split_whitespace().next().unwrap_or("?");
            assert!(page.contains(entry.builtin.usage) && page.contains(first), "{name}: {page}");
        }
        for (module, members) in builtins::modules() {
            let page = page(vm, module, None, 80).expect("it has a page");
            assert!(members.iter().all(|member| page.contains(member.usage)), "{page}");
        }
        let contents = page(vm, "", None, 80).expect("it has a page");
        for name in ["sleep", "list", "channel", "math", "json", "mutex"] {
            assert!(contents.contains(name), "{contents}");
        }
    }

    #[test]
    fn what_is_not_known_gets_a_proposal() {
        let mut session = session();
        let error = page(session.engine.vm(), "pussh", None, 80).expect_err("there is none");
        assert_eq!(error, "nothing is known about `pussh`; did you mean `push`?");
    }
}
