//! Primitives of the reference machine: channels, locks, events, timers.

use super::*;

impl Machine {
    pub(super) fn set_timer(&mut self, deadline: u64, waiter: Waiter) {
        self.timers_set += 1;
        self.timers.push((deadline, self.timers_set, waiter));
    }

    /// As an arm `sleep(0)` is a timer.
    pub(super) fn act_as_arm(&mut self, prim: Prim, by: TaskId) -> Result<Option<V>, E> {
        let acted = self.act(prim, by);
        if matches!(acted, Ok(Some(_))) {
            self.count("R13 a primitive in a combinator acts at once");
        }
        acted
    }

    /// Does what is possible at once.
    pub(super) fn act(&mut self, prim: Prim, by: TaskId) -> Result<Option<V>, E> {
        match prim {
            Prim::Sleep(_) => Ok(None),
            Prim::Always => Ok(Some(V::Nil)),
            Prim::Task(task) => self.result_of(task, by),
            Prim::Receive(channel) | Prim::Walk(channel) => self.receive(channel),
            Prim::Send(channel, value) => self.send(channel, value),
            Prim::Event(event) => Ok(self.events[event].0.then_some(V::Nil)),
            Prim::Permit(semaphore) => {
                let permits = &mut self.permits[semaphore].0;
                Ok(permits.checked_sub(1).map(|left| {
                    *permits = left;
                    V::Nil
                }))
            }
            Prim::Lock(mutex) => match self.mutexes[mutex].owner {
                None => {
                    self.grant(mutex, by);
                    Ok(Some(V::Nil))
                }
                Some(owner) if owner == by => Err(fault("Deadlock", "")),
                Some(owner) if matches!(self.tasks[owner].place, Place::Closing | Place::Done) => {
                    self.count("R36 the owner of a lock has ended");
                    Err(fault("ValueError", ""))
                }
                Some(_) => Ok(None),
            },
            Prim::Meet(barrier) => {
                if self.barriers[barrier].len() + 1 < PARTIES[barrier] {
                    return Ok(None);
                }
                let came = self.barriers[barrier].clone();
                let last = came.len() as i64;
                self.count("R27 a barrier opens");
                for (number, waiter) in came.into_iter().enumerate() {
                    // Who goes on may have made others leave.
                    if self.barriers[barrier].contains(&waiter) {
                        self.barriers[barrier].retain(|other| *other != waiter);
                        self.decide_wait(waiter, Ok(V::Int(number as i64)));
                    }
                }
                Ok(Some(V::Int(last)))
            }
        }
    }

    pub(super) fn stand(&mut self, prim: Prim, waiter: Waiter) {
        match prim {
            Prim::Sleep(seconds) => self.set_timer(self.now + seconds, waiter),
            Prim::Task(task) => self.tasks[task].waiters.push_back(waiter),
            Prim::Receive(channel) | Prim::Walk(channel) => {
                self.channels[channel].receivers.push_back(waiter)
            }
            Prim::Send(channel, value) => self.channels[channel].senders.push_back((waiter, value)),
            Prim::Lock(mutex) => self.mutexes[mutex].line.push_back(waiter),
            Prim::Permit(semaphore) => self.permits[semaphore].1.push_back(waiter),
            Prim::Event(event) => self.events[event].1.push_back(waiter),
            Prim::Meet(barrier) => self.barriers[barrier].push_back(waiter),
            Prim::Always => {}
        }
    }

    /// Leaves whatever line it stands in.
    pub(super) fn leave(&mut self, waiter: Waiter) {
        self.timers.retain(|(_, _, other)| *other != waiter);
        for task in &mut self.tasks {
            task.waiters.retain(|other| *other != waiter);
        }
        for channel in &mut self.channels {
            channel.receivers.retain(|other| *other != waiter);
            channel.senders.retain(|(other, _)| *other != waiter);
        }
        for mutex in &mut self.mutexes {
            mutex.line.retain(|other| *other != waiter);
        }
        let lines = self.permits.iter_mut().map(|(_, line)| line);
        for line in lines.chain(self.events.iter_mut().map(|(_, line)| line)).chain(&mut self.barriers) {
            line.retain(|other| *other != waiter);
        }
    }

    pub fn receive(&mut self, channel: usize) -> Result<Option<V>, E> {
        let state = &mut self.channels[channel];
        if let Some(value) = state.buffer.pop_front() {
            if let Some((sender, sent)) = state.senders.pop_front() {
                state.buffer.push_back(sent);
                self.decide_wait(sender, Ok(V::Nil));
            }
            return Ok(Some(V::Int(value)));
        }
        if let Some((sender, sent)) = state.senders.pop_front() {
            self.count("R16 a value goes from a waiting sender");
            self.decide_wait(sender, Ok(V::Nil));
            return Ok(Some(V::Int(sent)));
        }
        if state.closed { Err(fault("ChannelClosed", "")) } else { Ok(None) }
    }

    pub fn send(&mut self, channel: usize, value: i64) -> Result<Option<V>, E> {
        let state = &mut self.channels[channel];
        if state.closed {
            self.count("R16 sending to a closed channel");
            return Err(fault("ChannelClosed", ""));
        }
        if let Some(receiver) = state.receivers.pop_front() {
            self.count("R16 a value goes to a waiting receiver");
            self.decide_wait(receiver, Ok(V::Int(value)));
            return Ok(Some(V::Nil));
        }
        if state.buffer.len() < state.capacity {
            state.buffer.push_back(value);
            return Ok(Some(V::Nil));
        }
        Ok(None)
    }

    pub fn is_over(&self, channel: usize) -> bool {
        self.channels[channel].closed && self.channels[channel].buffer.is_empty()
    }

    pub fn close(&mut self, channel: usize) {
        self.channels[channel].closed = true;
        while let Some((sender, _)) = self.channels[channel].senders.pop_front() {
            self.count("R16 a waiting sender gets ChannelClosed");
            self.decide_wait(sender, Err(fault("ChannelClosed", "")));
        }
        while let Some(receiver) = self.channels[channel].receivers.pop_front() {
            match receiver {
                Waiter::Task(task) if self.tasks[task].wait == Some(Wait::Prim(Prim::Walk(channel))) => {
                    self.count("R16 a loop ends when its channel is closed");
                    self.wake(task, Ok(V::End));
                }
                _ => self.decide_wait(receiver, Err(fault("ChannelClosed", ""))),
            }
        }
    }

    pub(super) fn grant(&mut self, mutex: usize, to: TaskId) {
        self.mutexes[mutex].owner = Some(to);
        self.tasks[to].held.push(mutex);
    }

    pub fn unlock(&mut self, mutex: usize) {
        let current = self.current;
        self.tasks[current].held.retain(|held| *held != mutex);
        self.mutexes[mutex].owner = None;
        if let Some(waiter) = self.mutexes[mutex].line.pop_front() {
            self.count("R27 a lock is handed on in order");
            let task = match waiter {
                Waiter::Task(task) => task,
                Waiter::Arm(group, _) => self.groups[group].task,
            };
            self.grant(mutex, task);
            self.decide_wait(waiter, Ok(V::Nil));
        }
    }

    pub fn release(&mut self, semaphore: usize) {
        match self.permits[semaphore].1.pop_front() {
            Some(waiter) => {
                self.count("R27 a permit is handed on");
                self.decide_wait(waiter, Ok(V::Nil));
            }
            None => self.permits[semaphore].0 += 1,
        }
    }

    pub fn set(&mut self, event: usize) {
        self.events[event].0 = true;
        while let Some(waiter) = self.events[event].1.pop_front() {
            self.count("R27 an event wakes who waits");
            self.decide_wait(waiter, Ok(V::Nil));
        }
    }

    pub fn clear(&mut self, event: usize) {
        self.events[event].0 = false;
    }

    /// All timers of the earliest deadline, in the order in which they were set.
    pub(super) fn fire_timers(&mut self) -> bool {
        let Some(now) = self.timers.iter().map(|(deadline, ..)| *deadline).min() else { return false };
        self.now = now;
        let mut fired = 0;
        while let Some((_, _, waiter)) =
            self.timers.iter().filter(|timer| timer.0 <= now).min_by_key(|timer| timer.1).copied()
        {
            fired += 1;
            self.timers.retain(|(_, _, other)| *other != waiter);
            self.decide_wait(waiter, Ok(V::Nil));
        }
        if fired > 1 {
            self.count("R25 equal deadlines fire in order");
        }
        true
    }
}
