//! From a name to what it means, by the rules at the head of [`super`], where it is read and where it is assigned.

use super::{
    Binding, BuiltinType, FileRole, Global, GlobalId, GlobalKind, LocalId, PreludeId, Res, scope::NONE,
    walk::Resolver,
};
use crate::{
    ast::{ExprId, ExprKind, Symbol},
    source::Span,
};

/// A name's meaning, before captures are counted.
enum Found {
    Local(LocalId),
    Global(GlobalId),
    Prelude(PreludeId),
    Type(BuiltinType),
    Nothing,
    /// It means something that cannot be used here; said so.
    Reported,
}

impl Resolver<'_> {
    pub(super) fn assign_name(&mut self, place: ExprId, name: Symbol, reads: bool) {
        let span = self.ast[place].span;
        let res = self.lookup(name, span);
        self.out.names[place.index()] = Some(match res {
            Found::Local(id) if !self.out.local(id).mutable => {
                let declared = self.out.local(id).span;
                self.assigned_constant(name, span, declared, self.states[id.0 as usize].keyword);
                Res::Unresolved
            }
            Found::Local(id) => {
                let res = self.use_local(id, span);
                self.assign_local(id);
                res
            }
            Found::Global(id) if self.constant[id.0 as usize] => {
                self.assigned_constant_global(name, span, id);
                Res::Unresolved
            }
            Found::Global(id) => self.use_global(id, span),
            Found::Nothing if !reads || self.role == FileRole::Repl => {
                self.undeclared_target(name, span, reads);
                Res::Unresolved
            }
            Found::Nothing => {
                self.undefined(name, span);
                Res::Unresolved
            }
            Found::Prelude(_) | Found::Type(_) => {
                self.assigned_builtin(name, span);
                Res::Unresolved
            }
            Found::Reported => Res::Unresolved,
        });
    }

    pub(super) fn name(&mut self, name: Symbol, span: Span) -> Res {
        match self.lookup(name, span) {
            Found::Local(id) => self.use_local(id, span),
            Found::Global(id) => self.use_global(id, span),
            Found::Prelude(id) => Res::Prelude(id),
            Found::Type(ty) => Res::Type(ty),
            Found::Nothing => {
                self.undefined(name, span);
                Res::Unresolved
            }
            Found::Reported => Res::Unresolved,
        }
    }

    /// What a name means here, by the rules at the head of [`super`].
    fn lookup(&mut self, name: Symbol, span: Span) -> Found {
        let meaning = self.meanings[name.index()];
        if meaning.visible != NONE {
            return Found::Local(LocalId(meaning.visible));
        }
        if meaning.pending != NONE
            && self.frames.len() > 1
            && let Some(local) = self.declared_later_around(name)
        {
            return Found::Local(local);
        }
        // At the REPL's top level a name means the earlier lines' variable until this line's has been passed.
        let too_early = |id: u32| self.frames.len() == 1 && !self.passed[id as usize];
        if meaning.global != NONE && !(meaning.outer != NONE && too_early(meaning.global)) {
            return Found::Global(GlobalId(meaning.global));
        }
        if meaning.outer != NONE {
            return Found::Global(self.global_of_outer(name, meaning.outer, span));
        }
        if Some(name) == self.underscore {
            self.underscore_read(span);
            return Found::Reported;
        }
        if meaning.prelude != NONE {
            return Found::Prelude(PreludeId(meaning.prelude));
        }
        if let Some(ty) = BuiltinType::from_name(self.ast.name(name)) {
            return Found::Type(ty);
        }
        if meaning.pending != NONE {
            self.used_too_early(name, span, self.out.locals[meaning.pending as usize].span);
            return Found::Reported;
        }
        Found::Nothing
    }

    fn use_global(&mut self, id: GlobalId, span: Span) -> Res {
        let at_top_level = self.frames.len() == 1;
        let global = &mut self.out.globals[id.0 as usize];
        global.used_in_functions |= !at_top_level;
        if at_top_level && !self.passed[id.0 as usize] && self.frames[0].defers == 0 {
            let (name, declared) = (global.name, global.span);
            self.used_too_early(name, span, declared);
            return Res::Unresolved;
        }
        Res::Global(id)
    }

    fn global_of_outer(&mut self, name: Symbol, index: u32, span: Span) -> GlobalId {
        if let Some(id) = self.outer_globals.get(&index) {
            return *id;
        }
        let kind = GlobalKind::Outer(index);
        let mutable = self.names_before.names.get(index as usize).is_some_and(|(_, mutable)| *mutable);
        self.out.globals.push(Global { name, span, kind, used_in_functions: false });
        self.constant.push(!mutable);
        self.passed.push(true);
        let id = GlobalId(self.out.globals.len() as u32 - 1);
        self.outer_globals.insert(index, id);
        id
    }

    /// What stands after `is` or before the braces of a struct pattern.
    pub(super) fn type_expr(&mut self, id: ExprId) {
        let ExprKind::Name(name) = self.ast[id].kind else { return self.expr(id) };
        let res = match BuiltinType::from_name(self.ast.name(name)) {
            Some(ty) if !self.is_type_of_program(name) => Res::Type(ty),
            _ => self.name(name, self.ast[id].span),
        };
        self.out.names[id.index()] = Some(res);
    }

    /// The name means a struct or something imported, which may be one.
    fn is_type_of_program(&self, name: Symbol) -> bool {
        let meaning = self.meanings[name.index()];
        if meaning.visible != NONE {
            return self.out.struct_bindings.contains(&Some(Binding::Local(LocalId(meaning.visible))));
        }
        let global = self.out.globals.get(meaning.global as usize);
        global.is_some_and(|global| matches!(global.kind, GlobalKind::Struct(_) | GlobalKind::Member(..)))
    }
}
