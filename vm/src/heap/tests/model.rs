//! A random program of allocations, stores and collections beside a model that counts what is reachable.

use std::collections::HashMap;

use super::*;

/// xorshift64*
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n
    }
}

/// Numbered nodes: lists, maps, sets, instances, cells and texts that know their number, and what they refer to.
#[derive(Default)]
struct Graph {
    nodes: HashMap<usize, (Value, Vec<usize>)>,
    next: usize,
    roots: Vec<usize>,
}

impl Graph {
    fn reachable(&self) -> HashMap<usize, (Value, Vec<usize>)> {
        let mut reached = HashMap::new();
        let mut open = self.roots.clone();
        while let Some(number) = open.pop() {
            let node = &self.nodes[&number];
            if reached.insert(number, node.clone()).is_none() {
                open.extend(&node.1);
            }
        }
        reached
    }
}

/// The children of a node as the heap has them, and its number.
fn read(value: Value) -> (usize, Vec<Value>) {
    let split = |values: &[Value]| (values[0].int_bits() as usize, values[1..].to_vec());
    if let Some(list) = value.as_object::<List>() {
        split(list.as_slice())
    } else if let Some(instance) = value.as_object::<Instance>() {
        split(&instance.fields().iter().map(Cell::get).filter(|field| !field.is_nil()).collect::<Vec<_>>())
    } else if let Some(map) = value.as_object::<Map>() {
        split(&map.values())
    } else if let Some(set) = value.as_object::<Set>() {
        split(&set.keys())
    } else {
        let text = value.as_text().unwrap();
        (text.trim_end_matches('.').parse().unwrap(), Vec::new())
    }
}

fn run(seed: u64, steps: usize) {
    let mut random = Random(seed | 1);
    let mut heap = Heap::new(seed);
    let pair = {
        let names: Vec<Value> = ["id", "a", "b", "c"].iter().map(|name| heap.intern(name).into()).collect();
        heap.struct_type(ShapeInit { name: "Node", fields: &names, required: 4, methods: &[] })
    };
    let mut graph = Graph::default();
    for step in 0..steps {
        let number = graph.next;
        graph.next += 1;
        let id = Value::int(number as i64);
        // Children are among the nodes that were reachable lately.
        let children: Vec<usize> = (0..random.below(4))
            .filter_map(|_| {
                let root = *graph.roots.get(random.below(graph.roots.len().max(1)))?;
                let node = &graph.nodes[&root].1;
                Some(if node.is_empty() || random.below(2) == 0 {
                    root
                } else {
                    node[random.below(node.len())]
                })
            })
            .collect();
        let values: Vec<Value> = children.iter().map(|child| graph.nodes[child].0).collect();
        let (value, children) = match random.below(6) {
            0 => {
                let list = heap.list(&[id]);
                values.iter().for_each(|&value| list.push(&mut heap, value));
                (list.into(), children)
            }
            1 => {
                let mut fields = [id, Value::NIL, Value::NIL, Value::NIL];
                fields[1..=values.len()].copy_from_slice(&values);
                (heap.instance(pair.shape, &fields).into(), children)
            }
            2 => {
                let map = heap.map();
                map.insert(&mut heap, Value::int(-1), id);
                for (i, &value) in values.iter().enumerate() {
                    map.insert(&mut heap, Value::int(i as i64), value);
                }
                (map.into(), children)
            }
            3 => {
                let set = heap.set();
                set.insert(&mut heap, id);
                let mut kept = Vec::new();
                for (&value, child) in values.iter().zip(children) {
                    // Texts are members by content, which is the number, so they differ, too.
                    if set.insert(&mut heap, value) {
                        kept.push(child);
                    }
                }
                (set.into(), kept)
            }
            4 => (heap.str(&format!("{number}{}", ".".repeat(random.below(100)))).into(), Vec::new()),
            _ => {
                let length = if random.below(50) == 0 { 40_000 } else { random.below(3_000) };
                (heap.str(&format!("{number}{}", ".".repeat(length))).into(), Vec::new())
            }
        };
        graph.nodes.insert(number, (value, children));
        match random.below(5) {
            0..2 => graph.roots.push(number),
            2 if graph.roots.len() > 50 => {
                let gone = random.below(graph.roots.len());
                graph.roots.swap_remove(gone);
            }
            3 if !graph.roots.is_empty() => {
                // An old list gets a new child.
                let owner = graph.roots[random.below(graph.roots.len())];
                if let Some(list) = graph.nodes[&owner].0.as_object::<List>() {
                    list.push(&mut heap, value);
                    graph.nodes.get_mut(&owner).unwrap().1.push(number);
                }
            }
            _ => {}
        }
        if step % 500 == 499 || cfg!(feature = "gc-stress") && step % 20 == 0 {
            if random.below(4) == 0 {
                let keep = graph.roots.len() / 3;
                graph.roots.truncate(keep);
            }
            graph.nodes = graph.reachable();
            let mut roots: Vec<Value> = graph.roots.iter().map(|root| graph.nodes[root].0).collect();
            roots.push(pair.into());
            collect(&mut heap, &roots);
            // The type, its name and the names of its fields live, too.
            assert_eq!(heap.stats().live_objects, graph.nodes.len() + 6);
            for (number, (value, children)) in &graph.nodes {
                let (found, values) = read(*value);
                assert_eq!(found, *number);
                assert_eq!(values.len(), children.len());
                assert!(
                    values.iter().zip(children).all(|(value, child)| value.is_same(graph.nodes[child].0))
                );
            }
        } else if step % 500 == 250 {
            // Without overwriting and reaping everything first.
            let values: Vec<Value> = graph.reachable().values().map(|node| node.0).collect();
            heap.collect(|marker| {
                marker.object(pair);
                marker.values(&values)
            });
            graph.nodes = graph.reachable();
        }
    }
}

#[test]
fn random_programs_keep_what_they_reach() {
    for seed in 1..=20 {
        run(seed * 7919, 4_000);
    }
}
