//! Micro-benches of the hot paths: `cargo bench -p co-vm --bench micro [-- FILTER]`.
//!
//! Stages of the front end and structures of the heap are called directly. What needs tasks runs as a program of a few
//! lines under the virtual clock, so that nothing waits; what is timed is its run alone.

use std::{
    io,
    path::{Path, PathBuf},
};

use co_lang::{
    lexer,
    modules::{Entry, LoadError, Program, SourceLoader, load_program},
    parser,
    source::SourceId,
};
use co_vm::{
    engine::{Engine, Options, Progress},
    heap::Heap,
    host::{Host, Operation},
    value::Value,
};
use divan::{Bencher, black_box, counter::ItemsCount};

fn main() {
    divan::main();
}

/// A world in which nothing can be seen and time stands still.
struct Nowhere;

impl Host for Nowhere {
    fn write_out(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn flush_out(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn write_err(&mut self, _: &[u8]) {}
    fn monotonic_ns(&self) -> u64 {
        0
    }
    fn unix_seconds(&self) -> f64 {
        0.0
    }
    fn hash_seed(&self) -> u64 {
        1
    }
    fn random_seed(&mut self) -> u64 {
        1
    }
    fn read_line(&mut self) -> Operation {
        Box::pin(std::future::pending())
    }
}

struct NoFiles;

impl SourceLoader for NoFiles {
    fn resolve(&self, _: Option<&Path>, _: &str) -> Result<PathBuf, LoadError> {
        Err(LoadError { message: "no files here".to_string() })
    }
    fn load(&self, _: &Path) -> Result<String, LoadError> {
        Err(LoadError { message: "no files here".to_string() })
    }
}

fn engine() -> Engine {
    Engine::new(Box::new(Nowhere), Options { virtual_time: true, ..Options::default() })
}

fn checked(engine: &Engine, text: &str) -> Program {
    match load_program(Entry::Text { name: "bench", text }, &NoFiles, engine.prelude()) {
        Ok((program, _)) => program,
        Err(error) => panic!("{}", error.message),
    }
}

/// Times the run of a program, from its start to its end.
fn run(bencher: Bencher, items: usize, text: &str) {
    let ready = || {
        let mut engine = engine();
        let program = checked(&engine, text);
        assert!(engine.load(&program).is_ok(), "does not compile: {text}");
        engine.start();
        engine
    };
    bencher.counter(ItemsCount::new(items)).with_inputs(ready).bench_local_refs(|engine| {
        let Progress::Done(exit) = engine.run_until_idle() else { panic!("waits under the virtual clock") };
        assert_eq!(exit.status, 0);
    });
}

/// Two hundred copies of the unit that the front end's own bench repeats: some 11,000 lines.
fn generated() -> String {
    let unit = include_str!("../../lang/examples/front_end_unit.co");
    (0..200).map(|index| unit.replace("NN", &index.to_string())).collect()
}

mod front_end {
    use super::*;

    #[divan::bench]
    fn lex(bencher: Bencher) {
        let text = generated();
        bencher.counter(ItemsCount::new(text.lines().count())).bench_local(|| lexer::lex(black_box(&text)));
    }

    #[divan::bench]
    fn parse(bencher: Bencher) {
        let text = generated();
        bencher
            .counter(ItemsCount::new(text.lines().count()))
            .bench_local(|| parser::parse(SourceId(0), black_box(&text)));
    }

    /// Lexer, parser, resolver and checks.
    #[divan::bench]
    fn check(bencher: Bencher) {
        let text = generated();
        let engine = engine();
        bencher
            .counter(ItemsCount::new(text.lines().count()))
            .bench_local(|| checked(&engine, black_box(&text)));
    }

    /// From the checked tree to bytecode.
    #[divan::bench]
    fn compile(bencher: Bencher) {
        let text = generated();
        let program = checked(&engine(), &text);
        bencher
            .counter(ItemsCount::new(text.lines().count()))
            .with_inputs(engine)
            .bench_local_refs(|engine| assert!(engine.load(&program).is_ok()));
    }

    /// What a program pays before its first instruction.
    #[divan::bench]
    fn new_engine() -> Engine {
        engine()
    }
}

mod heap {
    use super::*;

    const SIZES: [i64; 3] = [8, 1000, 100_000];

    #[divan::bench(args = SIZES)]
    fn map_get_int(bencher: Bencher, size: i64) {
        let mut heap = Heap::new(1);
        let map = heap.map();
        (0..size).for_each(|key| {
            map.insert(&mut heap, Value::int(key), Value::int(key));
        });
        bencher.counter(ItemsCount::new(size as usize)).bench_local(|| {
            (0..size).filter(|key| map.get(Value::int(*key * 7919 % size)).is_some()).count()
        });
    }

    #[divan::bench(args = SIZES)]
    fn map_get_str(bencher: Bencher, size: i64) {
        let mut heap = Heap::new(1);
        let map = heap.map();
        let keys: Vec<Value> = (0..size).map(|key| heap.str(&format!("key {key}")).into()).collect();
        for key in &keys {
            map.insert(&mut heap, *key, Value::int(1));
        }
        bencher
            .counter(ItemsCount::new(size as usize))
            .bench_local(|| keys.iter().filter(|key| map.get(**key).is_some()).count());
    }

    #[divan::bench(args = SIZES)]
    fn map_insert_int(bencher: Bencher, size: i64) {
        let fresh = || Heap::new(1);
        bencher.counter(ItemsCount::new(size as usize)).with_inputs(fresh).bench_local_refs(|heap| {
            let map = heap.map();
            for key in 0..size {
                map.insert(heap, Value::int(key * 7919), Value::int(key));
            }
        });
    }

    /// Includes the sweep that many short-lived strings ask for.
    #[divan::bench]
    fn concat(bencher: Bencher) {
        let text = "
            fn main() {
                let word = \"number \"
                let tail = \" of many\"
                var last = \"\"
                for i in 0..10_000 { last = word + tail + word }
                print(last)
            }
            main()";
        run(bencher, 20_000, text);
    }

    #[divan::bench]
    fn interpolate(bencher: Bencher) {
        let text = "fn main() { var last = \"\"; for i in 0..10_000 { last = \"item {i} of {i + 1}\" } print(last) }\nmain()";
        run(bencher, 10_000, text);
    }
}

mod tasks {
    use super::*;

    #[divan::bench]
    fn spawn_and_join(bencher: Bencher) {
        let text = "
            async fn work(x) { x }
            async fn main() {
                for _ in 0..10 {
                    let tasks = []
                    for j in 0..1000 { tasks.push(spawn work(j)) }
                    for t in tasks { await t }
                }
            }
            await main()";
        run(bencher, 10_000, text);
    }

    #[divan::bench]
    fn switch(bencher: Bencher) {
        let text = "
            async fn turn(n) { for _ in 0..n { await sleep(0) } }
            let a = spawn turn(5000)
            let b = spawn turn(5000)
            await a
            await b";
        run(bencher, 10_000, text);
    }

    #[divan::bench(args = [0, 1, 100])]
    fn channel(bencher: Bencher, capacity: usize) {
        let text = "
            async fn produce(ch, n) {
                for i in 0..n { await ch.send(i) }
                ch.close()
            }
            async fn main() {
                let ch = channel(CAPACITY)
                spawn produce(ch, 10_000)
                var sum = 0
                for await x in ch { sum += x }
            }
            await main()";
        run(bencher, 10_000, &text.replace("CAPACITY", &capacity.to_string()));
    }

    #[divan::bench]
    fn select(bencher: Bencher) {
        let text = "
            async fn produce(ch, n) { for i in 0..n { await ch.send(i) } }
            async fn main() {
                let a = channel(1)
                let b = channel(1)
                spawn produce(a, 5000)
                spawn produce(b, 5000)
                for _ in 0..10_000 {
                    await select {
                        x = a.recv() => x
                        x = b.recv() => x
                    }
                }
            }
            await main()";
        run(bencher, 10_000, text);
    }

    /// Deadlines from one nanosecond to a day, so that all levels of the wheel are used.
    #[divan::bench(args = [100, 10_000])]
    fn timers(bencher: Bencher, count: usize) {
        let text = "
            async fn nap(d) { await sleep(d) }
            async fn main() {
                var seed = 42
                let tasks = []
                for _ in 0..COUNT {
                    seed = seed * 16807 % 2147483647
                    tasks.push(spawn nap(10.0 ** (seed % 14 - 9) * (1 + seed % 1000 / 1000)))
                }
                for t in tasks { await t }
            }
            await main()";
        run(bencher, count, &text.replace("COUNT", &count.to_string()));
    }

    #[divan::bench]
    fn cancelled_timers(bencher: Bencher) {
        let text = "
            async fn main() {
                for i in 0..10_000 { await timeout(1h, sleep(0)) }
            }
            await main()";
        run(bencher, 10_000, text);
    }
}
