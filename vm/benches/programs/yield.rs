use smol::{LocalExecutor, future};

async fn turn(n: u64) -> u64 {
    for _ in 0..n {
        future::yield_now().await;
    }
    n
}

fn main() {
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let a = executor.spawn(turn(5_000_000));
        let b = executor.spawn(turn(5_000_000));
        a.await + b.await
    }));
    println!("{sum}");
}
