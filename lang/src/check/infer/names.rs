//! What the names of a file stand for, and what assigning them does.

use super::*;

impl Infer<'_> {
    /// The slot of the variable that a name means; `None` for everything else.
    pub(super) fn slot(&self, id: ExprId) -> Option<u32> {
        match self.file.resolution.name(id) {
            Res::Local(local) => Some(local.0),
            Res::Capture(at) => self.captured(at).map(|local| local.0),
            Res::Global(global) => Some(self.locals + global.0),
            _ => None,
        }
    }

    /// The variable of an outer function that a capture of the current one is.
    pub(super) fn captured(&self, at: u16) -> Option<LocalId> {
        let (mut owner, mut at) = (self.context.owner, at);
        loop {
            let (captures, parent) = match owner {
                Owner::TopLevel => return None,
                Owner::Function(id) => {
                    let info = self.file.resolution.function(id);
                    (&info.captures, info.parent)
                }
                Owner::Defaults(id) => {
                    let info = self.file.resolution.structure(id);
                    (&info.captures, info.parent)
                }
            };
            match captures.get(at as usize)?.from {
                CaptureFrom::Local(local) => return Some(local),
                CaptureFrom::Capture(next) => (owner, at) = (parent, next),
                // A function, which is found by its local too.
                CaptureFrom::This => return self.local_of_function(parent),
            }
        }
    }

    fn local_of_function(&self, owner: Owner) -> Option<LocalId> {
        let Owner::Function(id) = owner else { return None };
        match self.file.resolution.fn_bindings.get(id.index()) {
            Some(Some(Binding::Local(local))) => Some(*local),
            _ => None,
        }
    }

    pub(super) fn name(&mut self, id: ExprId) -> Ty {
        match self.file.resolution.name(id) {
            Res::Local(local) => self.local(local),
            Res::Capture(at) => self.captured(at).map_or(Ty::Unknown, |local| self.local(local)),
            Res::This => match self.context.owner {
                Owner::Function(function) => Ty::Function(FnRef(self.first_function + function.0)),
                _ => Ty::Unknown,
            },
            Res::Global(global) => self.global(global.0),
            Res::Prelude(id) => self.native(NativeRef { module: None, index: id.0 as u16 }),
            Res::Type(_) | Res::Unresolved => Ty::Unknown,
        }
    }

    fn local(&self, id: LocalId) -> Ty {
        match self.items[id.0 as usize] {
            // What closures change may be anything at any time.
            Ty::Unknown if self.file.resolution.local(id).cell => Ty::Unknown,
            Ty::Unknown => self.vars.get(id.0),
            item => item,
        }
    }

    fn global(&mut self, at: u32) -> Ty {
        let global = self.file.resolution.global(crate::resolve::GlobalId(at));
        match global.kind {
            GlobalKind::Fn(id) => Ty::Function(FnRef(self.first_function + id.0)),
            GlobalKind::Struct(id) => Ty::Struct(StructRef(self.first_struct + id.0)),
            GlobalKind::Module(import) => self.module_of_import(import),
            GlobalKind::Member(import, item) => self.member_of_import(import, item),
            GlobalKind::Let if self.context.function.is_some() => self.globals[at as usize],
            GlobalKind::Var if global.used_in_functions => Ty::Unknown,
            GlobalKind::Let | GlobalKind::Var => self.vars.get(self.locals + at),
            GlobalKind::Outer(_) => {
                let name = self.file.ast.name(global.name);
                self.know.session.get(name).copied().unwrap_or_default()
            }
        }
    }

    /// What functions see in the top level's variables.
    pub(super) fn learn_globals(&mut self) {
        for (at, global) in self.file.resolution.globals.iter().enumerate() {
            if global.kind == GlobalKind::Let {
                let ty = self.vars.get(self.locals + at as u32);
                self.globals[at] = self.know.shared(ty);
            }
        }
    }

    pub(super) fn module_of_import(&self, import: crate::ast::ImportId) -> Ty {
        match self.imports.get(import.index()) {
            Some(ImportTarget::Module(id)) => Ty::Module(ModuleRef::File(*id)),
            Some(ImportTarget::Standard(name)) => {
                let name = self.file.ast.name(*name);
                let at = self.prelude.modules.iter().position(|module| module.name == name);
                at.map_or(Ty::Unknown, |at| Ty::Module(ModuleRef::Standard(at as u16)))
            }
            Some(ImportTarget::Missing) | None => Ty::Unknown,
        }
    }

    pub(super) fn member_of_import(&self, import: crate::ast::ImportId, item: u32) -> Ty {
        let ast = self.file.ast;
        let Some(items) = ast[import].items else { return Ty::Unknown };
        let Some(item) = ast.list(items).get(item as usize) else { return Ty::Unknown };
        match self.module_of_import(import) {
            Ty::Module(module) => self.member(module, ast.name(item.name.name)),
            _ => Ty::Unknown,
        }
    }

    pub(super) fn member(&self, module: ModuleRef, name: &str) -> Ty {
        match module {
            ModuleRef::File(id) => {
                self.know.exports.get(&id).and_then(|names| names.get(name)).copied().unwrap_or_default()
            }
            ModuleRef::Standard(module) => {
                let members = &self.prelude.modules[module as usize].members;
                let at = members.iter().position(|member| member.name == name);
                at.map_or(Ty::Unknown, |at| self.native(NativeRef { module: Some(module), index: at as u16 }))
            }
        }
    }

    pub(super) fn signature(&self, native: NativeRef) -> Option<&Signature> {
        match native.module {
            None => self.prelude.names.get(native.index as usize),
            Some(module) => self.prelude.modules.get(module as usize)?.members.get(native.index as usize),
        }
    }

    fn native(&self, native: NativeRef) -> Ty {
        match self.signature(native) {
            Some(signature) if signature.returns != Returns::Constant => Ty::Native(native),
            _ => Ty::Unknown,
        }
    }

    /// A variable gets a value.
    pub(super) fn assign_slot(&mut self, slot: u32, ty: Ty, at: Span) {
        if let Ty::Coroutine(old) = self.vars.get(slot)
            && self.vars.get(slot) != ty
            && self.is_followed(slot)
            && self.uses.get(old.0) == Usage::Fresh
        {
            self.find_at(Kind::Overwritten(at), self.know.origin(old).at.span, Some(old));
        }
        self.set_slot(slot, ty);
    }

    pub(super) fn set_slot(&mut self, slot: u32, ty: Ty) {
        let ty = if self.is_followed(slot) {
            ty
        } else {
            self.escape(ty);
            self.know.shared(ty)
        };
        self.vars.set(slot, ty);
    }

    /// Only the code of one function can reach the variable.
    fn is_followed(&self, slot: u32) -> bool {
        if slot < self.locals {
            return !self.file.resolution.local(LocalId(slot)).cell;
        }
        let global = self.file.resolution.global(crate::resolve::GlobalId(slot - self.locals));
        let is_shared = match self.file.role {
            FileRole::Script => false,
            FileRole::Module => !is_private(self.file.ast.name(global.name)),
            FileRole::Repl => true,
        };
        !(is_shared || global.used_in_functions)
    }

    /// Somebody else may know of the value from now on, and await it.
    pub(super) fn escape(&mut self, ty: Ty) {
        if let Ty::Coroutine(id) = ty
            && matches!(self.uses.get(id.0), Usage::Fresh | Usage::Shared)
        {
            self.uses.set(id.0, Usage::Untracked);
        }
    }

    /// Carries out a pattern on a value. `declares` it, as `let` does, or only looks at it.
    pub(super) fn bind(&mut self, id: PatId, ty: Ty, declares: bool) {
        let ast = self.file.ast;
        match ast[id].kind {
            PatKind::Bind(_) => {
                let slot = match self.file.resolution.binding(id) {
                    Some(Binding::Local(local)) => local.0,
                    Some(Binding::Global(global)) => self.locals + global.0,
                    None => return,
                };
                if declares
                    && let Ty::Coroutine(origin) = ty
                    && !self.is_read(slot)
                    && self.is_private_slot(slot)
                    && self.uses.get(origin.0) == Usage::Fresh
                {
                    let at = self.know.origin(origin).at.span;
                    self.find_at(Kind::Unused(ast[id].span), at, Some(origin));
                    return;
                }
                self.set_slot(slot, ty);
            }
            PatKind::Wildcard => {
                if declares
                    && let Ty::Coroutine(origin) = ty
                    && self.uses.get(origin.0) == Usage::Fresh
                {
                    let at = self.know.origin(origin).at.span;
                    self.find_at(Kind::Dropped, at, Some(origin));
                }
            }
            PatKind::Paren(inner) => self.bind(inner, ty, declares),
            PatKind::List(items) => {
                let item = match ty {
                    Ty::List(item) => self.know.ty(item),
                    _ => Ty::Unknown,
                };
                deep(|| ast.list(items).iter().for_each(|pat| self.bind(*pat, item, declares)));
            }
            PatKind::Rest(Some(_)) => {
                if let Some(Binding::Local(local)) = self.file.resolution.binding(id) {
                    self.set_slot(local.0, Ty::Plain(Plain::List));
                }
            }
            PatKind::Map(entries) | PatKind::Struct { fields: entries, .. } => {
                let record = match ty {
                    Ty::Record(id) => Some(id),
                    _ => None,
                };
                deep(|| {
                    for entry in ast.list(entries) {
                        let ty = record.map_or(Ty::Unknown, |id| self.entry(id, entry.key.name));
                        self.bind(entry.pattern, ty, declares);
                    }
                });
            }
            PatKind::Or(alternatives) => {
                ast.list(alternatives).iter().for_each(|pat| self.bind(*pat, Ty::Unknown, false))
            }
            PatKind::Error
            | PatKind::Value(_)
            | PatKind::Range { .. }
            | PatKind::Rest(None)
            | PatKind::Is(_) => {}
        }
    }

    /// No other file and no later line can read it.
    fn is_private_slot(&self, slot: u32) -> bool {
        slot < self.locals || self.file.role == FileRole::Script || self.is_followed(slot)
    }

    /// An entry of a record, if it is certain.
    pub(super) fn entry(&self, id: types::RecordId, name: crate::ast::Symbol) -> Ty {
        let record = self.know.record(id);
        if record.source != self.file.source {
            return Ty::Unknown;
        }
        match record.entries.iter().find(|(key, _)| *key == name) {
            // Data is there to be filled later.
            Some((_, ty)) if !expr::is_missing(*ty) => *ty,
            _ => Ty::Unknown,
        }
    }
}
