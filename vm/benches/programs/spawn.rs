use smol::LocalExecutor;

async fn work(x: u64) -> u64 {
    x * 2
}

fn main() {
    let executor = LocalExecutor::new();
    let sum = smol::block_on(executor.run(async {
        let mut sum = 0;
        for _ in 0..2000 {
            let tasks: Vec<_> = (0..1000).map(|j| executor.spawn(work(j))).collect();
            for task in tasks {
                sum += task.await;
            }
        }
        sum
    }));
    println!("{sum}");
}
