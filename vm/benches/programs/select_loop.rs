use smol::{
    LocalExecutor,
    channel::{Sender, bounded},
    future,
};

async fn produce(sender: Sender<i64>, n: i64, sign: i64) {
    for i in 0..n {
        sender.send(i * sign).await.unwrap();
    }
    // Keeps the channel open, as the loop below counts.
    future::pending().await
}

fn main() {
    let n = 500_000;
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let (up_sender, up) = bounded(1);
        let (down_sender, down) = bounded(1);
        executor.spawn(produce(up_sender, n, 2)).detach();
        executor.spawn(produce(down_sender, n, -1)).detach();
        let mut sum = 0;
        for _ in 0..2 * n {
            sum += future::or(up.recv(), down.recv()).await.unwrap();
        }
        sum
    }));
    println!("{sum}");
}
