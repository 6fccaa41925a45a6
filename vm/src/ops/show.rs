//! Values as the REPL shows them: in literal form, broken into indented lines where they are long, and cut with a count where they are
//! endless. Code of the program (`to_str`) is never run: a value can be looked at whatever state it is in.
//!
//! Two steps: a tree that holds as much of the value as is shown ([`look`]), and its lines ([`layout`]). The tree is small whatever the
//! value is, so both may recurse.

use super::{display, text};
use crate::{
    heap::object::*,
    value::{Tag, Value},
    vm::Vm,
};

/// What a piece of the text is, for colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    Plain,
    Number,
    Text,
    /// `nil`, `true`, `false`.
    Word,
    /// What has no literal: functions, tasks …
    Object,
    /// A field or key.
    Key,
    /// What was left out.
    Cut,
}

/// Text in pieces.
pub type Pieces = Vec<(String, Tint)>;

/// So many items of one container are shown.
const ITEMS: usize = 100;
/// The same inside another one.
const INNER_ITEMS: usize = 24;
/// So many values are shown altogether.
const VALUES: usize = 400;
const DEPTH: usize = 8;
/// So many characters of a string, and of one inside a container.
const TEXT: usize = 4000;
const INNER_TEXT: usize = 240;
const INDENT: usize = 2;

/// The text of a value for lines of `width` columns.
pub fn show(vm: &Vm, value: Value, width: usize) -> Pieces {
    let mut looker = Looker { vm, left: VALUES, open: Vec::new() };
    let node = looker.look(value);
    let mut layout = Layout { width: width.max(20), pieces: Vec::new(), column: 0 };
    layout.node(&node, 0, 0);
    layout.pieces
}

/// What is shown of a value.
enum Node {
    Leaf(Pieces),
    Group {
        open: (String, Tint),
        items: Vec<(Option<(String, Tint)>, Node)>,
        /// What was left out, in words.
        cut: Option<String>,
        close: &'static str,
    },
}

struct Looker<'a> {
    vm: &'a Vm,
    left: usize,
    /// The containers around.
    open: Vec<Value>,
}

impl Looker<'_> {
    fn look(&mut self, value: Value) -> Node {
        self.left = self.left.saturating_sub(1);
        match value.tag {
            Tag::LIST | Tag::MAP | Tag::SET | Tag::INSTANCE => self.container(value),
            Tag::STR => self.string(value.object_unchecked::<Str>().as_str()),
            Tag::BYTES => {
                let bytes = value.object_unchecked::<Bytes>();
                let bytes = bytes.as_slice();
                let limit = self.text_limit() / 4;
                let mut out = String::new();
                text::write_bytes(&mut out, &bytes[..bytes.len().min(limit)]);
                cut(out, Tint::Text, bytes.len().saturating_sub(limit), "byte")
            }
            tag => {
                let mut out = String::new();
                display::write_leaf(self.vm, value, &mut out);
                let tint = match tag {
                    Tag::INT | Tag::FLOAT | Tag::RANGE => Tint::Number,
                    Tag::NIL | Tag::TRUE | Tag::FALSE => Tint::Word,
                    _ => Tint::Object,
                };
                let count = out.chars().count();
                let limit = self.text_limit();
                if count > limit {
                    out = out.chars().take(limit).collect();
                }
                cut(out, tint, count.saturating_sub(limit), "character")
            }
        }
    }

    fn text_limit(&self) -> usize {
        if self.open.is_empty() { TEXT } else { INNER_TEXT }
    }

    fn string(&self, content: &str) -> Node {
        let limit = self.text_limit();
        let end = content.char_indices().nth(limit).map_or(content.len(), |(at, _)| at);
        let mut out = String::new();
        text::write_quoted(&mut out, &content[..end]);
        cut(out, Tint::Text, content[end..].chars().count(), "character")
    }

    fn container(&mut self, value: Value) -> Node {
        let (open, close, len, items) = match value.tag {
            Tag::LIST => (String::from("["), "]", value.object_unchecked::<List>().len(), "item"),
            Tag::SET => (String::from("set(["), "])", value.object_unchecked::<Set>().len(), "item"),
            Tag::MAP => (String::from("{"), "}", value.object_unchecked::<Map>().len(), "key"),
            _ => {
                let instance = value.object_unchecked::<Instance>();
                let name = self.vm.heap.shape(instance.shape_id()).name;
                (format!("{} {{", name.as_str()), "}", instance.fields().len(), "field")
            }
        };
        let again = self.open.iter().any(|open| open.is_same(value));
        if again {
            return Node::Leaf(vec![("… cycle".to_string(), Tint::Cut)]);
        }
        let group = |items, cut| Node::Group { open: (open, Tint::Plain), items, cut, close };
        if len > 0 && (self.open.len() >= DEPTH || self.left == 0) {
            return group(Vec::new(), Some(format!("… {}", counted(len, items))));
        }
        let most = if self.open.is_empty() { ITEMS } else { INNER_ITEMS };
        self.open.push(value);
        let mut shown = Vec::new();
        while shown.len() < len.min(most) && self.left > 0 {
            let Some(item) = self.item(value, shown.len()) else { break };
            shown.push(item);
        }
        self.open.pop();
        let missing = len.saturating_sub(shown.len());
        group(shown, (missing > 0).then(|| format!("… {missing} more")))
    }

    fn item(&mut self, container: Value, at: usize) -> Option<(Option<(String, Tint)>, Node)> {
        Some(match container.tag {
            Tag::LIST => (None, self.look(container.object_unchecked::<List>().get(at)?)),
            Tag::SET => (None, self.look(container.object_unchecked::<Set>().entry_at(at)?)),
            Tag::MAP => {
                let (key, value) = container.object_unchecked::<Map>().entry_at(at)?;
                (Some((self.key(key), Tint::Key)), self.look(value))
            }
            _ => {
                let instance = container.object_unchecked::<Instance>();
                let value = instance.fields().get(at)?.get();
                let name = self.vm.heap.shape(instance.shape_id()).fields().nth(at)?;
                (Some((name.as_str().to_string(), Tint::Key)), self.look(value))
            }
        })
    }

    fn key(&self, key: Value) -> String {
        let mut out = String::new();
        match key.as_object::<Str>() {
            Some(name) if text::is_name(name.as_str()) => out.push_str(name.as_str()),
            Some(name) => text::write_quoted(&mut out, name.as_str()),
            None if matches!(key.tag, Tag::INSTANCE | Tag::LIST | Tag::MAP | Tag::SET) => {
                out = format!("[{}]", self.vm.describe(key));
            }
            None => {
                out.push('[');
                display::write_leaf(self.vm, key, &mut out);
                out.push(']');
            }
        }
        match out.char_indices().nth(INNER_TEXT) {
            Some((end, _)) => format!("{}…", &out[..end]),
            None => out,
        }
    }
}

/// A leaf with what is missing of it.
fn cut(text: String, tint: Tint, missing: usize, unit: &str) -> Node {
    let mut pieces = vec![(text, tint)];
    if missing > 0 {
        pieces.push((format!(" … {} more", counted(missing, unit)), Tint::Cut));
    }
    Node::Leaf(pieces)
}

fn counted(count: usize, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

impl Node {
    /// Columns on one line.
    fn width(&self) -> usize {
        match self {
            Node::Leaf(pieces) => pieces.iter().map(|(text, _)| text.chars().count()).sum(),
            Node::Group { open, items, cut, close } => {
                let parts = items.len() + usize::from(cut.is_some());
                let key =
                    |key: &Option<(String, Tint)>| key.as_ref().map_or(0, |(key, _)| key.chars().count() + 2);
                let items: usize = items.iter().map(|(name, item)| key(name) + item.width()).sum();
                let cut = cut.as_ref().map_or(0, |cut| cut.chars().count());
                open.0.chars().count() + close.len() + items + cut + 2 * parts.saturating_sub(1)
            }
        }
    }

    fn is_leaf(&self) -> bool {
        matches!(self, Node::Leaf(_))
    }
}

struct Layout {
    width: usize,
    pieces: Pieces,
    column: usize,
}

impl Layout {
    fn put(&mut self, text: &str, tint: Tint) {
        self.column += text.chars().count();
        match self.pieces.last_mut() {
            Some((last, known)) if *known == tint => last.push_str(text),
            _ => self.pieces.push((text.to_string(), tint)),
        }
    }

    fn line(&mut self, indent: usize) {
        self.put("\n", Tint::Plain);
        self.put(&" ".repeat(indent), Tint::Plain);
        self.column = indent;
    }

    /// `behind`: columns that must be free behind it.
    fn node(&mut self, node: &Node, indent: usize, behind: usize) {
        let (open, items, cut, close) = match node {
            Node::Leaf(pieces) => {
                return pieces.iter().for_each(|(text, tint)| self.put(text, *tint));
            }
            Node::Group { open, items, cut, close } => (open, items, cut, close),
        };
        self.put(&open.0, open.1);
        let fits = self.column - open.0.chars().count() + node.width() + behind <= self.width;
        let inner = indent + INDENT;
        // Plain items without names stand in rows.
        let in_rows = items.iter().all(|(name, item)| name.is_none() && item.is_leaf());
        let count = items.len() + usize::from(cut.is_some());
        for (at, (name, item)) in items.iter().enumerate() {
            let comma = usize::from(at + 1 < count);
            let needs = name.as_ref().map_or(0, |(name, _)| name.chars().count() + 2) + item.width() + comma;
            self.before(at, fits, in_rows, inner, needs);
            if let Some((name, tint)) = name {
                self.put(name, *tint);
                self.put(": ", Tint::Plain);
            }
            self.node(item, inner, comma);
            if comma > 0 {
                self.put(",", Tint::Plain);
            }
        }
        if let Some(cut) = cut {
            self.before(items.len(), fits, in_rows, inner, cut.chars().count());
            self.put(cut, Tint::Cut);
        }
        if !fits && count > 0 {
            self.line(indent);
        }
        self.put(close, Tint::Plain);
    }

    /// A blank, a new line, or nothing before an item.
    fn before(&mut self, at: usize, fits: bool, in_rows: bool, indent: usize, needs: usize) {
        if fits || (in_rows && at > 0 && self.column + 1 + needs <= self.width) {
            if at > 0 {
                self.put(" ", Tint::Plain);
            }
        } else {
            self.line(indent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtins::tests::vm;

    fn shown(vm: &Vm, value: Value, width: usize) -> String {
        show(vm, value, width).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn short_values_stand_on_one_line_and_long_ones_in_rows() {
        let mut vm = vm();
        let items: Vec<Value> = (0..30).map(Value::int).collect();
        let list: Value = vm.heap.list(&items[..3]).into();
        assert_eq!(shown(&vm, list, 80), "[0, 1, 2]");
        let list: Value = vm.heap.list(&items).into();
        let text = shown(&vm, list, 40);
        assert!(text.lines().all(|line| line.len() <= 40), "{text}");
        assert_eq!(text.lines().count(), 5, "{text}");
    }

    #[test]
    fn what_is_long_or_deep_is_cut_with_a_count() {
        let mut vm = vm();
        let items: Vec<Value> = (0..10_000).map(Value::int).collect();
        let list: Value = vm.heap.list(&items).into();
        assert!(shown(&vm, list, 80).contains("… 9900 more"));
        let mut deep: Value = vm.heap.list(&[]).into();
        for _ in 0..100_000 {
            deep = vm.heap.list(&[deep, Value::int(1)]).into();
        }
        assert!(shown(&vm, deep, 80).contains("[… 2 items]"));
        let text: Value = vm.heap.str(&"ä".repeat(5000)).into();
        assert!(shown(&vm, text, 80).ends_with("\" … 1000 characters more"));
    }

    #[test]
    fn a_value_inside_itself_is_a_cycle() {
        let mut vm = vm();
        let list = vm.heap.list(&[Value::int(1)]);
        list.push(&mut vm.heap, list.into());
        assert_eq!(shown(&vm, list.into(), 80), "[1, … cycle]");
    }

    #[test]
    fn keys_and_their_values_stand_on_lines_of_their_own() {
        let mut vm = vm();
        let map = vm.heap.map();
        for name in ["name", "a b", "rest"] {
            let key = vm.heap.str(name).into();
            let value = vm.heap.str(&"x".repeat(20)).into();
            map.insert(&mut vm.heap, key, value);
        }
        let text = shown(&vm, map.into(), 40);
        let x = "x".repeat(20);
        assert_eq!(text, format!("{{\n  name: \"{x}\",\n  \"a b\": \"{x}\",\n  rest: \"{x}\"\n}}"));
    }
}
