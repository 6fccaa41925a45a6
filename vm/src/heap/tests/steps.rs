//! Collections in steps, between which a random program moves references about, as hard on the collector as it can.

use super::{model::Random, *};

/// Values that the program holds; looked at when a collection begins, and never again.
struct Program {
    heap: Heap,
    random: Random,
    registers: Vec<Value>,
    node: Gc<StructType>,
    made: i64,
}

impl Program {
    fn new(seed: u64) -> Program {
        let mut heap = Heap::new(seed);
        let names: Vec<Value> = ["id", "a", "b"].iter().map(|name| heap.intern(name).into()).collect();
        let node = heap.struct_type(ShapeInit { name: "Node", fields: &names, required: 3, methods: &[] });
        Program { heap, random: Random(seed), registers: vec![Value::NIL; 12], node, made: 0 }
    }

    fn below(&mut self, n: usize) -> usize {
        self.random.below(n.max(1))
    }

    fn any(&mut self) -> Value {
        let at = self.below(self.registers.len());
        self.registers[at]
    }

    fn set(&mut self, value: Value) {
        let at = self.below(self.registers.len());
        self.registers[at] = value;
    }

    fn make(&mut self) {
        self.made += 1;
        let id = Value::int(self.made);
        let (a, b) = (self.any(), self.any());
        let fresh: Value = match self.below(6) {
            0 => self.heap.list(&[a, b]).into(),
            1 => {
                // Long enough to be looked at in parts.
                let items: Vec<Value> = (0..1000 + self.random.below(3000)).map(|_| self.any()).collect();
                self.heap.list(&items).into()
            }
            2 => {
                let map = self.heap.map();
                map.insert(&mut self.heap, id, a);
                map.into()
            }
            3 => {
                let map = self.heap.map();
                for i in 0..900 + self.random.below(600) as i64 {
                    map.insert(&mut self.heap, Value::int(i), b);
                }
                map.into()
            }
            4 => self.heap.intern(&format!("text {}", self.made % 40)).into(),
            _ => self.heap.instance(self.node.shape, &[id, a, b]).into(),
        };
        self.set(fresh);
    }

    /// Takes something out of an object, or only reads it.
    fn load(&mut self) {
        let from = self.any();
        let random = self.random.next() as usize;
        if let Some(list) = from.as_object::<List>()
            && !list.is_empty()
        {
            let at = random % list.len();
            let value = match random / 7 % 6 {
                0 => list.pop(&mut self.heap).unwrap(),
                1 => list.remove(&mut self.heap, at),
                2 => list.remove(&mut self.heap, 0),
                3 => {
                    let value = list.get(at).unwrap();
                    list.remove_range(&mut self.heap, at, at + random % 900);
                    value
                }
                4 if random.is_multiple_of(6) => {
                    let value = list.get(at).unwrap();
                    list.clear(&mut self.heap);
                    value
                }
                _ => list.get(at).unwrap(),
            };
            self.set(value);
        } else if let Some(map) = from.as_object::<Map>()
            && !map.is_empty()
        {
            let (key, value) = map.entry_at(random % map.len()).unwrap();
            match random / 7 % 3 {
                0 => assert!(map.remove(&mut self.heap, key).unwrap().is_same(value)),
                1 if random.is_multiple_of(6) => map.clear(&mut self.heap),
                _ => {}
            }
            self.set(value);
        } else if let Some(instance) = from.as_object::<Instance>() {
            self.set(instance.fields()[1 + random % 2].get());
        }
    }

    fn store(&mut self) {
        let (to, value) = (self.any(), self.any());
        let random = self.random.next() as usize;
        if let Some(list) = to.as_object::<List>() {
            let at = random % (list.len() + 1);
            match random / 7 % 6 {
                0 => list.push(&mut self.heap, value),
                1 => list.insert(&mut self.heap, at, value),
                2 => (0..1 + random % 30).for_each(|_| list.insert(&mut self.heap, 0, value)),
                3 if random.is_multiple_of(4) => list.reverse(&mut self.heap),
                4 if list.len() > 1 => list.swap(&mut self.heap, at % list.len(), 0),
                _ => drop(list.set(&mut self.heap, at, value)),
            }
        } else if let Some(map) = to.as_object::<Map>() {
            map.insert(
                &mut self.heap,
                Value::int((random % if random.is_multiple_of(2) { 4 } else { 1500 }) as i64),
                value,
            );
        } else if let Some(instance) = to.as_object::<Instance>() {
            self.heap.store(&instance.fields()[1 + random % 2], value);
        }
    }

    /// One step of a collection, or its beginning; whether it has ended.
    fn step(&mut self) -> bool {
        if !self.heap.is_marking() {
            self.heap.begin();
            let Program { heap, registers, node, .. } = self;
            heap.mark(|marker| {
                marker.object(*node);
                marker.values(registers);
            });
        }
        let work = 1 + self.random.below(1200);
        if !self.heap.mark(|marker| marker.drain(marker.work() + work)) {
            return false;
        }
        self.heap.finish();
        self.heap.pages.poison_free_slots(&mut self.heap.reaper);
        if let Err(corruption) = self.heap.verify() {
            panic!("{corruption}");
        }
        for value in self.registers.iter().filter(|value| value.is_object()) {
            // SAFETY: an object of this heap, or what was left of it.
            let (is_marked, kind) = unsafe {
                let object = value.bits as *mut Header;
                (pages::is_marked(object), (*object).kind)
            };
            assert!(is_marked && kind as u64 == value.tag.number(), "a register leads to what was freed");
        }
        true
    }
}

#[test]
fn what_a_program_holds_survives_collections_in_steps() {
    for seed in 1..=16 {
        let mut program = Program::new(seed);
        let mut ended = 0;
        for _ in 0..6_000 {
            match program.below(10) {
                0..3 => program.make(),
                3..6 => program.load(),
                6..8 => program.store(),
                8 => program.set(Value::NIL),
                _ => ended += program.step() as u32,
            }
        }
        assert!(ended > 10, "only {ended} collections have ended");
        while program.heap.is_marking() {
            program.step();
        }
        // What has died meanwhile is freed by the next one at the latest.
        program.registers.fill(Value::NIL);
        let node = program.node;
        collect(&mut program.heap, &[node.into()]);
        assert_eq!(program.heap.stats().live_objects, 5);
    }
}

#[test]
fn new_objects_outlive_the_collection_that_is_under_way() {
    let mut heap = Heap::new(3);
    let kept = heap.list(&[]);
    heap.begin();
    heap.mark(|marker| marker.object(kept));
    let inner = heap.str("inner");
    let new = heap.list(&[inner.into()]);
    let large = heap.list(&vec![new.into(); 100_000]);
    kept.push(&mut heap, large.into());
    let lost = heap.list(&[]);
    heap.finish();
    // The three of them and what nobody has.
    assert_eq!(heap.stats().live_objects, 5);
    assert!(lost.is_empty());
    collect(&mut heap, &[kept.into()]);
    assert_eq!(heap.stats().live_objects, 4);
    assert_eq!(new.get(0).unwrap().as_text(), Some("inner"));
}

#[test]
fn a_text_that_is_found_again_is_kept() {
    let mut heap = Heap::new(4);
    let old = heap.intern("old");
    heap.intern("unused");
    heap.begin();
    assert!(heap.intern("old") == old);
    heap.finish();
    assert!(heap.find_interned("old") == Some(old) && heap.find_interned("unused").is_none());
}

/// What `take` gets out of an object that the collection under way has not looked at survives.
fn taken_out(holder: impl Fn(&mut Heap, Value) -> Value, take: impl Fn(&mut Heap, Value) -> Value) {
    let mut heap = Heap::new(5);
    let inner = heap.str("inner").into();
    let held = heap.list(&[inner]).into();
    let holder = holder(&mut heap, held);
    heap.begin();
    heap.mark(|marker| marker.value(holder));
    let taken = take(&mut heap, holder);
    heap.finish();
    heap.pages.poison_free_slots(&mut heap.reaper);
    let list = taken.as_object::<List>().unwrap();
    assert_eq!(list.get(0).unwrap().as_text(), Some("inner"));
    // SAFETY: an object of this heap, whose place was not given away.
    assert!(unsafe { pages::is_marked(list.as_ptr().cast()) });
}

#[test]
fn what_is_taken_out_of_something_survives() {
    let list = |heap: &mut Heap, held: Value| heap.list(&[Value::NIL, held]).into();
    let of = |value: Value| value.as_object::<List>().unwrap();
    taken_out(list, |heap, holder| of(holder).pop(heap).unwrap());
    taken_out(list, |heap, holder| of(holder).remove(heap, 1));
    taken_out(list, |heap, holder| {
        let held = of(holder).get(1).unwrap();
        of(holder).clear(heap);
        held
    });
    taken_out(list, |heap, holder| {
        let held = of(holder).get(1).unwrap();
        of(holder).truncate(heap, 1);
        held
    });
    taken_out(list, |heap, holder| {
        let held = of(holder).get(1).unwrap();
        of(holder).set(heap, 1, Value::NIL);
        held
    });

    let key = Value::int(1);
    let map = |heap: &mut Heap, held: Value| {
        let map = heap.map();
        map.insert(heap, key, held);
        map.into()
    };
    let of = |value: Value| value.as_object::<Map>().unwrap();
    taken_out(map, |heap, holder| of(holder).remove(heap, key).unwrap());
    taken_out(map, |heap, holder| {
        let held = of(holder).get(key).unwrap();
        of(holder).insert(heap, key, Value::NIL);
        held
    });
    taken_out(map, |heap, holder| {
        let held = of(holder).get(key).unwrap();
        of(holder).clear(heap);
        held
    });
}

#[test]
fn long_lists_may_move_while_they_are_looked_at_in_parts() {
    type Change = fn(&List, &mut Heap);
    let changes: [Change; 4] = [
        |list, heap| (0..50).for_each(|_| list.insert(heap, 0, Value::NIL)),
        |list, heap| (0..50).for_each(|_| list.insert(heap, 1000, Value::NIL)),
        |list, heap| list.reverse(heap),
        |list, heap| [0, 700].into_iter().for_each(|at| assert!(!list.remove(heap, at).is_nil())),
    ];
    for change in changes {
        let mut heap = Heap::new(6);
        let items: Vec<Value> = (0..5000).map(|i| heap.list(&[Value::int(i)]).into()).collect();
        let list = heap.list(&items);
        heap.begin();
        heap.mark(|marker| {
            marker.object(list);
            assert!(!marker.drain(9000), "all was looked at already");
        });
        change(&list, &mut heap);
        heap.finish();
        for item in list.as_slice().iter().chain(&items).filter(|item| item.is_object()) {
            // SAFETY: an object of this heap, whose place was not given away.
            assert!(unsafe { pages::is_marked(item.bits as *mut Header) });
        }
    }
}
