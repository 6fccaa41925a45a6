// The class Channel of channel.js, and a select that takes from the first channel that has a value.
class Channel {
  constructor(capacity) { this.capacity = capacity; this.values = []; this.receivers = []; this.senders = [] }
  send(value) {
    this.values.push(value)
    const receiver = this.receivers.shift()
    if (receiver) receiver()
    if (this.values.length > this.capacity) return new Promise(resolve => this.senders.push(resolve))
  }
  tryRecv() {
    const value = this.values.shift()
    const sender = this.senders.shift()
    if (sender) sender()
    return value
  }
}
function select(...channels) {
  for (const ch of channels) if (ch.values.length > 0) return ch.tryRecv()
  return new Promise(resolve => {
    const receivers = channels.map(ch => () => {
      channels.forEach((other, i) => { if (other !== ch) other.receivers.splice(other.receivers.indexOf(receivers[i]), 1) })
      resolve(ch.tryRecv())
    })
    channels.forEach((ch, i) => ch.receivers.push(receivers[i]))
  })
}

async function produce(ch, n, sign) { for (let i = 0; i < n; i++) await ch.send(i * sign) }
async function main() {
  const n = 500_000
  const up = new Channel(1), down = new Channel(1)
  produce(up, n, 2)
  produce(down, n, -1)
  let sum = 0
  for (let i = 0; i < 2 * n; i++) sum += await select(up, down)
  console.log(sum)
}
main()
