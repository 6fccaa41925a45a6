//! Cancellation in the reference machine.

use super::*;

impl Machine {
    pub fn cancel_task(&mut self, task: TaskId) {
        if self.is_done(task) {
            return;
        }
        let own = self.tasks[task].owners[0];
        if std::mem::replace(&mut self.owners[own].requested, true) {
            self.count("R7 the first request counts");
            return;
        }
        if self.tasks[task].place == Place::Closing {
            self.count("R34 a closing task is cancelled");
            if let End::Value(_) = self.tasks[task].end {
                self.tasks[task].end = End::Cancelled;
            }
            return self.cancel_children(own);
        }
        if self.tasks[task].body.is_some()
            && self.tasks[task].place == Place::Ready
            && self.tasks[task].resume.is_none()
        {
            self.count("R5 cancelled before its first turn, or ready");
        }
        self.interrupt(task);
    }

    pub fn cancel_children(&mut self, owner: OwnerId) {
        for child in self.owners[owner].children.clone() {
            self.cancel_task(child);
        }
    }

    pub(super) fn cancel_those_of_cleanup(&mut self, owner: OwnerId) {
        for child in self.owners[owner].children.clone() {
            if self.tasks[child].by_cleanup {
                self.count("R7 tasks of clean-up end with the body");
                self.cancel_task(child);
            }
        }
    }

    /// If the task waits and a request can be thrown there, it is.
    pub(super) fn interrupt(&mut self, task: TaskId) {
        match (self.tasks[task].place, self.tasks[task].wait) {
            (Place::Ready, Some(Wait::Turn)) => {
                if let Some(target) = self.take_request(task, None) {
                    self.count("R6d sleep(0) is a point");
                    self.tasks[task].wait = None;
                    self.tasks[task].resume = Some(Err(Thrown::Cancel(target)));
                }
            }
            (Place::Waiting, Some(Wait::Scope(scope))) => {
                if let Some(target) = self.take_request(task, Some(scope)) {
                    self.count("R7 an outer target outlives an inner one");
                    self.owners[scope].leaving = Some(Err(Thrown::Cancel(target)));
                    self.cancel_children(scope);
                }
            }
            (Place::Waiting, Some(Wait::Group(group))) => {
                if let Some(target) = self.take_request(task, None) {
                    self.groups[group].decided = Some(Err(Thrown::Cancel(target)));
                    if self.groups[group].phase == Phase::Open {
                        self.close_arms(group);
                    }
                    let owner = self.groups[group].owner;
                    self.cancel_children(owner);
                    self.group_children_over(group);
                }
            }
            (Place::Waiting, Some(wait)) => {
                if let Some(target) = self.take_request(task, None) {
                    if let Wait::Prim(Prim::Receive(_) | Prim::Walk(_) | Prim::Send(..)) = wait {
                        self.count("R16 a cancelled waiter loses no value");
                    }
                    self.count("a cancellation arrives where the task waits");
                    self.leave(Waiter::Task(task));
                    self.wake(task, Err(Thrown::Cancel(target)));
                }
            }
            (Place::Ready, _) => self.count("R6b a decided wait is kept"),
            _ => {}
        }
    }

    /// The outermost request that may be thrown in the task now; it counts as delivered. With `beyond`, only targets outside of that scope.
    pub(super) fn take_request(&mut self, task: TaskId, beyond: Option<OwnerId>) -> Option<OwnerId> {
        let depth = self.tasks[task].depth;
        let owners = &self.tasks[task].owners;
        let end = match beyond {
            Some(scope) => owners.iter().position(|owner| *owner == scope)?,
            None => owners.len(),
        };
        let waiting = |owner: &OwnerId| self.owners[*owner].requested && !self.owners[*owner].delivered;
        // What runs is in clean-up or a shield that was opened inside of the others.
        let open: Vec<OwnerId> =
            owners[..end].iter().copied().filter(|owner| self.owners[*owner].depth == depth).collect();
        if open.is_empty() && owners[..end].iter().any(waiting) {
            self.count("R7 R10 clean-up and shields are undisturbed");
        }
        // What is on its way further out passes all of these.
        let open: Vec<OwnerId> = open.into_iter().collect();
        let target = match open.iter().position(|owner| self.owners[*owner].delivered) {
            Some(at) => open[..at].iter().copied().find(|owner| self.owners[*owner].requested),
            None => open.iter().copied().find(|owner| self.owners[*owner].requested),
        }?;
        self.owners[target].delivered = true;
        let owners = self.tasks[task].owners.clone();
        let at = owners.iter().position(|owner| *owner == target)?;
        for inner in &owners[at + 1..] {
            self.owners[*inner].error = None;
        }
        Some(target)
    }

    /// An error that took the place of a cancellation was caught: the request is thrown again at the next await.
    pub fn caught(&mut self, over: Option<OwnerId>) {
        let current = self.current;
        if let Some(target) = over
            && self.tasks[current].owners.contains(&target)
        {
            self.count("a caught error of clean-up does not end the cancellation");
            self.owners[target].delivered = false;
        }
    }
}
