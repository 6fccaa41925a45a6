async function deep(n) {
  if (n === 0) { await null; return 0 }
  return await deep(n - 1) + 1
}
async function main() {
  let sum = 0
  for (let i = 0; i < 3000; i++) sum += await deep(1000)
  console.log(sum)
}
main()
