const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
async function work(id) {
  let seed = id + 1
  for (let i = 0; i < 10; i++) {
    seed = seed * 16807 % 2147483647
    await sleep(seed / 2147483647 * 10)
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
