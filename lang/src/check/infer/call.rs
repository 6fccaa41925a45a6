//! Calls: of the program's functions, of builtins, of methods.

use super::*;
use crate::ast::{Arg, List};
use types::{Maker, Object, Origin, Record};

/// What a builtin does with the coroutines that it is given.
enum Taking {
    /// It needs values: a coroutine is a mistake.
    Values,
    /// It looks at them only, whatever they are.
    Anything,
    /// The first argument is a list of what is to be awaited.
    List,
    /// The argument at this place is to be awaited, the others are values.
    One(usize),
    /// The first argument is a value, the others are kept.
    First,
}

impl Infer<'_> {
    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: List<Arg>) -> Ty {
        let ast = self.file.ast;
        let inner = ast.unparen(callee);
        if let ExprKind::Field { object, name, optional: false } = ast[inner].kind {
            return self.method_call(id, inner, object, name, args);
        }
        let ty = self.expr(callee, Use::Value);
        self.call_value(id, callee, ty, args)
    }

    fn call_value(&mut self, id: ExprId, callee: ExprId, ty: Ty, args: List<Arg>) -> Ty {
        match ty {
            Ty::Native(native) => return self.native_call(id, native, args),
            Ty::Struct(of) => return self.instance(of, args),
            _ => {}
        }
        self.arguments(args);
        if self.use_as(callee, ty, As::Function) {
            return Ty::Unknown;
        }
        match ty {
            Ty::Function(function) => self.called(id, function),
            Ty::Functions { is_async, result } => {
                self.throws();
                let result = self.know.ty(result);
                if is_async {
                    self.make(id, Maker::Several, result, None)
                } else {
                    self.passed_on(id, result)
                }
            }
            _ => {
                self.throws();
                Ty::Unknown
            }
        }
    }

    fn arguments(&mut self, args: List<Arg>) {
        for arg in self.file.ast.list(args) {
            match *arg {
                Arg::Spread(value) => {
                    let ty = self.expr(value, Use::Value);
                    self.use_as(value, ty, As::Sequence);
                    self.handed_on(value, ty);
                }
                Arg::Plain(value) | Arg::Named(_, value) => {
                    self.kept(value);
                }
            }
        }
    }

    /// A function of the program is called.
    fn called(&mut self, id: ExprId, function: FnRef) -> Ty {
        let own = self.own_function(function);
        if let Some(own) = own.filter(|own| own.index() < self.progress.len())
            && !self.reporting
            && self.is_item(own)
        {
            self.item(own);
        }
        let facts = self.know.function(function);
        if facts.is_doubtful {
            self.throws();
            return Ty::Unknown;
        }
        let (is_async, result) = (facts.is_async, facts.result);
        match (facts.is_generator, is_async) {
            (true, true) => Ty::AsyncGenerator,
            (true, false) => Ty::Plain(Plain::Generator),
            (false, true) => self.make(id, Maker::Function(function), result, None),
            (false, false) => {
                self.throws();
                self.passed_on(id, result)
            }
        }
    }

    /// It is found by the walk over the file's items, not by the one over statements.
    fn is_item(&self, function: FnId) -> bool {
        let form = self.file.ast[function].form;
        matches!(form, FnForm::Named | FnForm::Method)
            && self.file.resolution.function(function).parent == Owner::TopLevel
            && !matches!(
                self.file.resolution.fn_bindings.get(function.index()),
                Some(Some(Binding::Local(_)))
            )
    }

    /// What a plain function gives to its caller.
    fn passed_on(&mut self, id: ExprId, result: Ty) -> Ty {
        match result {
            Ty::Coroutine(inner) => {
                let origin = *self.know.origin(inner);
                self.make(id, origin.maker, origin.result, Some(origin.at))
            }
            Ty::Argument | Ty::Never => Ty::Unknown,
            result => result,
        }
    }

    /// A coroutine is made.
    pub(super) fn make(&mut self, id: ExprId, maker: Maker, result: Ty, through: Option<Location>) -> Ty {
        let at = Location { source: self.file.source, span: self.file.ast[id].span };
        let origin = Origin { maker, at, expr: Some(id), through, result };
        let known = match self.made.get(&id) {
            Some(known) => {
                self.know.origins[known.0 as usize] = origin;
                *known
            }
            None => {
                let new = self.know.add_origin(origin);
                self.made.insert(id, new);
                new
            }
        };
        self.uses.set(known.0, Usage::Fresh);
        Ty::Coroutine(known)
    }

    fn instance(&mut self, of: StructRef, args: List<Arg>) -> Ty {
        let mut entries: Vec<(Symbol, Ty)> = Vec::new();
        let fields = self.field_names(of);
        let mut spread = false;
        for (at, arg) in self.file.ast.list(args).iter().enumerate() {
            match *arg {
                Arg::Plain(value) => {
                    let ty = self.kept(value);
                    if let Some(Some(name)) = fields.get(at) {
                        entries.push((*name, ty));
                    }
                }
                Arg::Named(name, value) => {
                    let ty = self.kept(value);
                    entries.push((name.name, ty));
                }
                Arg::Spread(value) => {
                    let ty = self.expr(value, Use::Value);
                    self.use_as(value, ty, As::Sequence);
                    self.handed_on(value, ty);
                    spread = true;
                }
            }
        }
        self.throws();
        if spread || !entries.iter().any(|(_, ty)| self.is_telling(*ty)) {
            return Ty::Instance(of);
        }
        self.record(Record { of: Some(of), source: self.file.source, entries })
    }

    // ---- builtins

    fn native_call(&mut self, id: ExprId, native: NativeRef, args: List<Arg>) -> Ty {
        let Some(signature) = self.signature(native) else { return Ty::Unknown };
        let (name, returns) = (signature.name.clone(), signature.returns);
        let taking = match (native.module, name.as_str()) {
            (None, "all" | "race" | "any" | "settled" | "completed") => Taking::List,
            (None, "timeout") => Taking::One(1),
            (None, "shield") => Taking::One(0),
            (None, "type" | "same" | "tasks") => Taking::Anything,
            (None, "error" | "assert") => Taking::First,
            (None, "watch") => Taking::Anything,
            _ => Taking::Values,
        };
        let given = self.native_arguments(id, &taking, args);
        self.throws();
        let result = match name.as_str() {
            "all" => match given {
                Ty::Unknown => Ty::Plain(Plain::List),
                item => self.list_of(item),
            },
            "race" | "any" | "timeout" | "shield" => given,
            "settled" => Ty::Plain(Plain::List),
            "sleep" => Ty::Plain(Plain::Nil),
            _ => Ty::Unknown,
        };
        match returns {
            Returns::Awaitable => {
                let name = self.known_name(&name);
                self.make(id, Maker::Native(name), result, None)
            }
            returns => self.given_by(returns, &name),
        }
    }

    /// What a plain builtin gives.
    fn given_by(&mut self, returns: Returns, name: &str) -> Ty {
        if let Some(object) = returns.object() {
            return Ty::Object(object);
        }
        match returns {
            Returns::Plain => Ty::Plain(match name {
                "int" | "float" | "ord" | "len" => Plain::Number,
                "str" | "type" | "chr" => Plain::Str,
                "print" | "eprint" | "assert" => Plain::Nil,
                "same" => Plain::Bool,
                "error" => Plain::Error,
                "set" => Plain::Set,
                "tasks" => Plain::List,
                _ => Plain::Other,
            }),
            Returns::Task => Ty::Task(self.know.id(Ty::Unknown)),
            Returns::AsyncSource => Ty::Source,
            _ => Ty::Unknown,
        }
    }

    fn known_name(&mut self, name: &str) -> u32 {
        let names = &mut self.know.names;
        let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_string());
            names.len() - 1
        });
        at as u32
    }

    /// Gives what awaiting the arguments gives, of those that are awaited.
    fn native_arguments(&mut self, id: ExprId, taking: &Taking, args: List<Arg>) -> Ty {
        let ast = self.file.ast;
        let mut awaited = Ty::Unknown;
        let mut mistakes = Vec::new();
        for (at, arg) in ast.list(args).iter().enumerate() {
            let value = arg.value();
            if matches!(arg, Arg::Spread(_)) {
                let ty = self.expr(value, Use::Value);
                self.use_as(value, ty, As::Sequence);
                self.handed_on(value, ty);
                continue;
            }
            let is_one = match taking {
                Taking::One(wanted) => match arg {
                    Arg::Named(name, _) => ast.name(name.name) == "awaitable",
                    _ => at == *wanted,
                },
                _ => false,
            };
            if is_one {
                let ty = self.expr(value, Use::Value);
                awaited = self.awaited(value, value, ty);
                continue;
            }
            match taking {
                Taking::List if at == 0 => awaited = self.awaited_list(id, value),
                Taking::Anything => {
                    let ty = self.expr(value, Use::Value);
                    self.handed_on(value, ty);
                    // The program may find out by itself what it is.
                    if let Some(slot) = self.variable_of(value) {
                        self.vars.set(slot, Ty::Unknown);
                    }
                }
                Taking::First if at > 0 => {
                    self.kept(value);
                }
                _ => {
                    if let Ty::Coroutine(origin) = self.expr(value, Use::Value) {
                        mistakes.push((value, origin));
                    }
                }
            }
        }
        self.use_all_as(&mistakes, As::Argument);
        awaited
    }

    /// The list that a combinator is given.
    fn awaited_list(&mut self, id: ExprId, list: ExprId) -> Ty {
        let ast = self.file.ast;
        let inner = ast.unparen(list);
        if let ExprKind::List(items) = ast[inner].kind {
            let mut joined = Ty::Never;
            let first = self.findings.len();
            for item in ast.list(items) {
                let result = match ast[*item].kind {
                    ExprKind::Spread(value) => {
                        let ty = self.expr(value, Use::Value);
                        self.use_as(value, ty, As::Sequence);
                        self.results_of(ty)
                    }
                    _ => {
                        let ty = self.expr(*item, Use::Value);
                        self.awaited(*item, *item, ty)
                    }
                };
                joined = self.know.join(joined, result);
            }
            self.fold_not_awaitable(first);
            return if joined == Ty::Never { Ty::Unknown } else { joined };
        }
        let ty = self.expr(list, Use::Value);
        if self.use_as(list, ty, As::Argument) {
            return Ty::Unknown;
        }
        if let Ty::List(items) = ty {
            let item = self.know.ty(items);
            if let Ty::Coroutine(origin) = item {
                self.consumed.insert(origin);
            }
            let is_wrong =
                !matches!(item, Ty::Unknown | Ty::Argument | Ty::Never | Ty::Coroutine(_) | Ty::Task(_));
            if is_wrong {
                self.find(Kind::NotAwaitable(item, list), id, None);
                return Ty::Unknown;
            }
        }
        self.results_of(ty)
    }

    /// Several values in the list of a combinator are one mistake.
    fn fold_not_awaitable(&mut self, from: usize) {
        let mut wrong = (from..self.findings.len())
            .filter(|at| matches!(self.findings[*at].kind, Kind::NotAwaitable(Ty::Plain(_), _)))
            .collect::<Vec<usize>>()
            .into_iter();
        let Some(first) = wrong.next() else { return };
        for at in wrong.rev() {
            let other = self.findings.remove(at);
            self.findings[first].also.insert(0, other.at);
        }
    }

    fn results_of(&self, list: Ty) -> Ty {
        match list {
            Ty::List(items) => match self.know.ty(items) {
                Ty::Coroutine(origin) => self.know.origin(origin).result,
                Ty::Task(result) => self.know.ty(result),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }

    // ---- methods

    fn method_call(
        &mut self,
        id: ExprId,
        callee: ExprId,
        object: ExprId,
        name: Symbol,
        args: List<Arg>,
    ) -> Ty {
        let ty = self.expr(object, Use::Value);
        if self.use_as(object, ty, As::Object) {
            self.arguments(args);
            return Ty::Unknown;
        }
        let text = self.file.ast.name(name);
        match ty {
            Ty::Record(record) => {
                let held = self.entry(record, name);
                let ty = match (held, self.know.record(record).of) {
                    (Ty::Unknown, Some(of)) => self.field_of(of, name),
                    (held, _) => held,
                };
                // A method may do anything with its instance.
                let is_instance = self.know.record(record).of.is_some();
                if let Some(slot) = self.variable_of(object)
                    && is_instance
                {
                    let shared = self.know.shared(Ty::Record(record));
                    self.vars.set(slot, shared);
                }
                self.call_value(id, callee, ty, args)
            }
            Ty::Instance(of) => {
                let ty = self.field_of(of, name);
                self.call_value(id, callee, ty, args)
            }
            Ty::Struct(of) => {
                let ty = match self.function_in(of, name) {
                    Some((function, false)) => Ty::Function(function),
                    _ => Ty::Unknown,
                };
                self.call_value(id, callee, ty, args)
            }
            Ty::Module(module) => {
                let ty = self.member(module, text);
                self.call_value(id, callee, ty, args)
            }
            Ty::Object(kind) => self.object_call(id, kind, name, args),
            Ty::List(_) | Ty::Plain(_) => self.sequence_call(id, object, ty, name, args),
            Ty::AsyncGenerator => {
                self.arguments(args);
                match text {
                    "next" | "send" | "close" => {
                        let name = self.known_name(text);
                        self.make(id, Maker::Native(name), Ty::Unknown, None)
                    }
                    _ => Ty::Unknown,
                }
            }
            _ => {
                self.arguments(args);
                self.throws();
                Ty::Unknown
            }
        }
    }

    /// A method of a channel, a lock …
    fn object_call(&mut self, id: ExprId, object: Object, name: Symbol, args: List<Arg>) -> Ty {
        self.arguments(args);
        self.throws();
        let Some(returns) = self.methods.get(&(object.name(), name)).map(|signature| signature.returns)
        else {
            return Ty::Unknown;
        };
        let text = self.file.ast.name(name);
        match returns {
            Returns::Awaitable => {
                let result = match text {
                    "lock" => Ty::Object(Object::Guard),
                    "send" | "acquire" => Ty::Plain(Plain::Nil),
                    _ => Ty::Unknown,
                };
                let name = self.known_name(text);
                self.make(id, Maker::Native(name), result, None)
            }
            // Certain is what the table says about these; a value that comes out again may be a coroutine.
            Returns::Plain if !matches!(text, "try_recv" | "get" | "try_lock") => {
                self.given_by(returns, text)
            }
            _ => Ty::Unknown,
        }
    }

    /// A method of a list, map, str …
    fn sequence_call(&mut self, id: ExprId, object: ExprId, ty: Ty, name: Symbol, args: List<Arg>) -> Ty {
        let ast = self.file.ast;
        let text = ast.name(name);
        let plain = self.know.as_plain(ty).unwrap_or(Plain::Other);
        let items = match ty {
            Ty::List(items) => Some(self.know.ty(items)),
            _ => None,
        };
        let values: Vec<Ty> = if matches!(plain, Plain::Str | Plain::Bytes | Plain::Number) {
            self.native_arguments(id, &Taking::Values, args);
            Vec::new()
        } else {
            ast.list(args)
                .iter()
                .map(|arg| {
                    let ty = self.expr(arg.value(), Use::Value);
                    self.handed_on(arg.value(), ty)
                })
                .collect()
        };
        self.throws();
        if !matches!(plain, Plain::List | Plain::Set | Plain::Range | Plain::Map | Plain::Generator) {
            let is_known = plain.type_name().is_some_and(|ty| self.methods.contains_key(&(ty, name)));
            return if is_known { Ty::Plain(Plain::Other) } else { Ty::Unknown };
        }
        let first = values.first().copied().unwrap_or_default();
        let callback = ast.list(args).first().map(|arg| arg.value());
        let slot = self.variable_of(object);
        match text {
            "push" => self.grow(slot, items, first),
            "insert" | "fill" => {
                self.grow(slot, items, values.last().copied().unwrap_or_default());
            }
            _ => {}
        }
        match text {
            "each" => {
                if let (Ty::Coroutine(origin), Some(callback)) =
                    (self.given_by_callback(callback, first), callback)
                {
                    let at = self.place_in_callback(origin, callback);
                    self.find_at(Kind::DroppedByEach, at, Some(origin));
                }
                Ty::Plain(Plain::Nil)
            }
            "filter" | "find" | "any" | "all" | "count" | "take_while" | "skip_while" | "find_index"
            | "partition" | "sort_by" | "sorted_by" | "min_by" | "max_by" | "group_by" | "sort"
            | "sorted" => {
                if let (Ty::Coroutine(origin), Some(callback)) =
                    (self.given_by_callback(callback, first), callback)
                {
                    let as_ = if text.contains("_by") { As::Key } else { As::Condition };
                    let at = self.place_in_callback(origin, callback);
                    self.find_at(Kind::UsedAs(as_, callback), at, Some(origin));
                }
                self.ordered(object, text, items);
                match (text, items) {
                    ("filter" | "sorted" | "sorted_by" | "take_while" | "skip_while", Some(items)) => {
                        self.list_of(items)
                    }
                    ("any" | "all" | "count", _) => Ty::Plain(Plain::Other),
                    _ => Ty::Unknown,
                }
            }
            "sum" | "join" | "min" | "max" => {
                self.ordered(object, text, items);
                if text == "join" { Ty::Plain(Plain::Str) } else { Ty::Unknown }
            }
            "map" if !matches!(plain, Plain::Map | Plain::Generator) => {
                match self.given_by_callback(callback, first) {
                    Ty::Unknown => Ty::Plain(Plain::List),
                    item => self.list_of(item),
                }
            }
            "len" | "is_empty" | "contains" | "index_of" | "has" => Ty::Plain(Plain::Number),
            "rev" | "copy" | "slice" | "take" | "skip" | "to_list" if items.is_some() => ty,
            "pop" | "first" | "last" => items.unwrap_or_default(),
            "keys" => Ty::Plain(Plain::List),
            "push" | "clear" | "swap" | "reverse" | "truncate" => Ty::Plain(Plain::Nil),
            _ => Ty::Unknown,
        }
    }

    fn grow(&mut self, slot: Option<u32>, items: Option<Ty>, new: Ty) {
        let Some(slot) = slot else { return };
        if let Some(items) = items {
            let items = self.know.join(items, new);
            let list = self.list_of(items);
            self.vars.set(slot, list);
        }
    }

    /// `sum`, `join`, `sorted` … of coroutines.
    fn ordered(&mut self, object: ExprId, method: &str, items: Option<Ty>) {
        let in_place = method == "sort";
        if !in_place && !matches!(method, "sum" | "join" | "min" | "max" | "sorted") {
            return;
        }
        if let Some(Ty::Coroutine(origin)) = items {
            self.find(Kind::UsedAs(As::Items { in_place }, object), object, Some(origin));
        }
    }

    /// What each call of a callback gives.
    fn given_by_callback(&mut self, callback: Option<ExprId>, function: Ty) -> Ty {
        let Some(callback) = callback else { return Ty::Unknown };
        let ty = match function {
            Ty::Function(id) => {
                let inner = self.called(callback, id);
                let facts = self.know.function(id);
                // A lambda's coroutine is made inside it, which says more than where the lambda stands.
                if facts.is_async || facts.is_generator || facts.is_doubtful { inner } else { facts.result }
            }
            Ty::Functions { is_async: true, result } => {
                let result = self.know.ty(result);
                self.make(callback, Maker::Several, result, None)
            }
            Ty::Functions { is_async: false, result } => self.know.ty(result),
            _ => Ty::Unknown,
        };
        match ty {
            Ty::Coroutine(origin) => {
                self.uses.set(origin.0, Usage::Untracked);
                ty
            }
            Ty::Argument | Ty::Never => Ty::Unknown,
            ty => ty,
        }
    }

    /// Where a callback's coroutine is made: in the lambda, or the callback itself if it stands elsewhere.
    fn place_in_callback(&self, origin: OriginId, callback: ExprId) -> Span {
        let at = self.know.origin(origin).at;
        let callback = self.file.ast[callback].span;
        let inside =
            at.source == self.file.source && callback.start <= at.span.start && at.span.end <= callback.end;
        if inside { at.span } else { callback }
    }
}
