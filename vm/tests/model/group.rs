//! Combinators and select of the reference machine.

use super::*;

impl Shared {
    /// `None`: nothing was there, and the select has an `else`.
    pub async fn group(
        &self,
        policy: Policy,
        items: Vec<Item>,
        limit: Option<usize>,
        has_else: bool,
    ) -> Result<Option<V>, Thrown> {
        self.checkpoint()?;
        self.borrow().check_self(&items)?;
        if policy == Policy::Select {
            let current = self.borrow().current;
            for (at, item) in items.iter().enumerate() {
                if let Item::Prim(prim) = item {
                    let acted = self.borrow_mut().act_as_arm(*prim, current);
                    match acted {
                        Err(error) => return Err(Thrown::Error(error, None)),
                        Ok(Some(value)) => {
                            self.borrow_mut().count("R15 an arm is ready at once");
                            self.was_there().await;
                            return Ok(Some(V::Chosen(at, Box::new(value))));
                        }
                        Ok(None) => {}
                    }
                }
            }
            if has_else {
                self.borrow_mut().count("R15 else");
                self.was_there().await;
                return Ok(None);
            }
        }
        let group = self.borrow_mut().new_group(policy, items, limit);
        self.start_arms(group);
        let now = {
            let mut machine = self.borrow_mut();
            if machine.groups[group].phase == Phase::Open && machine.groups[group].remaining == 0 {
                machine.group_finished(group);
            }
            let owner = machine.groups[group].owner;
            let is_over =
                machine.groups[group].phase == Phase::Closing && machine.owners[owner].children.is_empty();
            is_over.then(|| machine.group_over(group))
        };
        match now {
            Some(Ok(value)) => {
                self.was_there().await;
                Ok(Some(value))
            }
            Some(Err(thrown)) => Err(thrown),
            None => self.wait(Wait::Group(group)).await.map(Some),
        }
    }

    pub(super) fn start_arms(&self, group: GroupId) {
        let (policy, count, task) = {
            let mut machine = self.borrow_mut();
            machine.groups[group].starting = true;
            let Group { policy, task, ref arms, .. } = machine.groups[group];
            let count = arms.len();
            if let Policy::Of(Kind::Timeout(seconds)) = policy {
                let deadline = machine.now + seconds;
                machine.set_timer(deadline, Waiter::Arm(group, count));
            }
            (policy, count, task)
        };
        let exclusive = matches!(policy, Policy::Select | Policy::Of(Kind::Race | Kind::Any));
        let mut standing = Vec::new();
        for at in 0..count {
            if self.borrow().groups[group].phase != Phase::Open {
                break;
            }
            let prim = match &self.borrow().groups[group].arms[at].item {
                Some(Item::Prim(prim)) => Some(*prim),
                _ => None,
            };
            match prim {
                Some(prim) => {
                    let mut machine = self.borrow_mut();
                    machine.groups[group].arms[at].item = None;
                    match machine.act_as_arm(prim, task) {
                        Ok(None) => {
                            machine.groups[group].arms[at].wait = Some(prim);
                            if exclusive {
                                standing.push((at, prim))
                            } else {
                                machine.stand(prim, Waiter::Arm(group, at))
                            }
                        }
                        Ok(Some(value)) => machine.arm_ended(group, at, Ok(value)),
                        Err(error) => machine.arm_ended(group, at, Err(error)),
                    }
                }
                None => {
                    let mut machine = self.borrow_mut();
                    if !exclusive && machine.groups[group].room > 0 {
                        machine.start_coroutine(group, at);
                    }
                }
            }
        }
        if exclusive {
            for at in 0..count {
                if self.borrow().groups[group].phase != Phase::Open {
                    break;
                }
                if let Some((_, prim)) = standing.iter().find(|(standing, _)| *standing == at) {
                    self.borrow_mut().stand(*prim, Waiter::Arm(group, at));
                } else if self.borrow().groups[group].arms[at].item.is_some() {
                    self.borrow_mut().start_coroutine(group, at);
                }
            }
        }
        self.borrow_mut().groups[group].starting = false;
    }

    // ---- completed

    pub fn open_completed(&self, items: Vec<Item>) -> Result<GroupId, Thrown> {
        self.borrow().check_self(&items)?;
        let group = self.borrow_mut().new_group(Policy::Completed, items, None);
        self.start_arms(group);
        Ok(group)
    }

    pub async fn next_completed(&self, group: GroupId) -> Outcome {
        self.checkpoint()?;
        let next = {
            let mut machine = self.borrow_mut();
            let state = &mut machine.groups[group];
            match state.queue.pop_front() {
                Some(result) => Some(result.map_err(|error| Thrown::Error(error, None))),
                None if state.remaining == 0 || state.phase != Phase::Open => {
                    state.phase = Phase::Over;
                    return Ok(V::End);
                }
                None => None,
            }
        };
        match next {
            Some(Ok(value)) => {
                self.was_there().await;
                Ok(value)
            }
            Some(thrown) => thrown,
            None => self.wait(Wait::Next(group)).await,
        }
    }

    /// The loop is left: what still runs is cancelled and waited for.
    pub async fn close_completed(&self, group: GroupId) -> Result<(), Thrown> {
        let now = {
            let mut machine = self.borrow_mut();
            match machine.groups[group].phase {
                Phase::Open => machine.decide(group, Ok(V::Nil)),
                Phase::Closing => {}
                Phase::Over => return Ok(()),
            }
            let owner = machine.groups[group].owner;
            machine.owners[owner].children.is_empty().then(|| machine.group_over(group))
        };
        match now {
            Some(over) => over.map(|_| ()),
            None => {
                self.borrow_mut().count("R17 leaving a loop over completed cancels the rest");
                self.wait(Wait::Group(group)).await.map(|_| ())
            }
        }
    }
}

impl Machine {
    pub(super) fn check_self(&self, items: &[Item]) -> Result<(), Thrown> {
        let is_self = |item: &Item| matches!(item, Item::Prim(Prim::Task(task)) if *task == self.current);
        if items.iter().any(is_self) { Err(Thrown::Error(fault("Deadlock", ""), None)) } else { Ok(()) }
    }

    pub(super) fn new_group(&mut self, policy: Policy, items: Vec<Item>, limit: Option<usize>) -> GroupId {
        let task = self.current;
        if policy == Policy::Of(Kind::Shield) {
            self.tasks[task].depth += 1;
        }
        let id = self.groups.len();
        let owner = self.new_owner(task, OwnerKind::Group(id), self.tasks[task].depth);
        let count = items.len();
        self.groups.push(Group {
            policy,
            task,
            owner,
            arms: items.into_iter().map(|item| Arm { item: Some(item), wait: None }).collect(),
            phase: Phase::Open,
            starting: false,
            decided: None,
            results: vec![V::Nil; count],
            errors: Vec::new(),
            queue: VecDeque::new(),
            remaining: count,
            room: limit.unwrap_or(usize::MAX),
            limited: limit.is_some(),
        });
        id
    }

    pub(super) fn arm_ended(&mut self, group: GroupId, at: usize, result: Result<V, E>) {
        if self.groups[group].phase != Phase::Open {
            return;
        }
        let policy = self.groups[group].policy;
        if at == self.groups[group].arms.len() {
            self.count("R13 a timeout is over");
            return self.decide(group, Err(fault("Timeout", "")));
        }
        let waited = self.groups[group].arms[at].wait.take();
        let owner = self.groups[group].owner;
        let was_own = matches!(waited, Some(Prim::Task(task)) if self.tasks[task].owner == Some(owner));
        self.groups[group].remaining -= 1;
        match (policy, result) {
            (Policy::Select, Ok(value)) => self.decide(group, Ok(V::Chosen(at, Box::new(value)))),
            (Policy::Of(Kind::All), Ok(value)) => self.groups[group].results[at] = value,
            (Policy::Of(Kind::Settled), result) => {
                self.count("R14 settled");
                self.groups[group].results[at] = V::Entry(result.map(Box::new));
            }
            (Policy::Of(Kind::Any), Err(error)) => self.groups[group].errors.push(error),
            (Policy::Completed, result) => {
                self.groups[group].queue.push_back(result);
                let task = self.groups[group].task;
                if self.tasks[task].wait == Some(Wait::Next(group))
                    && let Some(result) = self.groups[group].queue.pop_front()
                {
                    self.count("R13 completed gives results as they come");
                    self.wake(task, result.map_err(|error| Thrown::Error(error, None)));
                }
            }
            (_, Ok(value)) => self.decide(group, Ok(value)),
            (_, Err(error)) => self.decide(group, Err(error)),
        }
        if self.groups[group].phase == Phase::Open {
            if was_own && self.groups[group].limited {
                self.groups[group].room += 1;
                self.start_next(group);
            }
            if self.groups[group].remaining == 0 && !self.groups[group].starting {
                self.group_finished(group);
                self.group_children_over(group);
            }
        }
    }

    /// A coroutine becomes a child task of the combinator.
    pub(super) fn start_coroutine(&mut self, group: GroupId, at: usize) {
        let state = &mut self.groups[group];
        if state.limited {
            state.room -= 1;
        }
        let (owner, item) = (state.owner, state.arms[at].item.take());
        let Some(Item::Coroutine(block, gives)) = item else { return };
        let task = self.new_task(Some(owner), block, Some(gives), false);
        self.count("R13 a coroutine is a child task of its combinator");
        self.groups[group].arms[at].wait = Some(Prim::Task(task));
        self.tasks[task].waiters.push_back(Waiter::Arm(group, at));
    }

    /// With a limit: the next coroutine becomes a task at the moment one ends.
    pub(super) fn start_next(&mut self, group: GroupId) {
        let next =
            self.groups[group].arms.iter().position(|arm| matches!(arm.item, Some(Item::Coroutine(..))));
        if let Some(at) = next {
            self.count("R13 with a limit the next one starts when one ends");
            self.start_coroutine(group, at);
        }
    }

    pub(super) fn group_finished(&mut self, group: GroupId) {
        match self.groups[group].policy {
            Policy::Of(Kind::All | Kind::Settled) => {
                let results = V::List(std::mem::take(&mut self.groups[group].results));
                self.decide(group, Ok(results));
            }
            Policy::Of(Kind::Any) => {
                self.count("R14 any throws the first error");
                let errors = std::mem::take(&mut self.groups[group].errors);
                let first = errors[0].clone();
                for other in &errors[1..] {
                    self.add_also(&first, other);
                }
                self.decide(group, Err(first));
            }
            _ => {}
        }
    }

    pub(super) fn decide(&mut self, group: GroupId, result: Result<V, E>) {
        self.groups[group].decided = Some(result.map_err(|error| Thrown::Error(error, None)));
        self.close_arms(group);
        let owner = self.groups[group].owner;
        if !self.owners[owner].children.is_empty() {
            self.count("R12 losers are over before the answer");
        }
        self.cancel_children(owner);
        self.group_children_over(group);
    }

    pub(super) fn close_arms(&mut self, group: GroupId) {
        self.groups[group].phase = Phase::Closing;
        for at in 0..=self.groups[group].arms.len() {
            if let Some(arm) = self.groups[group].arms.get_mut(at) {
                arm.item = None;
                if let Some(Prim::Task(task)) = arm.wait.take()
                    && self.tasks[task].owner != Some(self.groups[group].owner)
                {
                    self.count("R11 a task that was given is not cancelled");
                }
            }
            self.leave(Waiter::Arm(group, at));
        }
    }

    pub(super) fn group_children_over(&mut self, group: GroupId) {
        let Group { task, owner, phase, starting, .. } = self.groups[group];
        let waits =
            self.tasks[task].wait == Some(Wait::Group(group)) && self.tasks[task].place == Place::Waiting;
        if phase == Phase::Closing && !starting && waits && self.owners[owner].children.is_empty() {
            let over = self.group_over(group);
            self.wake(task, over);
        }
    }

    pub(super) fn group_over(&mut self, group: GroupId) -> Outcome {
        self.groups[group].phase = Phase::Over;
        if self.groups[group].policy == Policy::Of(Kind::Shield) {
            self.count("R10 shield");
            let task = self.groups[group].task;
            self.tasks[task].depth -= 1;
        }
        self.groups[group].decided.take().unwrap_or(Ok(V::Nil))
    }
}
