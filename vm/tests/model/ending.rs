//! How tasks and scopes of the reference machine end, and where results and errors go.

use super::*;

impl Machine {
    /// What an await of a task gives, if it is done.
    pub(super) fn result_of(&mut self, task: TaskId, by: TaskId) -> Result<Option<V>, E> {
        if task == by {
            self.count("R18 a task awaits itself");
            return Err(fault("Deadlock", ""));
        }
        if !self.is_done(task) {
            return Ok(None);
        }
        if let End::Value(value) = &self.tasks[task].end {
            return Ok(Some(value.clone()));
        }
        if !self.tasks[task].received {
            self.tasks[task].received = true;
            if let Some(parent) = self.tasks[task].kept_by.take() {
                self.count("R1 a kept error is received later");
                self.tasks[parent].kept.retain(|(child, _)| *child != task);
            }
        }
        Err(self.error_of(task))
    }

    pub(super) fn error_of(&mut self, task: TaskId) -> E {
        match &self.tasks[task].end {
            End::Error(error) => error.clone(),
            _ => self.tasks[task].cancelled_error.get_or_insert_with(|| fault("Cancelled", "")).clone(),
        }
    }

    pub(super) fn add_also(&mut self, first: &E, error: &E) {
        if hangs_on(first, error) {
            self.count("R2 the same error counts once");
            return;
        }
        let mut also = first.also.borrow_mut();
        if !also.iter().any(|known| Rc::ptr_eq(known, error)) {
            also.push(error.clone());
        }
        drop(also);
        self.count("further errors hang on the first");
    }

    // ---- how tasks end

    pub(super) fn function_ended(&mut self, task: TaskId, outcome: Outcome) {
        let own = self.tasks[task].owners[0];
        assert!(self.tasks[task].owners.len() == 1, "all scopes are closed");
        let first = self.owners[own].error.clone();
        let end = match (outcome, first) {
            (Ok(value), None) => {
                if self.owners[own].requested {
                    self.count("R5 R6 a cancelled task comes to its end without an await");
                }
                End::Value(value)
            }
            (Ok(_), Some(first)) => {
                self.count("R3 a discarded task has failed and the body ends without an await");
                End::Error(first)
            }
            (Err(Thrown::Cancel(_)), None) => End::Cancelled,
            (Err(Thrown::Cancel(_)), Some(first)) => {
                self.count("R3 a discarded task fails its parent at once");
                End::Error(first)
            }
            (Err(Thrown::Error(error, over)), None) => {
                if over.is_some() {
                    self.count("R8 an error of clean-up replaces the cancellation");
                }
                End::Error(error)
            }
            (Err(Thrown::Error(error, _)), Some(first)) => {
                self.add_also(&first, &error);
                End::Error(first)
            }
        };
        self.tasks[task].end = end;
        self.tasks[task].place = Place::Closing;
        self.tasks[task].wait = None;
        for mutex in std::mem::take(&mut self.tasks[task].held).into_iter().rev() {
            while let Some(waiter) = self.mutexes[mutex].line.pop_front() {
                self.count("R36 waiters of a lock whose owner ended");
                self.decide_wait(waiter, Err(fault("ValueError", "")));
            }
        }
        for (child, error) in std::mem::take(&mut self.tasks[task].kept) {
            self.count("R1 a kept error is thrown at the end of the body");
            self.tasks[child].received = true;
            self.tasks[child].kept_by = None;
            self.fail_closing(task, error);
        }
        if !self.owners[own].children.is_empty() {
            if matches!(self.tasks[task].end, End::Value(_)) && self.owners[own].requested {
                self.count("R34 a request arrives while the children are waited for");
                self.tasks[task].end = End::Cancelled;
            }
            if let End::Value(_) = self.tasks[task].end {
                self.count("R26 a task waits for its children");
                self.cancel_those_of_cleanup(own);
            } else {
                self.cancel_children(own);
            }
        }
        if self.owners[own].children.is_empty() && self.tasks[task].place == Place::Closing {
            self.settle(task);
        }
    }

    /// An error reaches a task whose body has ended.
    pub(super) fn fail_closing(&mut self, task: TaskId, error: E) {
        if let End::Error(first) = self.tasks[task].end.clone() {
            return self.add_also(&first, &error);
        }
        self.tasks[task].end = End::Error(error);
        let own = self.tasks[task].owners[0];
        self.cancel_children(own);
    }

    /// Body and children are over.
    pub(super) fn settle(&mut self, task: TaskId) {
        self.tasks[task].place = Place::Done;
        let delivered = !self.tasks[task].waiters.is_empty();
        if delivered {
            self.tasks[task].received = true;
            let result = match self.tasks[task].end.clone() {
                End::Value(value) => Ok(value),
                End::Error(_) => {
                    self.count("R1 an error goes to who awaits");
                    Err(self.error_of(task))
                }
                End::Cancelled => {
                    self.count("R4 an awaiter of a cancelled task gets an ordinary error");
                    Err(self.error_of(task))
                }
            };
            while let Some(waiter) = self.tasks[task].waiters.pop_front() {
                self.decide_wait(waiter, result.clone());
            }
        }
        let owner = self.tasks[task].owner.take();
        match owner {
            Some(owner) => self.owners[owner].children.retain(|child| *child != task),
            None => self.program.retain(|child| *child != task),
        }
        match self.tasks[task].end.clone() {
            End::Error(error) if !delivered => self.route_error(task, owner, error),
            End::Cancelled if owner.is_some() && !delivered => self.count("R4 being cancelled is no error"),
            _ => {}
        }
        if let Some(owner) = owner {
            self.owner_may_end(owner);
        }
    }

    pub(super) fn owner_may_end(&mut self, owner: OwnerId) {
        if !self.owners[owner].children.is_empty() {
            return;
        }
        let task = self.owners[owner].task;
        match self.owners[owner].kind {
            OwnerKind::Task => {
                if self.tasks[task].place == Place::Closing {
                    self.settle(task);
                }
            }
            OwnerKind::Scope => {
                if self.owners[owner].leaving.is_some() && self.tasks[task].wait == Some(Wait::Scope(owner)) {
                    let over = self.scope_over(owner);
                    self.wake(task, over.map(|()| V::Nil));
                }
            }
            OwnerKind::Group(group) => self.group_children_over(group),
        }
    }

    /// An error that nobody awaited goes to the owner.
    pub(super) fn route_error(&mut self, task: TaskId, owner: Option<OwnerId>, error: E) {
        let Some(owner) = owner else {
            if task != 0 {
                self.count("R21 an error of a detached task");
                self.unhandled = true;
            }
            return;
        };
        let parent = self.owners[owner].task;
        match self.owners[owner].kind {
            OwnerKind::Scope => {
                self.count("R1 an error fails its scope at once");
                self.scope_child_failed(owner, error);
            }
            OwnerKind::Group(group) => {
                self.count("R8 a cancelled arm fails in its clean-up");
                match &self.groups[group].decided {
                    Some(Err(Thrown::Error(first, _))) => {
                        let first = first.clone();
                        self.add_also(&first, &error);
                    }
                    decided => {
                        let over = match decided {
                            Some(Err(Thrown::Cancel(target))) => Some(*target),
                            _ => None,
                        };
                        self.groups[group].decided = Some(Err(Thrown::Error(error, over)));
                    }
                }
            }
            OwnerKind::Task if self.tasks[parent].place == Place::Closing => {
                self.count("R1 an error reaches a parent whose body has ended");
                self.fail_closing(parent, error);
            }
            OwnerKind::Task if self.tasks[task].discarded => match self.owners[owner].error.clone() {
                Some(first) => self.add_also(&first, &error),
                None => {
                    self.owners[owner].error = Some(error);
                    self.cancel_task(parent);
                }
            },
            OwnerKind::Task => {
                self.tasks[task].kept_by = Some(parent);
                self.tasks[parent].kept.push((task, error));
            }
        }
    }

    pub fn detach(&mut self, task: TaskId) {
        self.count("R21 detach");
        if self.is_done(task) {
            if let Some(parent) = self.tasks[task].kept_by.take() {
                self.tasks[parent].kept.retain(|(child, _)| *child != task);
                self.tasks[task].received = true;
                self.unhandled = true;
            }
            return;
        }
        let Some(owner) = self.tasks[task].owner.take() else { return };
        self.owners[owner].children.retain(|child| *child != task);
        self.program.push(task);
        self.owner_may_end(owner);
    }

    // ---- scopes

    pub(super) fn fail_owner(&mut self, owner: OwnerId, error: E) {
        match self.owners[owner].error.clone() {
            None => self.owners[owner].error = Some(error),
            Some(first) => self.add_also(&first, &error),
        }
    }

    pub(super) fn scope_child_failed(&mut self, scope: OwnerId, error: E) {
        let is_first = self.owners[scope].error.is_none();
        self.fail_owner(scope, error);
        if !is_first {
            return;
        }
        let task = self.owners[scope].task;
        let closing = self.tasks[task].wait == Some(Wait::Scope(scope));
        if !closing && !self.owners[scope].requested {
            self.owners[scope].requested = true;
            self.interrupt(task);
        }
        self.cancel_children(scope);
    }

    /// The scope is over: how its task goes on.
    pub(super) fn scope_over(&mut self, scope: OwnerId) -> Result<(), Thrown> {
        let task = self.owners[scope].task;
        let popped = self.tasks[task].owners.pop();
        assert!(popped == Some(scope), "scopes are closed from the inside out");
        match (self.owners[scope].error.take(), self.owners[scope].leaving.take()) {
            (Some(error), leaving) => {
                let over = match leaving {
                    Some(Err(Thrown::Cancel(target))) => Some(target),
                    _ => self.owners[scope].over,
                };
                Err(Thrown::Error(error, over))
            }
            (None, leaving) => leaving.unwrap_or(Ok(())),
        }
    }
}
