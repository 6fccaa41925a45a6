use smol::{LocalExecutor, future};

async fn deep(n: u64) -> u64 {
    if n == 0 {
        future::yield_now().await;
        return 0;
    }
    Box::pin(deep(n - 1)).await + 1
}

fn main() {
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let mut sum = 0;
        for _ in 0..3000 {
            sum += deep(1000).await;
        }
        sum
    }));
    println!("{sum}");
}
