use smol::{LocalExecutor, Timer, future};
use std::{cell::Cell, time::Duration};

struct Ended<'a>(&'a Cell<u64>);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

async fn work(ended: &Cell<u64>) {
    let _ended = Ended(ended);
    Timer::after(Duration::from_secs(3600)).await;
}

fn main() {
    let ended = Cell::new(0);
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(async {
        for _ in 0..300 {
            let tasks: Vec<_> = (0..1000).map(|_| executor.spawn(work(&ended))).collect();
            // The executor runs its queue in order, so all tasks have started after one turn.
            executor.spawn(future::ready(())).await;
            for task in tasks {
                task.cancel().await;
            }
        }
    }));
    println!("{}", ended.get());
}
