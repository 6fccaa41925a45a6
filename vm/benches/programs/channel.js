class Channel {
  constructor(capacity) { this.capacity = capacity; this.values = []; this.receivers = []; this.senders = []; this.closed = false }
  send(value) {
    const receiver = this.receivers.shift()
    if (receiver) { receiver(value); return }
    this.values.push(value)
    if (this.values.length > this.capacity) return new Promise(resolve => this.senders.push(resolve))
  }
  recv() {
    if (this.values.length > 0) {
      const value = this.values.shift()
      const sender = this.senders.shift()
      if (sender) sender()
      return value
    }
    if (!this.closed) return new Promise(resolve => this.receivers.push(resolve))
  }
  close() { this.closed = true; for (const receiver of this.receivers) receiver(undefined) }
}

async function produce(ch, n) { for (let i = 0; i < n; i++) await ch.send(i); ch.close() }
async function consume(ch) {
  let sum = 0
  for (let x; (x = await ch.recv()) !== undefined;) sum += x
  return sum
}
const ch = new Channel(1)
produce(ch, 4_000_000)
consume(ch).then(sum => console.log(sum))
