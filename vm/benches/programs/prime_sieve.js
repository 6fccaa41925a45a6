class Channel {
  constructor() { this.receivers = []; this.senders = [] }
  send(value) {
    const receiver = this.receivers.shift()
    if (receiver) { receiver(value); return }
    return new Promise(resolve => this.senders.push({ resolve, value }))
  }
  recv() {
    const sender = this.senders.shift()
    if (sender) { sender.resolve(); return sender.value }
    return new Promise(resolve => this.receivers.push(resolve))
  }
}

async function generate(ch) { for (let i = 2; ; i++) await ch.send(i) }
async function filter(from, to, prime) {
  for (;;) {
    const i = await from.recv()
    if (i % prime !== 0) await to.send(i)
  }
}
async function main() {
  let ch = new Channel()
  generate(ch)
  let sum = 0
  for (let i = 0; i < 2000; i++) {
    const prime = await ch.recv()
    sum += prime
    const next = new Channel()
    filter(ch, next, prime)
    ch = next
  }
  console.log(sum)
  process.exit(0)
}
main()
