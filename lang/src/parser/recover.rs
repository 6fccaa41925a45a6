//! The one rule of recovery.

use chumsky::input::Checkpoint;

use crate::token::Kind;

use super::{
    error::{Failure, Reject},
    rule::{In, Input, Rule, at},
};

/// Notes a failure and goes to the end of its statement, arm or member: the next newline or `;` (where `commas`
/// separate, also a comma) outside brackets, or the end of the block around.
#[cold]
pub fn recover<'t, 'p>(
    inp: &mut In<'t, 'p>,
    before: Checkpoint<'t, 'p, Input<'t>, ()>,
    reject: Reject,
    commas: bool,
    any_block: &Rule<'t, ()>,
) {
    inp.rewind(before);
    let start = at(inp);
    inp.state().failures.push(Failure { reject, start });
    let mut depth = 0u32;
    while let Some(token) = inp.peek() {
        let here = at(inp);
        if depth == 0 && here >= reject.at as usize {
            let ends = match token.kind {
                Kind::Newline | Kind::Semi | Kind::BlockClose => true,
                Kind::Comma => commas,
                _ => false,
            };
            // The first token may be such a one; then it is the mistake.
            if ends && (here > start || token.kind == Kind::BlockClose) {
                break;
            }
        }
        match token.kind {
            // What the rule has read before it failed was read for good. Blocks behind that are read now.
            Kind::BlockOpen if here >= reject.at as usize && inp.parse(any_block).is_ok() => continue,
            Kind::LParen
            | Kind::LBracket
            | Kind::QBracket
            | Kind::MapOpen
            | Kind::BlockOpen
            | Kind::InterpOpen => {
                depth += 1;
            }
            Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose | Kind::InterpClose => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        inp.skip();
    }
}
