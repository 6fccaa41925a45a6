const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
// 1103515245 * seed passes 2^53: multiplied in two halves.
const next = seed => ((1103515245 * (seed >>> 16) % 32768) * 65536 + 1103515245 * (seed & 65535) + 12345) % 2147483648
async function work(id) {
  let seed = id
  for (let i = 0; i < 10; i++) {
    seed = next(seed)
    await sleep(seed / 2147483648 * 10)
  }
  return seed % 1000
}
async function main() {
  const tasks = []
  for (let id = 0; id < 100_000; id++) tasks.push(work(id))
  let sum = 0
  for (const t of tasks) sum += await t
  console.log(sum)
}
main()
