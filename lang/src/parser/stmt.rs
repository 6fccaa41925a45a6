//! Statements, blocks and the whole file.

use chumsky::{Parser, recursive::recursive};

use crate::{
    ast::{Block, BlockId, ExprId, FnForm, For, List, Stmt, StmtId, StmtKind},
    token::{BlockKind, Kind},
};

use super::{
    assign::{self, assign_op, assignment},
    control,
    error::{Reject, Want},
    expr::{Operands, Parts},
    item,
    lambda::{annotations_before, report_annotations, skip_annotation},
    operators,
    pattern::pattern,
    recover::recover,
    rule::{In, Rule, at, eat, expect, kind, reject, rule, second, since},
};

/// The rule for a file. It is put together anew for each file, which takes some ten microseconds.
pub fn file<'t>() -> Rule<'t, List<StmtId>> {
    // Expressions contain blocks and blocks expressions. What refers back to the outside is weak, so nothing leaks;
    // the file's rule holds the outermost.
    let mut top_level = None;
    let block = recursive(|block| {
        let block: Rule<'t, BlockId> = block.boxed();
        let pattern = pattern();
        let mut skipped = None;
        let expr = recursive(|expr| {
            let expr: Rule<'t, ExprId> = expr.boxed();
            let body = assign::body(expr.clone(), block.clone());
            let any_block = recursive(|any_block| {
                let (expr, block, pattern, body) =
                    (expr.clone(), block.clone(), pattern.clone(), body.clone());
                self::any_block(Parts { expr, block, pattern, body, any_block: any_block.boxed() })
            });
            let any_block: Rule<'t, ()> = any_block.boxed();
            skipped = Some(any_block.clone());
            let operands = Operands::new(&Parts {
                expr,
                block: block.clone(),
                pattern: pattern.clone(),
                body,
                any_block,
            });
            rule(move |inp: &mut In<'t, '_>| operators::expression(inp, &operands)).boxed()
        });
        let expr: Rule<'t, ExprId> = expr.boxed();
        let body = assign::body(expr.clone(), block.clone());
        let any_block = skipped.unwrap_or_else(nothing);
        let statements = statements(Parts { expr, block, pattern, body, any_block });
        top_level = Some(statements.clone());
        self::block(statements)
    });
    let statements = top_level.unwrap_or_else(nothing);
    rule(move |inp: &mut In<'t, '_>| {
        let _alive = &block;
        inp.parse(&statements)
    })
    .boxed()
}

/// Stands for a rule that is always there when it is asked for.
fn nothing<'t, O: 't>() -> Rule<'t, O> {
    rule(|inp: &mut In<'t, '_>| Err(reject(inp, Want::Expression))).boxed()
}

/// Any kind of block, for recovery to read what stands behind a mistake.
fn any_block<'t>(parts: Parts<'t>) -> Rule<'t, ()> {
    let match_arms = control::match_arms(&parts);
    let select_arms = control::select_arms(&parts);
    let members = item::members(&parts);
    rule(move |inp: &mut In<'t, '_>| match inp.peek() {
        Some(token) if token.opens(BlockKind::MatchArms) => inp.parse(&match_arms).map(|_| ()),
        Some(token) if token.opens(BlockKind::SelectArms) => inp.parse(&select_arms).map(|_| ()),
        Some(token) if token.opens(BlockKind::Members) => inp.parse(&members).map(|_| ()),
        _ => inp.parse(&parts.block).map(|_| ()),
    })
    .boxed()
}

/// `{ … }`.
fn block<'t>(statements: Rule<'t, List<StmtId>>) -> Rule<'t, BlockId> {
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        if !inp.peek().is_some_and(|token| token.opens(BlockKind::Statements)) {
            return Err(reject(inp, Want::Block));
        }
        inp.skip();
        inp.state().blocks += 1;
        let stmts = inp.parse(&statements);
        inp.state().blocks -= 1;
        let stmts = stmts?;
        expect(inp, Kind::BlockClose)?;
        let span = since(inp, start);
        Ok(inp.state().ast.add(Block { stmts, span }))
    })
    .boxed()
}

/// Statements up to the end of their block or the file. Never fails.
fn statements<'t>(parts: Parts<'t>) -> Rule<'t, List<StmtId>> {
    let rules = Statements::new(&parts);
    rule(move |inp: &mut In<'t, '_>| {
        let mut stmts = Vec::new();
        loop {
            while matches!(kind(inp), Some(Kind::Newline | Kind::Semi)) {
                inp.skip();
            }
            if matches!(kind(inp), None | Some(Kind::BlockClose)) {
                break;
            }
            let start = at(inp);
            let before = inp.save();
            let kind = match rules.statement(inp) {
                Ok(kind) => kind,
                Err(reason) => {
                    recover(inp, before, reason, false, &rules.parts.any_block);
                    StmtKind::Error
                }
            };
            let span = since(inp, start);
            stmts.push(inp.state().ast.add(Stmt { kind, span }));
        }
        Ok(inp.state().ast.add_list(stmts))
    })
    .boxed()
}

struct Statements<'t> {
    parts: Parts<'t>,
    operands: Operands<'t>,
    function: Rule<'t, crate::ast::FnId>,
    structure: Rule<'t, StmtKind>,
    test: Rule<'t, StmtKind>,
    import: Rule<'t, StmtKind>,
}

impl<'t> Statements<'t> {
    fn new(parts: &Parts<'t>) -> Statements<'t> {
        Statements {
            parts: parts.clone(),
            operands: Operands::new(parts),
            function: item::function(parts, FnForm::Named),
            structure: item::structure(parts),
            test: item::test(parts),
            import: item::import(),
        }
    }

    fn statement(&self, inp: &mut In<'t, '_>) -> Result<StmtKind, Reject> {
        let Some(first) = kind(inp) else { return Err(reject(inp, Want::Expression)) };
        let statement = match first {
            Kind::Let | Kind::Var => self.variable(inp)?,
            Kind::Fn => StmtKind::Fn(inp.parse(&self.function)?),
            Kind::Async if second(inp) == Some(Kind::Fn) => StmtKind::Fn(inp.parse(&self.function)?),
            Kind::Struct => inp.parse(&self.structure)?,
            Kind::Test => inp.parse(&self.test)?,
            Kind::Import => inp.parse(&self.import)?,
            Kind::Defer => {
                inp.skip();
                StmtKind::Defer(inp.parse(&self.parts.body)?)
            }
            Kind::While => return self.while_loop(inp),
            Kind::For => return self.for_loop(inp),
            _ => match self.operands.control(first) {
                Some(control) => return inp.parse(control).map(StmtKind::Expr),
                None => self.simple(inp)?,
            },
        };
        match kind(inp) {
            None | Some(Kind::Newline | Kind::Semi | Kind::BlockClose) => Ok(statement),
            _ => Err(reject(inp, Want::End)),
        }
    }

    /// An expression or an assignment.
    fn simple(&self, inp: &mut In<'t, '_>) -> Result<StmtKind, Reject> {
        let value = operators::expression(inp, &self.operands)?;
        match assign_op(inp) {
            None => Ok(StmtKind::Expr(value)),
            Some(op) => assignment(inp, value, op, &self.parts.expr).map(StmtKind::Assign),
        }
    }

    /// `let pattern = value`, `var pattern = value`.
    fn variable(&self, inp: &mut In<'t, '_>) -> Result<StmtKind, Reject> {
        let mutable = kind(inp) == Some(Kind::Var);
        inp.skip();
        let pattern = inp.parse(&self.parts.pattern)?;
        if kind(inp) == Some(Kind::Colon) && second(inp) != Some(Kind::Assign) {
            let types = annotations_before(inp);
            skip_annotation(inp);
            report_annotations(inp, types);
        }
        expect(inp, Kind::Assign)?;
        let value = operators::expression(inp, &self.operands)?;
        Ok(StmtKind::Let { mutable, pattern, value })
    }

    fn while_loop(&self, inp: &mut In<'t, '_>) -> Result<StmtKind, Reject> {
        inp.skip();
        let condition = operators::expression(inp, &self.operands)?;
        let body = inp.parse(&self.parts.block)?;
        Ok(StmtKind::While { condition, body })
    }

    /// `for p in x { … }`, `for k, v in x { … }`, `for await p in x { … }`.
    fn for_loop(&self, inp: &mut In<'t, '_>) -> Result<StmtKind, Reject> {
        inp.skip();
        let word = at(inp);
        let await_span = if eat(inp, Kind::Await) { Some(inp.state().tokens.spans[word]) } else { None };
        let first = inp.parse(&self.parts.pattern)?;
        let second = if eat(inp, Kind::Comma) { Some(inp.parse(&self.parts.pattern)?) } else { None };
        expect(inp, Kind::In)?;
        let source = operators::expression(inp, &self.operands)?;
        let body = inp.parse(&self.parts.block)?;
        Ok(StmtKind::For(inp.state().ast.add(For { await_span, first, second, source, body })))
    }
}
