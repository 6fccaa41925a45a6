const parts = []
for (let i = 0; i < 600000; i++) parts.push(`item ${i}: ${i * 2}`)
const text = parts.join(',')
const words = text.split(',')
const seen = new Map()
for (const word of words) {
  const key = word.slice(0, 8)
  seen.set(key, (seen.get(key) ?? 0) + 1)
}
console.log(text.length, words.length, seen.size)
