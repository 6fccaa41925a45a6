function counter() { let n = 0; return () => { n += 1; return n } }
function compose(f, g) { return x => g(f(x)) }
const next = counter()
const step = compose(x => x + 1, x => x * 2)
let sum = 0
for (let i = 0; i < 8000000; i++) sum += step(next()) % 7
console.log(sum)
