function* numbers(n) { for (let i = 0; i < n; i++) yield i }
let sum = 0
for (const x of numbers(8000000)) sum += x
console.log(sum)
