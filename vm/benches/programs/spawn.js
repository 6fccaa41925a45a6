async function work(x) { await null; return x * 2 }
async function main() {
  let sum = 0
  for (let i = 0; i < 2000; i++) {
    const tasks = []
    for (let j = 0; j < 1000; j++) tasks.push(work(j))
    for (const t of tasks) sum += await t
  }
  console.log(sum)
}
main()
