//! Functions, lambdas, structs, tests: what becomes a prototype of its own.

use co_lang::{
    ast::{ExprId, ExprKind, FnForm, FnId, Param, PatKind, StructId, Symbol, UnaryOp},
    resolve::{Binding, GlobalKind, Owner, Res},
};

use super::{Compiler, Dest, Reg, Role, chain::CallMode, emit::Head};
use crate::{
    bytecode::{CaptureSource, Op, ProtoFlags},
    heap::object::ProtoObject,
    value::{Gc, Value},
};

impl Compiler<'_> {
    /// `fn name(…) { … }`: makes the closure and binds it.
    pub(super) fn fn_statement(&mut self, id: FnId) {
        let binding = self.res.fn_bindings[id.index()];
        self.declare(binding);
        let mark = self.asm.mark();
        let to = self.binding_reg(binding).unwrap_or_else(|| self.asm.temp());
        let name = self.ast[id].name.map_or("fn", |name| self.ast.name(name.name));
        self.closure(id, name.into(), to);
        self.initialise(binding, to);
        self.asm.release(mark);
    }

    /// A lambda, or an `async` block, which is called at once.
    pub(super) fn lambda(&mut self, id: FnId, dest: Dest) {
        match self.ast[id].form {
            FnForm::AsyncBlock | FnForm::SpawnBlock => self.call_block(id, CallMode::Plain, dest),
            _ => self.with_target(dest, |this, to| this.closure(id, "lambda".into(), to)),
        }
    }

    pub(super) fn call_block(&mut self, id: FnId, mode: CallMode, dest: Dest) {
        let mark = self.asm.mark();
        let area = self.area(dest);
        self.closure(id, "async".into(), area);
        self.asm.at(self.ast[id].span);
        let op = match mode {
            CallMode::Plain => Op::CALL,
            CallMode::Await { .. } => Op::AWAIT_CALL,
            CallMode::Spawn { .. } => Op::SPAWN_CALL,
        };
        // The link word.
        self.asm.temp();
        self.asm.raw(op, area.scaled(), 0, 0);
        self.complete(area, mode);
        self.give(area, dest);
        self.asm.release(mark);
    }

    /// The first register of a call area whose result goes to `dest`.
    pub(super) fn area(&mut self, dest: Dest) -> Reg {
        match dest {
            Dest::Fresh(reg) if self.asm.is_top(reg) => reg,
            _ => self.asm.temp(),
        }
    }

    fn closure(&mut self, id: FnId, name: Box<str>, to: Reg) {
        if let Some(proto) = self.function(id, name) {
            self.asm.at(self.ast[id].head);
            self.asm.op_constant(Op::CLOSURE, to, proto.into());
        }
    }

    fn function(&mut self, id: FnId, name: Box<str>) -> Option<Gc<ProtoObject>> {
        if self.binds_early(id) {
            return self.binder(id, name);
        }
        let function = self.ast[id];
        let info = self.res.function(id);
        let captures = info.captures.iter().map(|capture| self.capture_source(capture.from)).collect();
        let outer = self.enter(Owner::Function(id), function.head);
        let params = self.ast.list(function.params);
        let param_names = self.parameters(params, true);
        self.expr(function.body, Dest::Return);
        self.asm.op(Op::RETURN_NIL);
        let head = Head {
            params: self.asm.count(params.len() - has_rest(params) as usize),
            required: required(params),
            flags: self.flags(id, true),
            param_names,
            captures,
            name,
            source: self.unit.source,
            span: function.span,
        };
        let proto = self.finish(head);
        self.leave(outer);
        proto
    }

    /// The parameters' registers, defaults and patterns, from left to right; their names.
    fn parameters(&mut self, params: &[Param], with_defaults: bool) -> Box<[Value]> {
        let first = self.asm.temps(params.len() as u32);
        let mut names = Vec::with_capacity(params.len());
        for (index, param) in params.iter().enumerate() {
            let reg = first.plus(index as u32);
            if let Some(default) = param.default.filter(|_| with_defaults) {
                let given = self.asm.label();
                self.asm.jump_if(Op::JUMP_IF_SET, reg, given);
                self.expr(default, Dest::Fresh(reg));
                self.asm.bind(given);
            }
            let pattern = self.ast.unparen_pat(param.pattern);
            let mut name = Value::NIL;
            match self.ast[pattern].kind {
                PatKind::Bind(symbol) | PatKind::Rest(Some(symbol)) => {
                    name = self.string(symbol);
                    self.declare_at(self.res.binding(pattern), reg);
                }
                _ => {
                    self.forget_pattern(pattern);
                    self.declare_pattern(pattern);
                    self.expect_pattern(pattern, reg);
                }
            }
            names.push(name);
        }
        names.into_boxed_slice()
    }

    fn flags(&self, id: FnId, is_body: bool) -> ProtoFlags {
        let function = self.ast[id];
        let info = self.res.function(id);
        let is_block = matches!(function.form, FnForm::AsyncBlock | FnForm::SpawnBlock | FnForm::Test);
        ProtoFlags {
            rest: has_rest(self.ast.list(function.params)),
            is_async: is_body && (function.is_async || is_block),
            is_generator: is_body && info.is_generator,
            hidden: self.unit.role == Role::Library,
            constructor: false,
            method: info.is_method,
        }
    }

    // ---- functions that bind their arguments before they run

    /// The body of an async function or generator runs later than its call; the defaults are evaluated at the call. Where that
    /// makes a difference the function is made of two: see [`Compiler::binder`].
    fn binds_early(&self, id: FnId) -> bool {
        let function = self.ast[id];
        let runs_later = function.is_async || self.res.function(id).is_generator;
        let mut defaults = self.ast.list(function.params).iter().filter_map(|param| param.default);
        runs_later && defaults.any(|default| !self.is_same_later(id, default))
    }

    /// Evaluating it later gives the same.
    fn is_same_later(&self, function: FnId, expr: ExprId) -> bool {
        let expr = self.ast.unparen(expr);
        match self.ast[expr].kind {
            ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_)
            | ExprKind::Lambda(_) => true,
            ExprKind::Unary(UnaryOp::Neg, operand) => {
                matches!(
                    self.ast[operand].kind,
                    ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_)
                )
            }
            ExprKind::Name(_) => match self.res.name(expr) {
                Res::Local(id) => !self.res.local(id).cell,
                Res::Capture(index) => {
                    let captures = &self.res.function(function).captures;
                    captures.get(index as usize).is_some_and(|capture| !capture.cell)
                }
                Res::Global(id) => {
                    !matches!(self.res.global(id).kind, GlobalKind::Var | GlobalKind::Outer(_))
                }
                Res::This | Res::Prelude(_) | Res::Type(_) | Res::Unresolved => true,
            },
            _ => false,
        }
    }

    /// A plain function that evaluates the defaults and calls another, which has the body and takes all parameters; its last
    /// capture is the function around it, which the body means by its own name.
    fn binder(&mut self, id: FnId, name: Box<str>) -> Option<Gc<ProtoObject>> {
        let function = self.ast[id];
        let params = self.ast.list(function.params);
        let count = params.len() as u16;
        let captured = &self.res.function(id).captures;
        let own = captured.len() as u16;

        let outer = self.enter(Owner::Function(id), function.head);
        self.this = Some(own);
        let param_names = self.parameters(params, false);
        self.expr(function.body, Dest::Return);
        self.asm.op(Op::RETURN_NIL);
        let body = self.finish(Head {
            params: count,
            required: count,
            flags: ProtoFlags { rest: false, ..self.flags(id, true) },
            param_names: param_names.clone(),
            captures: (0..own).map(CaptureSource::Capture).chain([CaptureSource::This]).collect(),
            name: name.clone(),
            source: self.unit.source,
            span: function.span,
        });
        self.leave(outer);
        let body = body?;

        let captures = captured.iter().map(|capture| self.capture_source(capture.from)).collect();
        let outer = self.enter(Owner::Function(id), function.head);
        self.parameters(params, true);
        let area = self.asm.temps(2 + count as u32);
        self.asm.at(function.head);
        self.asm.op_constant(Op::CLOSURE, area, body.into());
        for (index, param) in (0..).zip(params) {
            let to = area.plus(2 + index);
            match self.res.binding(self.ast.unparen_pat(param.pattern)) {
                Some(Binding::Local(local)) if self.res.local(local).cell => {
                    self.asm.op_ab(Op::GET_CELL, to, Reg::at(index));
                }
                _ => self.asm.move_to(to, Reg::at(index)),
            }
        }
        self.asm.raw(Op::CALL, area.scaled(), count, 0);
        self.asm.op_a(Op::RETURN, area);
        let head = Head {
            params: count - has_rest(params) as u16,
            required: required(params),
            flags: self.flags(id, false),
            param_names,
            captures,
            name,
            source: self.unit.source,
            span: function.span,
        };
        let proto = self.finish(head);
        self.leave(outer);
        proto
    }

    /// `test "…" { … }` at the top level.
    pub(super) fn test_block(&mut self, name: Symbol, id: FnId) {
        if !self.unit.with_tests {
            return;
        }
        let name = self.ast.name(name);
        if let Some(proto) = self.function(id, format!("test \"{name}\"").into()) {
            self.link.test(name, self.ast[id].span, proto);
        }
    }

    // ---- structs

    pub(super) fn struct_statement(&mut self, id: StructId) {
        let structure = self.ast[id];
        let binding = self.res.struct_bindings[id.index()];
        self.declare(binding);
        let mark = self.asm.mark();
        let area = self.asm.temps(3);
        // The constructor's capture 0 is taken from here until `STRUCT` puts the type there.
        self.asm.at(structure.name.span);
        self.asm.op_a(Op::LOAD_NIL, area);
        if let Some(constructor) = self.constructor(id, area) {
            self.asm.op_constant(Op::CLOSURE, area.plus(1), constructor.into());
        }
        let methods = self.ast.list(structure.methods);
        // Also without methods: the operand names a register in any case.
        let first = self.asm.temps(2 * methods.len().max(1) as u32);
        for (index, method) in methods.iter().enumerate() {
            let Some(name) = self.ast[*method].name else { continue };
            let key = first.plus(2 * index as u32);
            let text = self.string(name.name);
            self.load_value(text, key);
            let full_name = format!("{}.{}", self.ast.name(structure.name.name), self.ast.name(name.name));
            self.closure(*method, full_name.into(), key.plus(1));
        }
        self.asm.at(structure.name.span);
        let count = self.asm.count(2 * methods.len());
        self.asm.op_abn(Op::NEW_LIST, area.plus(2), first, count);
        let declaration = self.declaration(id);
        self.asm.op_constant(Op::STRUCT, area, declaration);
        self.initialise(binding, area);
        self.asm.release(mark);
    }

    /// The constant that `STRUCT` reads.
    fn declaration(&mut self, id: StructId) -> Value {
        let structure = self.ast[id];
        let fields = self.ast.list(structure.fields);
        let names: Vec<Value> = fields.iter().map(|field| self.string(field.name.name)).collect();
        let required = fields.iter().filter(|field| field.default.is_none()).count();
        let name = self.string(structure.name.name);
        let names = self.heap.list(&names).into();
        self.heap.list(&[name, names, Value::int(required as i64)]).into()
    }

    /// The function that a call of the struct runs: fields are its parameters.
    fn constructor(&mut self, id: StructId, struct_type: Reg) -> Option<Gc<ProtoObject>> {
        let structure = self.ast[id];
        let info = self.res.structure(id);
        let own = CaptureSource::Register(struct_type.number());
        let others: Vec<_> = info.captures.iter().map(|capture| self.capture_source(capture.from)).collect();
        let captures = std::iter::once(own).chain(others).collect();
        let fields = self.ast.list(structure.fields);
        let param_names = fields.iter().map(|field| self.string(field.name.name)).collect();
        let outer = self.enter(Owner::Defaults(id), structure.name.span);
        // A struct without fields needs a register for the instance.
        let first = self.asm.temps(fields.len().max(1) as u32);
        let required = fields.iter().take_while(|field| field.default.is_none()).count();
        for (index, field) in fields.iter().enumerate() {
            let reg = first.plus(index as u32);
            match field.default {
                Some(default) => {
                    let given = self.asm.label();
                    self.asm.jump_if(Op::JUMP_IF_SET, reg, given);
                    self.expr(default, Dest::Fresh(reg));
                    self.asm.bind(given);
                }
                // Behind a field with a default, so the call did not ask for it.
                None if index > required => {
                    self.asm.at(field.name.span);
                    self.asm.name_next(self.ast.name(field.name.name));
                    self.asm.op_a(Op::CHECK_SET, reg);
                }
                None => {}
            }
        }
        let count = self.asm.count(fields.len());
        self.asm.at(structure.name.span);
        self.asm.op_abn(Op::NEW_INSTANCE, first, first, count);
        self.asm.op_a(Op::RETURN, first);
        let flags = ProtoFlags {
            constructor: true,
            hidden: self.unit.role == Role::Library,
            ..ProtoFlags::default()
        };
        let head = Head {
            params: count,
            required: required as u16,
            flags,
            param_names,
            captures,
            name: self.ast.name(structure.name.name).into(),
            source: self.unit.source,
            span: structure.span,
        };
        let proto = self.finish(head);
        self.leave(outer);
        proto
    }
}

fn has_rest(params: &[Param]) -> bool {
    params.last().is_some_and(|param| param.rest)
}

fn required(params: &[Param]) -> u16 {
    params.iter().take_while(|param| param.default.is_none() && !param.rest).count() as u16
}
