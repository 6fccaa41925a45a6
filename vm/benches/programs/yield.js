async function turn(n) { for (let i = 0; i < n; i++) await null; return n }
const a = turn(5_000_000), b = turn(5_000_000)
Promise.all([a, b]).then(([a, b]) => console.log(a + b))
