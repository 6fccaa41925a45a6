class Counter {
  constructor() { this.value = 0; this.step = 1 }
  advance() { this.value += this.step }
  get() { return this.value }
}
const c = new Counter()
let sum = 0
for (let i = 0; i < 15000000; i++) { c.advance(); sum += c.get() }
console.log(sum)
