use smol::{LocalExecutor, channel};

async fn produce(sender: channel::Sender<u64>, n: u64) {
    for i in 0..n {
        sender.send(i).await.unwrap();
    }
}

async fn consume(receiver: channel::Receiver<u64>) -> u64 {
    let mut sum = 0;
    while let Ok(x) = receiver.recv().await {
        sum += x;
    }
    sum
}

fn main() {
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let (sender, receiver) = channel::bounded(1);
        executor.spawn(produce(sender, 4_000_000)).detach();
        consume(receiver).await
    }));
    println!("{sum}");
}
