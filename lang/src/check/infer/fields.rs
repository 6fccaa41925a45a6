//! What the fields of structs hold, where every instance has the same: fields that nobody assigns, and that get what they hold from their
//! defaults and from the calls that make instances, all written in this file.

use super::*;
use crate::ast::{Arg, List};

/// How instances of a struct are made.
#[derive(Default)]
struct Making {
    calls: Vec<List<Arg>>,
    /// The struct is used as a value too, so that it may be called anywhere.
    is_open: bool,
}

impl Infer<'_> {
    pub(super) fn find_fields(&mut self) {
        let ast = self.file.ast;
        if self.file.role == FileRole::Repl || ast.structs.is_empty() {
            return;
        }
        let mut assigned: FxHashSet<crate::ast::Symbol> = FxHashSet::default();
        ast.assigns.iter().for_each(|assign| self.assigned_fields(assign.target, &mut assigned));
        // Only now it is worth the while to look how they are made.
        let told: Vec<StructId> = (0..ast.structs.len() as u32)
            .map(StructId)
            .filter(|id| {
                let structure = ast[*id];
                let is_known =
                    self.file.role == FileRole::Script || is_private(ast.name(structure.name.name));
                let fields = ast.list(structure.fields);
                is_known && fields.iter().any(|field| !assigned.contains(&field.name.name))
            })
            .collect();
        if told.is_empty() {
            return;
        }
        let made = self.find_making();
        for id in told {
            let Some(making) = made.get(&id).filter(|making| !making.is_open) else { continue };
            let of = StructRef(self.first_struct + id.0);
            for (at, field) in ast.list(ast[id].fields).iter().enumerate() {
                if assigned.contains(&field.name.name) {
                    continue;
                }
                let ty = self.field_in_all(making, at, *field);
                if !matches!(ty, Ty::Unknown | Ty::Never) && !expr::is_missing(ty) {
                    self.know.structs[of.0 as usize].fields[at].1 = ty;
                }
            }
        }
    }

    fn assigned_fields(&self, target: Target, into: &mut FxHashSet<crate::ast::Symbol>) {
        let ast = self.file.ast;
        match target {
            Target::Place(place) => {
                if let ExprKind::Field { name, .. } = ast[place].kind {
                    into.insert(name);
                }
            }
            Target::List(items) => {
                deep(|| ast.list(items).iter().for_each(|item| self.assigned_fields(item.target, into)));
            }
            Target::Discard | Target::Error => {}
        }
    }

    fn find_making(&self) -> FxHashMap<StructId, Making> {
        let ast = self.file.ast;
        let mut made: FxHashMap<StructId, Making> = FxHashMap::default();
        let mut calls: FxHashMap<ExprId, List<Arg>> = FxHashMap::default();
        let mut harmless: FxHashSet<ExprId> = FxHashSet::default();
        for expr in &ast.exprs {
            match expr.kind {
                ExprKind::Call(callee, args) => {
                    calls.insert(ast.unparen(callee), args);
                }
                // `S.shared()`, `x is S`
                ExprKind::Field { object, .. } => {
                    harmless.insert(object);
                }
                ExprKind::Is { ty, .. } => {
                    harmless.insert(ty);
                }
                _ => {}
            }
        }
        for pat in &ast.pats {
            if let PatKind::Struct { path, .. } | PatKind::Is(path) = pat.kind {
                harmless.insert(path);
            }
        }
        for (id, expr) in (0..).map(ExprId).zip(&ast.exprs) {
            let ExprKind::Name(_) = expr.kind else { continue };
            let Some(structure) = self.struct_named(id) else { continue };
            let making = made.entry(structure).or_default();
            match calls.get(&id) {
                Some(args) => making.calls.push(*args),
                None => making.is_open |= !harmless.contains(&id),
            }
        }
        // What is captured is not looked up here.
        for (at, binding) in (0..).zip(&self.file.resolution.struct_bindings) {
            if let Some(Binding::Local(local)) = binding
                && self.file.resolution.local(*local).captured
            {
                made.entry(StructId(at)).or_default().is_open = true;
            }
        }
        made
    }

    fn struct_named(&self, name: ExprId) -> Option<StructId> {
        let ty = match self.file.resolution.name(name) {
            Res::Local(local) => self.items[local.0 as usize],
            Res::Global(global) => match self.file.resolution.global(global).kind {
                GlobalKind::Struct(id) => return Some(id),
                _ => return None,
            },
            _ => return None,
        };
        match ty {
            Ty::Struct(of) => of.0.checked_sub(self.first_struct).map(StructId),
            _ => None,
        }
    }

    /// What the field holds, however the instance was made.
    fn field_in_all(&mut self, making: &Making, at: usize, field: crate::ast::StructField) -> Ty {
        let ast = self.file.ast;
        let mut joined = Ty::Never;
        for args in &making.calls {
            let args = ast.list(*args);
            if args.iter().any(|arg| matches!(arg, Arg::Spread(_))) {
                return Ty::Unknown;
            }
            let named = args.iter().find_map(|arg| match arg {
                Arg::Named(name, value) if name.name == field.name.name => Some(*value),
                _ => None,
            });
            let given = match args.get(at) {
                Some(Arg::Plain(value)) => Some(*value),
                _ => named,
            };
            let Some(value) = given.or(field.default) else { return Ty::Unknown };
            let ty = self.written_ty(value);
            joined = self.know.join(joined, ty);
            if joined == Ty::Unknown {
                return joined;
            }
        }
        joined
    }

    /// What an expression gives, by its form alone.
    fn written_ty(&self, id: ExprId) -> Ty {
        let ast = self.file.ast;
        let id = ast.unparen(id);
        match ast[id].kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_) => Ty::Plain(Plain::Number),
            ExprKind::Str(_) | ExprKind::Interpolation(_) => Ty::Plain(Plain::Str),
            ExprKind::Bytes(_) => Ty::Plain(Plain::Bytes),
            ExprKind::List(_) => Ty::Plain(Plain::List),
            ExprKind::Map(_) => Ty::Plain(Plain::Map),
            ExprKind::Range { .. } => Ty::Plain(Plain::Range),
            ExprKind::Lambda(function) if ast[function].form == FnForm::Lambda => {
                Ty::Function(FnRef(self.first_function + function.0))
            }
            ExprKind::Call(callee, _) => match self.file.resolution.name(ast.unparen(callee)) {
                Res::Prelude(at) => self
                    .prelude
                    .names
                    .get(at.0 as usize)
                    .and_then(|signature| signature.returns.object())
                    .map_or(Ty::Unknown, Ty::Object),
                Res::Global(global) => match self.file.resolution.global(global).kind {
                    GlobalKind::Struct(of) => Ty::Instance(StructRef(self.first_struct + of.0)),
                    GlobalKind::Member(import, item) => match self.member_of_import(import, item) {
                        Ty::Struct(of) => Ty::Instance(of),
                        _ => Ty::Unknown,
                    },
                    _ => Ty::Unknown,
                },
                _ => Ty::Unknown,
            },
            ExprKind::Name(_) => match self.file.resolution.name(id) {
                Res::Global(global) => match self.file.resolution.global(global).kind {
                    GlobalKind::Fn(function) => Ty::Function(FnRef(self.first_function + function.0)),
                    _ => self.value_of(id).map_or(Ty::Unknown, |value| self.written_ty(value)),
                },
                Res::Local(_) => self.value_of(id).map_or(Ty::Unknown, |value| self.written_ty(value)),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }
}
