//! Looks at values without running code of the program: for completion, hints and `:doc` at the prompt.

use crate::{
    builtins::{self, Body, Builtin},
    heap::object::*,
    value::{Tag, Value},
    vm::Vm,
};

/// A builtin and whom it belongs to: a type, a module, or nobody.
#[derive(Clone, Copy)]
pub struct Entry {
    /// `list`, `math`; empty for functions that every file sees.
    pub owner: &'static str,
    pub is_method: bool,
    pub builtin: &'static Builtin,
}

/// The one list of builtins, as it is documented.
pub fn entries() -> Vec<Entry> {
    let prelude = builtins::prelude().iter().map(|builtin| Entry { owner: "", is_method: false, builtin });
    let methods = (0..Tag::COUNT as u8).filter_map(Tag::from_number).flat_map(|tag| {
        let methods = builtins::methods_of(tag).iter().copied().flatten();
        methods.map(move |builtin| Entry { owner: tag.type_name(), is_method: true, builtin })
    });
    let members = builtins::modules().iter().flat_map(|(owner, members)| {
        members.iter().map(move |builtin| Entry { owner, is_method: false, builtin })
    });
    prelude.chain(methods).chain(members).collect()
}

impl Entry {
    /// `list.push(x)`, `math.sin(x)`, `sleep(duration)`.
    pub fn usage(&self) -> String {
        match self.owner {
            "" => self.builtin.usage.to_string(),
            owner => format!("{owner}.{}", self.builtin.usage),
        }
    }

    /// It has to be called.
    pub fn is_function(&self) -> bool {
        !matches!(self.builtin.body, Body::Constant(_))
    }
}

/// What stands behind a point: a field, a key, a member, a method.
pub fn member(vm: &mut Vm, object: Value, name: &str) -> Option<Value> {
    let text = vm.heap.intern(name);
    let own = match object.tag {
        Tag::MAP => object.object_unchecked::<Map>().get_name(text),
        Tag::INSTANCE => {
            let instance = object.object_unchecked::<Instance>();
            let shape = vm.heap.shape(instance.shape_id());
            match shape.slot(text) {
                Some(slot) => instance.fields().get(slot).map(|field| field.get()),
                None => shape.method(text).map(|method| method.function),
            }
        }
        Tag::STRUCT => {
            let shape = vm.heap.shape(object.object_unchecked::<StructType>().shape);
            shape.method(text).map(|method| method.function)
        }
        Tag::ERROR => {
            let error = object.object_unchecked::<ErrorObject>();
            match name {
                "message" => Some(error.message.get()),
                "kind" => Some(error.kind.get()),
                "data" => Some(error.data.get()),
                "cause" => Some(error.cause.get()),
                _ => None,
            }
        }
        _ => vm.object_field(object, text).ok().flatten(),
    };
    own.or_else(|| vm.method(object, text).map(|builtin| vm.native_value(builtin)))
}

/// The value of a prelude's name.
pub fn prelude_value(vm: &mut Vm, name: &str) -> Option<Value> {
    let builtin = builtins::prelude().iter().copied().find(|builtin| builtin.name == name)?;
    Some(vm.native_value(builtin))
}

/// `area(w, h = …)`; `None` for what cannot be called.
pub fn signature(vm: &Vm, value: Value) -> Option<String> {
    match value.tag {
        Tag::NATIVE => {
            let builtin = value.object_unchecked::<NativeFn>().builtin;
            Some(builtin.usage.to_string())
        }
        Tag::BOUND => signature(vm, value.object_unchecked::<Bound>().method),
        Tag::STRUCT => {
            let struct_type = value.object_unchecked::<StructType>();
            let name = vm.heap.shape(struct_type.shape).name.as_str().to_string();
            let constructor = struct_type.constructor.get();
            let constructor = constructor.as_object::<Closure>()?;
            Some(format!("{name}({})", params(vm, &constructor, false)))
        }
        Tag::CLOSURE => {
            let closure = value.object_unchecked::<Closure>();
            let proto = closure.proto();
            let name = proto.name.rsplit('.').next().unwrap_or_default();
            Some(format!("{name}({})", params(vm, &closure, proto.flags.method)))
        }
        _ => None,
    }
}

fn params(vm: &Vm, closure: &Closure, is_method: bool) -> String {
    let proto = closure.proto();
    let names = proto.param_names.iter().enumerate().skip(usize::from(is_method));
    let shown = names.map(|(at, name)| {
        let name = match vm.text(*name) {
            // A pattern.
            "" => "_",
            name => name,
        };
        if proto.flags.rest && at == proto.params as usize {
            format!("...{name}")
        } else if at >= proto.required as usize {
            format!("{name} = …")
        } else {
            name.to_string()
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// A value's type in a few words: `int`, `list of 3 items`, `fn area(w, h = …)`.
pub fn type_text(vm: &Vm, value: Value) -> String {
    let counted = |ty: &str, count: usize, what: &str| {
        let ending = if count == 1 { "" } else { "s" };
        format!("{ty} of {count} {what}{ending}")
    };
    match value.tag {
        Tag::LIST => counted("list", value.object_unchecked::<List>().len(), "item"),
        Tag::SET => counted("set", value.object_unchecked::<Set>().len(), "item"),
        Tag::MAP => counted("map", value.object_unchecked::<Map>().len(), "key"),
        Tag::CLOSURE | Tag::NATIVE | Tag::BOUND | Tag::STRUCT => {
            let what = if value.is(Tag::STRUCT) { "struct" } else { "fn" };
            signature(vm, value).map_or(what.to_string(), |signature| format!("{what} {signature}"))
        }
        _ => {
            let name = vm.describe(value);
            name.strip_prefix("an ").or(name.strip_prefix("a ")).unwrap_or(&name).to_string()
        }
    }
}

/// A function of the program: where its text is, and the comments above that document it.
pub fn documented(vm: &Vm, value: Value) -> Option<(String, String)> {
    let closure = match value.tag {
        Tag::CLOSURE => value.object_unchecked::<Closure>(),
        Tag::STRUCT => value.object_unchecked::<StructType>().constructor.get().as_object::<Closure>()?,
        _ => return None,
    };
    let proto = closure.proto();
    let source = vm.sources.get(&proto.source).filter(|_| !proto.flags.hidden)?;
    let (line, column) = source.line_column(proto.span.start);
    let mut doc = Vec::new();
    for above in (1..line).rev() {
        let Some(text) = source.line_text(above).trim().strip_prefix("##") else { break };
        doc.push(text.trim().to_string());
    }
    doc.reverse();
    Some((format!("{}:{line}:{column}", source.name), doc.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_page() {
        let entries = entries();
        assert!(entries.len() > 200);
        for entry in &entries {
            assert!(!entry.builtin.doc.trim().is_empty(), "{}", entry.usage());
            assert!(entry.builtin.usage.starts_with(entry.builtin.name), "{}", entry.usage());
        }
        for (module, members) in builtins::modules() {
            assert!(entries.iter().filter(|entry| entry.owner == *module).count() == members.len());
        }
    }
}
