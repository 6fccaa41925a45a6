function quicksort(xs, low, high) {
  let i = low, j = high
  const pivot = xs[(low + high) >> 1]
  while (i <= j) {
    while (xs[i] < pivot) i++
    while (xs[j] > pivot) j--
    if (i <= j) {
      const t = xs[i]
      xs[i++] = xs[j]
      xs[j--] = t
    }
  }
  if (low < j) quicksort(xs, low, j)
  if (i < high) quicksort(xs, i, high)
}
let seed = 42
const xs = []
for (let i = 0; i < 1000000; i++) { seed = (seed * 16807) % 2147483647; xs.push(seed) }
quicksort(xs, 0, xs.length - 1)
let ok = true
for (let i = 1; i < xs.length; i++) if (xs[i - 1] > xs[i]) ok = false
console.log(ok, xs[0], xs[xs.length - 1])
