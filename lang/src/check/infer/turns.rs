//! How often a loop turns, where the program itself says so: only then is it certain that what happens once in a turn happens twice.

use super::*;
use crate::ast::{Assign, BinaryOp, UnaryOp};

/// So many calls and variables are followed to the list that they come from.
const MAX_STEPS: u32 = 20;

/// Variables whose value is written in the program.
#[derive(Default)]
pub(super) struct Written {
    /// By slot: what it is declared with.
    values: FxHashMap<u32, ExprId>,
    /// By slot: the only assignment, if there is one; `None` if there are several.
    changes: FxHashMap<u32, Option<usize>>,
}

impl Written {
    fn of(infer: &Infer<'_>) -> Written {
        let (ast, resolution) = (infer.file.ast, infer.file.resolution);
        let mut written = Written::default();
        for stmt in &ast.stmts {
            if let StmtKind::Let { pattern, value, .. } = stmt.kind
                && is_written(ast[ast.unparen(value)].kind)
                && let Some(binding) = resolution.binding(ast.unparen_pat(pattern))
            {
                let slot = match binding {
                    Binding::Local(local) => local.0,
                    Binding::Global(global) => infer.locals + global.0,
                };
                written.values.insert(slot, value);
            }
        }
        for (at, assign) in ast.assigns.iter().enumerate() {
            written.note_change(infer, assign.target, Some(at));
        }
        written
    }

    fn note_change(&mut self, infer: &Infer<'_>, target: Target, at: Option<usize>) {
        let ast = infer.file.ast;
        match target {
            Target::Place(place) => {
                let slot = match infer.file.resolution.name(place) {
                    Res::Local(local) => local.0,
                    Res::Global(global) => infer.locals + global.0,
                    _ => return,
                };
                self.changes.entry(slot).and_modify(|change| *change = None).or_insert(at);
            }
            // In parallel with others: as if there were several.
            Target::List(items) => deep(|| {
                ast.list(items).iter().for_each(|item| self.note_change(infer, item.target, None));
            }),
            Target::Discard | Target::Error => {}
        }
    }
}

impl Infer<'_> {
    fn written(&self) -> &Written {
        self.written.get_or_init(|| Written::of(self))
    }

    /// A loop with this condition has a second turn, if nothing leaves it before.
    pub(super) fn has_second_turn(&self, condition: ExprId, around: Span) -> bool {
        let ast = self.file.ast;
        let (op, left, right) = match ast[ast.unparen(condition)].kind {
            ExprKind::Bool(value) => return value,
            ExprKind::Binary(op, left, right) => (op, left, right),
            _ => return false,
        };
        let holds = |value: f64, bound: f64| match op {
            BinaryOp::Lt => value < bound,
            BinaryOp::Le => value <= bound,
            BinaryOp::Gt => value > bound,
            BinaryOp::Ge => value >= bound,
            BinaryOp::Ne => value != bound,
            _ => false,
        };
        let counts = || {
            let bound = self.number(right)?;
            let slot = self.slot_of_own(left)?;
            let start = self.number(*self.written().values.get(&slot)?)?;
            let Assign { target, op, value, op_span } = ast.assigns[(*self.written().changes.get(&slot)?)?];
            let step = match op? {
                BinaryOp::Add => self.number(value)?,
                BinaryOp::Sub => -self.number(value)?,
                _ => return None,
            };
            let is_inside = around.start <= op_span.start && op_span.end <= around.end;
            let is_whole = matches!(target, Target::Place(_));
            (is_inside && is_whole).then(|| holds(start, bound) && holds(start + step, bound))
        };
        counts() == Some(true)
    }

    /// A variable that only the code of one function can change.
    fn slot_of_own(&self, id: ExprId) -> Option<u32> {
        match self.file.resolution.name(self.file.ast.unparen(id)) {
            Res::Local(local) if !self.file.resolution.local(local).cell => Some(local.0),
            Res::Global(global) => Some(self.locals + global.0),
            _ => None,
        }
    }

    /// What a variable was declared with that is never assigned again.
    pub(super) fn value_of(&self, id: ExprId) -> Option<ExprId> {
        let slot = self.slot_of_own(id)?;
        if self.written().changes.contains_key(&slot) {
            return None;
        }
        self.written().values.get(&slot).copied()
    }

    fn number(&self, id: ExprId) -> Option<f64> {
        let ast = self.file.ast;
        match ast[ast.unparen(id)].kind {
            ExprKind::Int(value) => Some(value as f64),
            ExprKind::Float(value) | ExprKind::Duration(value) => Some(value),
            ExprKind::Unary(UnaryOp::Neg, value) if is_literal(ast[value].kind) => {
                self.number(value).map(|value| -value)
            }
            ExprKind::Name(_) => {
                let value = self.value_of(id)?;
                if is_literal(ast[ast.unparen(value)].kind) { self.number(value) } else { None }
            }
            _ => None,
        }
    }

    /// It certainly has two items or more.
    pub(super) fn has_many(&self, id: ExprId) -> bool {
        self.has_many_within(id, MAX_STEPS)
    }

    fn has_many_within(&self, id: ExprId, steps: u32) -> bool {
        // A variable may be declared, wrongly, with what is made of itself.
        let Some(steps) = steps.checked_sub(1) else { return false };
        let ast = self.file.ast;
        match ast[ast.unparen(id)].kind {
            ExprKind::List(items) => items.len >= 2,
            ExprKind::Map(entries) => entries.len >= 2,
            ExprKind::Str(text) => ast.name(text).chars().nth(1).is_some(),
            ExprKind::Range { start: Some(start), end: Some(end), inclusive } => {
                let (Some(start), Some(end)) = (self.number(start), self.number(end)) else { return false };
                end - start >= if inclusive { 1.0 } else { 2.0 }
            }
            ExprKind::Name(_) => self.value_of(id).is_some_and(|value| self.has_many_within(value, steps)),
            ExprKind::Call(callee, _) => match ast[callee].kind {
                ExprKind::Field { object, name, .. } => {
                    const KEEP: [&str; 11] = [
                        "enumerate",
                        "map",
                        "rev",
                        "sorted",
                        "sorted_by",
                        "copy",
                        "to_list",
                        "chars",
                        "keys",
                        "values",
                        "items",
                    ];
                    KEEP.contains(&ast.name(name)) && self.has_many_within(object, steps)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// The value stands there.
fn is_written(kind: ExprKind) -> bool {
    is_literal(kind)
        || matches!(
            kind,
            ExprKind::Unary(UnaryOp::Neg, _)
                | ExprKind::List(_)
                | ExprKind::Map(_)
                | ExprKind::Str(_)
                | ExprKind::Range { .. }
        )
}

fn is_literal(kind: ExprKind) -> bool {
    matches!(kind, ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_))
}
