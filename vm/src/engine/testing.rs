//! `test` blocks: each runs in a program of its own, as a task that begins when the top level's function has ended.
//!
//! What the top level has spawned goes on beside the test, as daemons: the program is over when the test is.

use co_lang::source::Span;

use super::Engine;
use crate::{
    report,
    sched::task::{self, Outcome, TaskState},
};

impl Engine {
    /// Where the main file's tests stand, in their order.
    pub fn tests(&self) -> impl Iterator<Item = Span> {
        self.tests.iter().map(|test| test.span)
    }

    /// Makes the task of the top level, which is followed by that of a test. `false` if there is no such test.
    pub fn start_test(&mut self, index: usize) -> bool {
        let Some(test) = self.tests.get(index) else { return false };
        self.next_test = Some(test.code);
        // Only the test is cancelled, and only its waits count.
        self.vm.sched.cancel_at = None;
        self.start();
        true
    }

    /// The test has begun: what came before went well.
    pub fn is_test_running(&self) -> bool {
        self.vm.sched.top_level.is_some()
    }

    /// How the top level ended, or the test if there is one.
    pub fn outcome(&self) -> Option<Outcome> {
        self.vm.sched.main.filter(|main| main.is_done()).map(|main| main.outcome())
    }

    /// Every task waited, and nothing could wake one.
    pub fn is_deadlocked(&self) -> bool {
        self.deadlocked
    }

    /// `exit(n)` was called.
    pub fn exit_code(&self) -> Option<u8> {
        self.vm.exit_code
    }

    /// Tasks that ended with a mutex that they had not unlocked.
    pub fn locks_left(&self) -> u32 {
        self.vm.sched.locks_left
    }

    /// The test begins once the top level's function has ended well.
    pub(super) fn begin_test(&mut self) {
        let Some(top) = self.vm.sched.main else { return };
        let has_ended = matches!(top.state(), TaskState::Closing | TaskState::Done);
        if !has_ended || top.outcome() != Outcome::Value || self.vm.exit_code.is_some() {
            return;
        }
        let Some(code) = self.next_test.take() else { return };
        let test = task::spawn(&mut self.vm, code, std::ptr::null(), 0, false);
        let sched = &mut self.vm.sched;
        sched.top_level = Some(top);
        sched.main = Some(test);
        sched.suspensions = 0;
        sched.cancel_at = self.options.cancel_at;
    }

    /// A test does not succeed if what the top level has spawned fails.
    pub(super) fn top_level_error(&mut self) {
        if let Some(top) = self.vm.sched.top_level
            && top.is_done()
            && top.outcome() == Outcome::Error
        {
            let report = report::uncaught(&mut self.vm, top.result().get());
            self.reports.push(report);
            self.vm.sched.failed = true;
        }
    }
}
