//! What the fields of structs hold, where every instance has the same: fields that nobody assigns, and that get what they hold from their
//! defaults and from the calls that make instances, all written in this file.

use super::*;
use crate::ast::{Arg, List};

/// How instances of a struct are made.
#[derive(Default)]
struct Making {
    calls: Vec<List<Arg>>,
    /// How often the struct is named at all, and how often to call it, to test for it, or for one of its functions.
    named: usize,
    harmless: usize,
}

impl Making {
    /// The struct is used as a value too, so that it may be called anywhere.
    fn is_open(&self) -> bool {
        self.named > self.harmless
    }
}

impl Infer<'_> {
    /// What a field holds in every instance.
    pub(super) fn held_by_field(&self, of: StructId, name: Symbol) -> Ty {
        self.fields.get_or_init(|| self.find_fields()).get(&(of, name)).copied().unwrap_or_default()
    }

    fn find_fields(&self) -> FxHashMap<(StructId, Symbol), Ty> {
        let ast = self.file.ast;
        let mut found = FxHashMap::default();
        if self.file.role == FileRole::Repl {
            return found;
        }
        let mut assigned: FxHashSet<Symbol> = FxHashSet::default();
        ast.assigns.iter().for_each(|assign| self.assigned_fields(assign.target, &mut assigned));
        let made = self.find_making();
        for (id, structure) in (0..).map(StructId).zip(&ast.structs) {
            let is_known = self.file.role == FileRole::Script || is_private(ast.name(structure.name.name));
            let Some(making) = made.get(&id).filter(|making| is_known && !making.is_open()) else { continue };
            for (at, field) in ast.list(structure.fields).iter().enumerate() {
                if assigned.contains(&field.name.name) {
                    continue;
                }
                let ty = self.field_in_all(making, at, *field);
                if !matches!(ty, Ty::Unknown | Ty::Never) && !expr::is_missing(ty) {
                    found.insert((id, field.name.name), ty);
                }
            }
        }
        found
    }

    fn assigned_fields(&self, target: Target, into: &mut FxHashSet<Symbol>) {
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
        let mut named = |name: ExprId, counts: &dyn Fn(&mut Making)| {
            if let ExprKind::Name(_) = ast[name].kind
                && let Some(structure) = self.struct_named(name)
            {
                counts(made.entry(structure).or_default());
            }
        };
        for (id, expr) in (0..).map(ExprId).zip(&ast.exprs) {
            match expr.kind {
                ExprKind::Name(_) => named(id, &|making| making.named += 1),
                ExprKind::Call(callee, args) => named(callee, &|making| {
                    making.harmless += 1;
                    making.calls.push(args);
                }),
                // `S.shared()`, `x is S`
                ExprKind::Field { object: name, .. } | ExprKind::Is { ty: name, .. } => {
                    named(name, &|making| making.harmless += 1)
                }
                _ => {}
            }
        }
        for pat in &ast.pats {
            if let PatKind::Struct { path, .. } | PatKind::Is(path) = pat.kind {
                named(path, &|making| making.harmless += 1);
            }
        }
        // What is captured is not looked up here.
        for (at, binding) in (0..).zip(&self.file.resolution.struct_bindings) {
            if let Some(Binding::Local(local)) = binding
                && self.file.resolution.local(*local).captured
            {
                made.entry(StructId(at)).or_default().named += 1;
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
            Ty::Struct(of) => self.own_struct(of),
            _ => None,
        }
    }

    /// What the field holds, however the instance was made.
    fn field_in_all(&self, making: &Making, at: usize, field: crate::ast::StructField) -> Ty {
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
            if ty == Ty::Unknown || joined != Ty::Never && joined != ty {
                return Ty::Unknown;
            }
            joined = ty;
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
