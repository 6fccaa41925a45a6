//! Garbage: what the VM's parts keep alive, and the steps of a collection ([`crate::heap`]) between the program's own.

use crate::{
    heap::Marker,
    interp::sample,
    sched::reach::{self, Search},
    vm::Vm,
};

impl Vm {
    /// Collects if it is time. The caller keeps nothing outside registers, objects and roots.
    #[inline(always)]
    pub fn safepoint(&mut self) {
        if self.heap.should_collect() {
            self.collect();
        }
    }

    /// Goes on with the collection that is under way, or begins one.
    #[cold]
    #[inline(never)]
    pub fn collect(&mut self) {
        self.save_position();
        let start = self.heap.now();
        if !self.heap.is_marking() {
            self.begin_collection();
        }
        let until = self.heap.step_work();
        let is_over = self.sched.search.go_on(&mut self.heap, until);
        let leaked = self.sched.search.take_leaked();
        if !leaked.is_empty() {
            let leaked = reach::to_report(leaked, self.sched.main);
            self.sched.leaked.extend(leaked);
        }
        if is_over {
            self.heap.finish();
            sample::at_collection(self);
        } else {
            self.heap.wait_for_next_step();
        }
        self.heap.note_pause(start);
    }

    fn begin_collection(&mut self) {
        self.sched.search = Search::new(self);
        self.heap.begin();
        let Vm {
            heap,
            globals,
            sched,
            modules,
            raised,
            tail,
            await_stub,
            natives,
            library,
            roots,
            fiber,
            builtins,
            blocking,
            ..
        } = self;
        heap.mark(|marker: &mut Marker| {
            let values = globals.iter().chain(roots.iter()).chain(natives.values()).chain(tail.1.iter());
            for value in values.chain(builtins.roots()) {
                marker.value(*value);
            }
            for place in blocking.iter() {
                marker.value(place.task.into());
                marker.value(place.code);
            }
            for value in [*raised, tail.0, *await_stub] {
                marker.value(value);
            }
            for module in modules.iter() {
                marker.value(module.init);
                marker.value(module.value);
            }
            if let Some(library) = library {
                library.values().for_each(|value| marker.value(*value));
            }
            sched.trace(marker);
            reach::mark_running(sched.current, *fiber, marker);
        });
    }
}
