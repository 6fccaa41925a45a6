//! Functions as values, and their bodies.

use super::*;

impl Infer<'_> {
    /// A lambda, or an `async { … }` block.
    pub(super) fn lambda(&mut self, id: ExprId, function: FnId) -> Ty {
        if self.file.ast[function].form != FnForm::Lambda {
            let result = self.body_of_block(function, Use::Result);
            return self.make(id, types::Maker::Block, result, None);
        }
        self.let_escape(function);
        deep(|| self.function(function, Use::Result));
        Ty::Function(FnRef(self.first_function + function.0))
    }

    /// What an `async` or `spawn` block gives.
    pub(super) fn body_of_block(&mut self, function: FnId, used: Use) -> Ty {
        self.let_escape(function);
        deep(|| self.function(function, used));
        self.know.functions[(self.first_function + function.0) as usize].result
    }

    /// The variables that a function captures are known to somebody else from now on.
    fn let_escape(&mut self, function: FnId) {
        let resolution = self.file.resolution;
        for capture in &resolution.function(function).captures {
            let local = match capture.from {
                CaptureFrom::Local(local) => Some(local),
                CaptureFrom::Capture(at) => self.captured(at),
                CaptureFrom::This => None,
            };
            if let Some(local) = local {
                let ty = self.vars.get(local.0);
                self.escape(ty);
                let shared = self.know.shared(ty);
                self.vars.set(local.0, shared);
            }
        }
    }

    /// Goes over a function's body and learns what it gives. What the last expression's value is used for is `used`, if the
    /// function is async.
    pub(super) fn function(&mut self, id: FnId, used: Use) {
        let (ast, resolution) = (self.file.ast, self.file.resolution);
        let function = ast[id];
        let facts = (self.first_function + id.0) as usize;
        let (is_async, is_generator) =
            (self.know.functions[facts].is_async, self.know.functions[facts].is_generator);
        let used = match function.form {
            FnForm::Test => Use::Dropped,
            _ if is_generator => Use::Dropped,
            _ if is_async => used,
            _ => Use::Value,
        };
        let context = Context {
            function: Some(id),
            owner: Owner::Function(id),
            gives: Ty::Never,
            result_of_async: is_async && !is_generator,
            ..Context::default()
        };
        let outer = std::mem::replace(&mut self.context, context);
        let (vars, uses) = (self.vars.mark(), self.uses.mark());
        let params = ast.list(function.params);
        for (at, param) in params.iter().enumerate() {
            if let Some(default) = param.default {
                self.kept(default);
            }
            let ty = match () {
                _ if at == 0 && resolution.function(id).is_method => self.this(id),
                _ if param.rest => Ty::Plain(Plain::List),
                _ => Ty::Argument,
            };
            self.bind(param.pattern, ty, false);
        }
        let ty = self.leaf(function.body, used);
        let context = std::mem::replace(&mut self.context, outer);
        self.vars.undo(vars);
        self.uses.undo(uses);
        let result = if context.dead { context.gives } else { self.know.join(context.gives, ty) };
        let result = match result {
            // It never ends by itself: nothing can be said of what it gives.
            Ty::Never => Ty::Unknown,
            // A coroutine that others know too, not one of this call.
            Ty::Coroutine(origin) if !self.is_made_in(origin, function.span) => Ty::Unknown,
            result => result,
        };
        if !self.reporting || function.form != FnForm::Named {
            self.know.functions[facts].result = result;
        }
    }

    fn is_made_in(&self, origin: OriginId, span: Span) -> bool {
        let at = self.know.origin(origin).at;
        at.source == self.file.source && span.start <= at.span.start && at.span.end <= span.end
    }

    fn this(&self, id: FnId) -> Ty {
        self.owners.get(&id).map_or(Ty::Argument, |of| Ty::Instance(*of))
    }

    /// The defaults of a struct's fields.
    pub(super) fn defaults(&mut self, id: StructId) {
        let ast = self.file.ast;
        let context = Context { owner: Owner::Defaults(id), ..Context::default() };
        let outer = std::mem::replace(&mut self.context, context);
        let (vars, uses) = (self.vars.mark(), self.uses.mark());
        for field in ast.list(ast[id].fields) {
            if let Some(default) = field.default {
                self.kept(default);
            }
        }
        self.context = outer;
        self.vars.undo(vars);
        self.uses.undo(uses);
    }
}
