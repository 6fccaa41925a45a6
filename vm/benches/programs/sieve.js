function sieve(n) {
  const prime = new Array(n + 1).fill(true)
  prime[0] = prime[1] = false
  for (let i = 2; i * i <= n; i++) {
    if (prime[i]) for (let j = i * i; j <= n; j += i) prime[j] = false
  }
  let count = 0
  for (const p of prime) if (p) count++
  return count
}
console.log(sieve(5000000))
