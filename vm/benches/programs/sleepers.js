const sleep = seconds => new Promise(resolve => setTimeout(resolve, seconds * 1000))
async function nap() { await sleep(2); return 1 }
async function main() {
  const tasks = []
  for (let i = 0; i < 1_000_000; i++) tasks.push(nap())
  let sum = 0
  for (const t of tasks) sum += await t
  console.log(sum)
}
main()
