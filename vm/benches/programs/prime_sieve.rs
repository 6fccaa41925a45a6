// async-channel knows no capacity of 0; 1 is the nearest.
use smol::{
    LocalExecutor,
    channel::{Receiver, Sender, bounded},
};

async fn generate(to: Sender<u64>) {
    for i in 2.. {
        if to.send(i).await.is_err() {
            return;
        }
    }
}

async fn filter(from: Receiver<u64>, to: Sender<u64>, prime: u64) {
    while let Ok(i) = from.recv().await {
        if i % prime != 0 && to.send(i).await.is_err() {
            return;
        }
    }
}

fn main() {
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let (sender, mut receiver) = bounded(1);
        executor.spawn(generate(sender)).detach();
        let mut sum = 0;
        for _ in 0..2000 {
            let prime = receiver.recv().await.unwrap();
            sum += prime;
            let (sender, next) = bounded(1);
            executor.spawn(filter(receiver, sender, prime)).detach();
            receiver = next;
        }
        sum
    }));
    println!("{sum}");
}
