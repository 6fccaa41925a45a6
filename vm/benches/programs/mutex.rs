use smol::{LocalExecutor, future, lock::Mutex};

async fn work(count: &Mutex<u64>, n: u64) {
    for _ in 0..n {
        let mut count = count.lock().await;
        let seen = *count;
        future::yield_now().await;
        *count = seen + 1;
    }
}

fn main() {
    let count = Mutex::new(0);
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let tasks: Vec<_> = (0..1000).map(|_| executor.spawn(work(&count, 1000))).collect();
        for task in tasks {
            task.await;
        }
        *count.lock().await
    }));
    println!("{sum}");
}
