//! Mistakes that can be put into the scheduler one at a time, to see that the tests would find them (`vm/tests/model.rs`).
//!
//! Only with the feature `verify`; without it [`made`] is `false` at compile time and nothing is left of it.

macro_rules! mistakes {
    ($($(#[doc = $doc:literal])+ $name:ident,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mistake {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Mistake {
            pub const ALL: &[Mistake] = &[$(Mistake::$name,)*];

            /// What is wrong with it.
            pub fn text(self) -> &'static str {
                match self {
                    $(Mistake::$name => concat!($($doc),+).trim_ascii(),)*
                }
            }
        }
    };
}

mistakes! {
    /// What became ready last runs first.
    LastReadyFirst,
    /// Of equal deadlines the last one set fires first.
    LastTimerFirst,
    /// Awaits of other tasks count for who yields after many whose result was there (R6a).
    CountsAwaitsOfOthers,
    /// A cancellation that waits is not thrown before the next primitive acts (R6c).
    ActsBeforeCancellation,
    /// A cancellation takes away what a wait was decided with (R6b).
    DecidedWaitIsCancelled,
    /// A cancellation is thrown in clean-up, too (R7).
    CleanupIsDisturbed,
    /// Who catches an error of clean-up has ended the cancellation that it took the place of (R7).
    CaughtErrorEndsCancellation,
    /// A cancelled sender's value is sent all the same (R16).
    CancelledSenderSends,
    /// A closed channel does not wake who waits to send (R16).
    CloseForgetsSenders,
    /// A closed channel does not wake who waits to receive (R16).
    CloseForgetsReceivers,
    /// What was sent last is received first.
    LastValueFirst,
    /// An unlocked mutex is free and nobody who waits gets it (R27).
    LockIsNotHandedOn,
    /// A permit is not given to who waits for one (R27).
    PermitIsNotHandedOn,
    /// An event wakes the first who waits only (R27).
    EventWakesOne,
    /// A barrier opens one task too early (R27).
    BarrierOpensEarly,
    /// An error that was received fails the owner as well (R1).
    ReceivedErrorIsRaised,
    /// An error that the parent should keep is forgotten (R1).
    KeptErrorIsLost,
    /// A scope goes on when one of its tasks has failed (R1).
    ScopeDoesNotFailFast,
    /// The children of a task that failed are not cancelled.
    ChildrenOfFailedGoOn,
    /// Being cancelled is an error of the task for its owner (R4).
    CancelledIsError,
    /// Further errors do not hang on the first.
    FurtherErrorsAreLost,
    /// Losers go on to their end (R12).
    LosersGoOn,
    /// A task that was given to a combinator is cancelled with it (R11).
    GivenTaskIsCancelled,
    /// At a tie the coroutine wins over its timeout (R13).
    TimeoutLosesTies,
    /// The limit of `all` and `settled` does not hold (R13).
    LimitIsForgotten,
    /// A select takes the last arm that is ready (R15).
    SelectTakesLast,
    /// A shield does not keep a cancellation away (R10).
    ShieldIsThin,
    /// Tasks of clean-up are waited for, not cancelled (R7).
    TasksOfCleanupGoOn,
    /// A task whose body has ended cannot be cancelled any more (R34).
    ClosingIsNotCancelled,
    /// The error of a detached task is lost (R21).
    DetachedErrorIsLost,
}

#[cfg(feature = "verify")]
thread_local! {
    static MADE: std::cell::Cell<Option<Mistake>> = const { std::cell::Cell::new(None) };
}

/// Makes a mistake on this thread from now on.
#[cfg(feature = "verify")]
pub fn make(mistake: Option<Mistake>) {
    MADE.set(mistake);
}

#[cfg(feature = "verify")]
pub fn made(mistake: Mistake) -> bool {
    MADE.get() == Some(mistake)
}

#[cfg(not(feature = "verify"))]
#[inline(always)]
pub const fn made(_: Mistake) -> bool {
    false
}
