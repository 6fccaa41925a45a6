//! The listing of a function, for `co dump --stage bytecode`, `:bytecode` and golden tests. All it knows of an operation comes
//! from the list in [`super::op`].
//!
//! ```text
//! fn area(w, h = …)  registers 4                                   shapes.co:3
//!   0  JUMP_IF_SET    r1, -> 2                                     3
//!   1  MOVE           r1, r0
//!   2  MUL            r2, r0, r1
//!   3  RETURN         r2
//! ```

use std::fmt::Write;

use co_lang::source::{Source, SourceMap};

use super::{CaptureSource, HandlerKind, Op, Proto, SLOT, Word, op::Operand};
use crate::{
    heap::object::{Bytes, List, ProtoObject},
    value::Value,
};

/// A function, followed by the functions that stand in it.
pub fn disassemble(proto: &Proto, sources: &SourceMap) -> String {
    let mut text = String::new();
    let mut open: Vec<&Proto> = vec![proto];
    let inner: Vec<_> = nested(proto).collect();
    let mut waiting = vec![inner.into_iter()];
    while let Some(proto) = open.pop() {
        if !text.is_empty() {
            text.push('\n');
        }
        function(&mut text, proto, sources);
        // Depth first, in the order of the text; without recursion, as functions may nest deep.
        while let Some(last) = waiting.last_mut() {
            match last.next() {
                Some(next) => {
                    open.push(next);
                    let inner: Vec<_> = nested(next).collect();
                    waiting.push(inner.into_iter());
                    break;
                }
                None => {
                    waiting.pop();
                }
            }
        }
    }
    text
}

/// The functions that a function's code makes, in the order of its `CLOSURE`s.
fn nested(proto: &Proto) -> impl Iterator<Item = &Proto> {
    instructions(proto)
        .filter(|(_, word)| word.op() == Op::CLOSURE)
        .filter_map(|(_, word)| proto.constants.get(word.bc() as usize)?.as_object::<ProtoObject>())
        .map(|object| {
            let proto: *const Proto = &raw const *object.proto;
            // SAFETY: the constants keep the function alive as long as the one around lives.
            #[allow(unsafe_code)]
            unsafe {
                &*proto
            }
        })
}

/// Each instruction with its address; cache words are left out.
pub(crate) fn instructions(proto: &Proto) -> impl Iterator<Item = (usize, Word)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let word = *proto.code.get(at)?;
        let address = at;
        at += 1 + word.op().cache_words();
        Some((address, word))
    })
}

fn function(text: &mut String, proto: &Proto, sources: &SourceMap) {
    let source = source_of(proto, sources);
    header(text, proto, source);
    let width = proto.code.len().saturating_sub(1).to_string().len().max(2);
    let mut line_before = 0;
    for (at, word) in instructions(proto) {
        let mut line = format!("  {at:>width$}  {:<18}", word.op().name());
        operands(&mut line, proto, at, word);
        let number = source.map_or(0, |source| source.line(proto.span_at(at as u32).start));
        if number != 0 && number != line_before {
            line_before = number;
            let _ = write!(text, "{line:<60} {number}");
        } else {
            text.push_str(line.trim_end());
        }
        text.push('\n');
    }
    for handler in &proto.handlers {
        let kind = match handler.kind {
            HandlerKind::Catch => "catch",
            HandlerKind::Cleanup => "clean-up",
        };
        let _ = writeln!(
            text,
            "  {kind} {}..{} -> {}, r{}",
            handler.start, handler.end, handler.target, handler.register
        );
    }
}

fn source_of<'a>(proto: &Proto, sources: &'a SourceMap) -> Option<&'a Source> {
    sources.iter().find(|(id, _)| *id == proto.source).map(|(_, source)| &**source)
}

fn header(text: &mut String, proto: &Proto, source: Option<&Source>) {
    let mut params = Vec::new();
    for (index, name) in proto.param_names.iter().enumerate() {
        let name = name
            .as_object::<crate::heap::object::Str>()
            .map_or("_".to_string(), |name| name.as_str().to_string());
        params.push(if index >= proto.params as usize {
            format!("...{name}")
        } else if index >= proto.required as usize {
            format!("{name} = …")
        } else {
            name
        });
    }
    let flags = &proto.flags;
    let prefix = if flags.is_async { "async " } else { "" };
    let _ = write!(text, "{prefix}fn {}({})  registers {}", proto.name, params.join(", "), proto.registers);
    let marks =
        [(flags.is_generator, "generator"), (flags.constructor, "constructor"), (flags.hidden, "hidden")];
    for (_, mark) in marks.iter().filter(|(is_set, _)| *is_set) {
        let _ = write!(text, "  {mark}");
    }
    if !proto.captures.is_empty() {
        let captures: Vec<String> = proto
            .captures
            .iter()
            .map(|capture| match capture {
                CaptureSource::Register(register) => format!("r{register}"),
                CaptureSource::Capture(index) => format!("c{index}"),
                CaptureSource::This => "this".into(),
            })
            .collect();
        let _ = write!(text, "  captures {}", captures.join(" "));
    }
    if let Some(source) = source {
        let _ = write!(text, "  {}:{}", source.name, source.line(proto.span.start));
    }
    text.push('\n');
}

fn operands(line: &mut String, proto: &Proto, at: usize, word: Word) {
    let op = word.op();
    let behind = (at + 1 + op.cache_words()) as i64;
    let narrow = [word.a(), word.b(), word.c()];
    let mut parts = Vec::new();
    for (kind, value) in op.operands().into_iter().zip(narrow) {
        let slot = value as usize / SLOT;
        parts.push(match kind {
            Operand::None => continue,
            Operand::Reg => format!("r{slot}"),
            Operand::Const => constant(proto, slot),
            Operand::Name => constant(proto, value as usize),
            Operand::Int => (value as i16).to_string(),
            Operand::Count => value.to_string(),
            Operand::Jump => format!("-> {}", behind + value as i16 as i64),
            Operand::WideConst => constant(proto, word.bc() as usize),
            Operand::WideInt => (word.bc() as i32).to_string(),
            Operand::WideJump => format!("-> {}", behind + word.bc() as i32 as i64),
            Operand::Global => format!("g{}", word.bc()),
            Operand::Capture => format!("c{slot}"),
        });
    }
    line.push_str(&parts.join(", "));
}

fn constant(proto: &Proto, index: usize) -> String {
    match proto.constants.get(index) {
        Some(value) => format!("k{index}={}", short(*value, 1)),
        None => format!("k{index}=?"),
    }
}

/// A constant in a few words; addresses would make listings differ from run to run.
fn short(value: Value, depth: usize) -> String {
    if let Some(list) = value.as_object::<List>() {
        if depth == 0 {
            return "[…]".into();
        }
        let items: Vec<String> = list.to_vec().iter().map(|item| short(*item, depth - 1)).collect();
        return format!("[{}]", items.join(", "));
    }
    if let Some(function) = value.as_object::<ProtoObject>() {
        return format!("<code {}>", function.proto.name);
    }
    if let Some(bytes) = value.as_object::<Bytes>() {
        return format!("b\"{}\"", bytes.as_slice().escape_ascii());
    }
    if let Some(native) = value.as_object::<crate::heap::object::NativeFn>() {
        return format!("<fn {}>", native.builtin.name);
    }
    if let Some(text) = value.as_object::<crate::heap::object::Str>() {
        let text = text.as_str();
        return match text.char_indices().nth(40) {
            Some((end, _)) => format!("{:?}…", &text[..end]),
            None => format!("{text:?}"),
        };
    }
    match value.is_object() {
        true => format!("<{}>", value.type_name()),
        false => format!("{value:?}"),
    }
}
