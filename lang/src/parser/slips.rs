//! Habits from other languages, and other mistakes that have a name.
//!
//! Asked only when a statement has failed, so right programs pay nothing. Every answer shows the form of Co.

mod arms;
mod assigning;
mod blocks;
mod imports;
mod indented;
mod lambdas;
mod literals;
mod loops;
mod operators;
mod placement;
mod shapes;
mod words;

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
    token::Kind,
};

use super::error::{Context, Failure, Want};

/// A mistake that has a name, and what else is wrong only because of it.
pub struct Told {
    pub diagnostic: Diagnostic,
    /// Mistakes placed in here follow from it.
    pub within: Option<Span>,
    /// Statements and arms that fail at one of these places belong to it.
    pub parts: Vec<u32>,
}

/// The message for a mistake that has a name; `None` for all others.
pub fn told(ctx: &Context<'_>, failure: &Failure) -> Option<Told> {
    let slip = Slip { ctx, failure, at: failure.reject.at as usize };
    let mut diagnostic = slip
        .for_head()
        .or_else(|| slip.if_head())
        .or_else(|| slip.shape())
        .or_else(|| slip.arm())
        .or_else(|| slip.import())
        .or_else(|| slip.switch())
        .or_else(|| slip.word())
        .or_else(|| slip.assignment())
        .or_else(|| slip.lambda())
        .or_else(|| slip.block())
        .or_else(|| slip.operator())
        .or_else(|| slip.literal())
        .or_else(|| slip.placement())
        .or_else(|| slip.two_statements())?;
    let mut parts = slip.other_arms();
    parts.extend(slip.other_members());
    parts.extend(slip.label_uses());
    let within = match diagnostic.code {
        Code::FOREIGN_STATEMENT => {
            slip.head_span().or_else(|| slip.foreign_body()).or_else(|| slip.prefixed_string())
        }
        _ => None,
    };
    if let Some((indented, labelled)) = slip.as_lines(&diagnostic) {
        parts.extend(indented.starts);
        if labelled {
            for opener in indented.openers {
                diagnostic = diagnostic.label(ctx.source, opener, "and here");
            }
        }
    }
    Some(Told { diagnostic, within, parts })
}

struct Slip<'c, 't> {
    ctx: &'c Context<'t>,
    failure: &'c Failure,
    /// The token that could not be used.
    at: usize,
}

impl Slip<'_, '_> {
    fn kind(&self, index: usize) -> Option<Kind> {
        self.ctx.tokens.tokens.get(index).map(|token| token.kind)
    }

    fn found(&self) -> Option<Kind> {
        self.kind(self.at)
    }

    fn prev(&self) -> Option<Kind> {
        self.at.checked_sub(1).filter(|prev| *prev >= self.failure.start).and_then(|prev| self.kind(prev))
    }

    fn next(&self) -> Option<Kind> {
        self.kind(self.at + 1)
    }

    fn first(&self) -> Option<Kind> {
        self.kind(self.failure.start)
    }

    fn slice(&self, index: usize) -> &str {
        self.ctx.slice(index)
    }

    fn span(&self, index: usize) -> Span {
        self.ctx.tokens.spans.get(index).copied().unwrap_or_default()
    }

    fn wants(&self, want: Want) -> bool {
        self.failure.reject.wants(want)
    }

    /// Whether the token touches the one before it.
    fn glued(&self, index: usize) -> bool {
        index > 0 && self.span(index - 1).end == self.span(index).start
    }

    fn replace(&self, span: Span, text: &str) -> Vec<Edit> {
        vec![Edit { location: Location { source: self.ctx.source, span }, text: text.into() }]
    }

    /// A construct of another language, at a token.
    fn foreign(&self, index: usize, message: &str, help: &str) -> Diagnostic {
        self.ctx.report(Code::FOREIGN_STATEMENT, message, index, "not Co").help(help)
    }

    fn foreign_operator(&self, index: usize, message: &str, help: &str) -> Diagnostic {
        self.ctx.report(Code::FOREIGN_OPERATOR, message, index, "not an operator of Co").help(help)
    }
}

fn is_assign(kind: Kind) -> bool {
    (Kind::Assign..=Kind::CoalesceAssign).contains(&kind)
}
