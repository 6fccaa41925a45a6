//! What is told in the end: the mistakes of lexer and parser in order, each once.

use rustc_hash::FxHashSet;

use crate::{
    diagnostic::{Code, Diagnostic},
    lexer::{self, LexError, LexErrorKind},
    source::Span,
    token::{Kind, Tokens},
};

use super::{
    error::{Context, Failure},
    slips::Told,
};

/// How far behind a failure its line's end is looked for, so that a file of mistakes on one line takes no time.
const MAX_LOOKAHEAD: usize = 1_000;

/// Adds what the lexer has found and what stopped rules, without what only follows from something else.
pub fn extend(found: &mut Vec<Diagnostic>, failures: &[Failure], ctx: &Context<'_>) {
    let tokens = ctx.tokens;
    if tokens.errors.iter().any(|error| error.kind == LexErrorKind::TooDeep) {
        // What stands behind the blocks that are too deep was not read.
        found.retain(|diagnostic| diagnostic.code != Code::BARE_TRY);
    }
    let mut disturbances: Vec<u32> =
        tokens.errors.iter().filter(|error| disturbs(tokens, error)).map(|error| error.span.start).collect();
    disturbances.sort_unstable();
    let mut reaches: Vec<Span> = failures.iter().map(|failure| behind(tokens, failure)).collect();
    let mut explained = Explained::default();
    for (failure, reach) in failures.iter().zip(&reaches) {
        let start = tokens.spans.get(failure.start).map_or(0, |span| span.start);
        let place = tokens.spans.get(failure.reject.at as usize).map_or(start, |span| span.start);
        if explained.holds(start) || explained.holds(place) {
            continue;
        }
        // A failure on lines where the lexer has reported something follows from that, unless it is the other way round.
        let told = ctx.told(failure);
        let next = disturbances.partition_point(|place| *place < start);
        let disturbance = disturbances.get(next).filter(|place| **place < reach.end);
        if disturbance.is_some_and(|place| {
            told.within.is_none_or(|within| !within.range().contains(&(*place as usize)))
        }) {
            continue;
        }
        explained.add(&told);
        found.push(told.diagnostic);
    }
    found.retain(|diagnostic| !explained.follows(diagnostic));
    reaches.sort_unstable_by_key(|reach| reach.start);
    for error in &tokens.errors {
        // A format behind a failure is none: `"{a b: {c}"`.
        let place = error.span.start;
        let before = reaches.partition_point(|reach| reach.start <= place).checked_sub(1);
        let behind = before.is_some_and(|index| place < reaches[index].end);
        if (error.kind != LexErrorKind::BadSpec || !behind) && !explained.within(place) {
            found.push(lexer::diagnostic(error, ctx.source, ctx.text));
        }
    }
    found.sort_by_key(|diagnostic| diagnostic.primary());
    found.dedup_by(|next, before| {
        let (next, last) = (&*next, before.primary().span);
        let here = next.primary().span;
        // A sign that has no meaning and what stands right beside it are one mistake: `x?: int`, `f().await?`.
        let touches = last.end == here.start && last.start < here.start;
        last.start == here.start
            || touches && (before.code == Code::BAD_CHARACTER || next.code == Code::BAD_CHARACTER)
    });
}

/// What follows from mistakes that were told.
#[derive(Default)]
struct Explained {
    parts: FxHashSet<u32>,
    /// With the place of the mistake itself; in order, and none in another.
    spans: Vec<(Span, u32)>,
}

impl Explained {
    fn add(&mut self, told: &Told) {
        self.parts.extend(&told.parts);
        if let Some(within) = told.within {
            let at = self.spans.partition_point(|(span, _)| span.start < within.start);
            self.spans.insert(at, (within, told.diagnostic.primary().span.start));
        }
    }

    /// A failure that begins here, or could not go on here.
    fn holds(&self, place: u32) -> bool {
        self.parts.contains(&place) || self.within(place)
    }

    fn within(&self, place: u32) -> bool {
        self.around(place).is_some()
    }

    fn around(&self, place: u32) -> Option<u32> {
        let before = self.spans.partition_point(|(span, _)| span.start < place).checked_sub(1)?;
        let (span, own) = self.spans[before];
        (place < span.end).then_some(own)
    }

    fn follows(&self, diagnostic: &Diagnostic) -> bool {
        let place = diagnostic.primary().span.start;
        self.around(place).is_some_and(|own| own != place)
    }
}

/// From the token that could not be used to the end of its line.
fn behind(tokens: &Tokens, failure: &Failure) -> Span {
    let at = failure.reject.at as usize;
    let mut end = at;
    while end < at + MAX_LOOKAHEAD && !matches!(tokens.kind(end), Kind::Newline | Kind::Semi) {
        end += 1;
    }
    let place = |index: usize| tokens.spans.get(index);
    Span::new(place(at).map_or(u32::MAX, |span| span.start), place(end).map_or(u32::MAX, |span| span.end))
}

/// Whether an error of the lexer may make a rule fail nearby.
fn disturbs(tokens: &Tokens, error: &LexError) -> bool {
    match error.kind {
        LexErrorKind::BadEscape(_)
        | LexErrorKind::BadSpec
        | LexErrorKind::NumberTooLarge
        | LexErrorKind::EmptyInterpolation => false,
        // A block that is not closed is a mistake behind its head.
        LexErrorKind::Unclosed => !opens_block(tokens, error.span),
        _ => true,
    }
}

fn opens_block(tokens: &Tokens, span: Span) -> bool {
    let index = tokens.spans.partition_point(|other| other.start < span.start);
    let here = tokens.spans[index..].iter().take_while(|other| other.start == span.start);
    here.enumerate().any(|(offset, _)| tokens.kind(index + offset) == Kind::BlockOpen)
}

/// Whether only more text could make the program right; `unfinished` if it ends with a construct that needs another part.
pub fn is_incomplete(tokens: &Tokens, failures: &[Failure], unfinished: bool) -> bool {
    let at_end = |failure: &Failure| {
        let added = |span: &Span| span.start == span.end;
        tokens.spans.get(failure.reject.at as usize).is_none_or(added)
    };
    let dangling =
        tokens.tokens.last().is_some_and(|last| !last.kind.ends_statement() && last.kind != Kind::Semi);
    let unfinished = unfinished || dangling && !failures.is_empty();
    let missing = tokens.incomplete || unfinished && tokens.errors.is_empty();
    missing && failures.iter().all(at_end)
}
