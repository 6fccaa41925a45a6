use smol::{LocalExecutor, Timer};
use std::time::Duration;

async fn work(id: u64) -> u64 {
    let mut seed = id + 1;
    for _ in 0..10 {
        seed = seed * 16807 % 2147483647;
        Timer::after(Duration::from_secs_f64(seed as f64 / 2147483647.0 * 0.01)).await;
    }
    seed % 1000
}

fn main() {
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let tasks: Vec<_> = (0..100_000).map(|id| executor.spawn(work(id))).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    }));
    println!("{sum}");
}
