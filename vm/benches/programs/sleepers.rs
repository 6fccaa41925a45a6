use smol::{LocalExecutor, Timer};
use std::time::Duration;

async fn nap() -> u64 {
    Timer::after(Duration::from_secs(2)).await;
    1
}

fn main() {
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let tasks: Vec<_> = (0..1_000_000).map(|_| executor.spawn(nap())).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    }));
    println!("{sum}");
}
