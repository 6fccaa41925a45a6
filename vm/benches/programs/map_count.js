const words = Array.from({ length: 2000 }, (_, i) => `word${i * 7919 % 2000}`)
const seen = new Map(), buckets = new Map()
let seed = 42
for (let i = 0; i < 1500000; i++) {
  seed = seed * 16807 % 2147483647
  const word = words[seed % 2000]
  seen.set(word, (seen.get(word) ?? 0) + 1)
  const bucket = seed % 10007
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
}
let most = 0
for (const count of seen.values()) if (count > most) most = count
console.log(seen.size, buckets.size, most)
