class Mutex {
  constructor() { this.locked = false; this.waiters = [] }
  lock() {
    if (!this.locked) { this.locked = true; return }
    return new Promise(resolve => this.waiters.push(resolve))
  }
  unlock() {
    const waiter = this.waiters.shift()
    if (waiter) waiter(); else this.locked = false
  }
}

let count = 0
async function work(lock, n) {
  for (let i = 0; i < n; i++) {
    await lock.lock()
    const seen = count
    await null
    count = seen + 1
    lock.unlock()
  }
}
async function main() {
  const lock = new Mutex()
  await Promise.all(Array.from({ length: 1000 }, () => work(lock, 1000)))
  console.log(count)
}
main()
