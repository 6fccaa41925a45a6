let sum = 0
for (let i = 0; i < 40000000; i++) { if (i % 3 === 0) sum += i; else sum -= 1 }
let n = 0
while (n < 20000000) n += 2
console.log(sum, n)
