function fannkuch(n) {
  const order = Array.from({ length: n }, (_, i) => i), work = order.slice(), counts = new Array(n).fill(0)
  let most = 0, checksum = 0, even = true, r = n
  for (;;) {
    for (; r !== 1; r--) counts[r - 1] = r
    if (order[0] !== 0) {
      for (let i = 0; i < n; i++) work[i] = order[i]
      let flips = 0, first = work[0]
      while (first !== 0) {
        for (let i = 0, j = first; i < j; i++, j--) {
          const t = work[i]
          work[i] = work[j]
          work[j] = t
        }
        flips++
        first = work[0]
      }
      if (flips > most) most = flips
      if (even) checksum += flips; else checksum -= flips
    }
    even = !even
    for (;;) {
      if (r === n) return [checksum, most]
      const first = order[0]
      for (let i = 0; i < r; i++) order[i] = order[i + 1]
      order[r] = first
      if (--counts[r] > 0) break
      r++
    }
  }
}
const [checksum, most] = fannkuch(9)
console.log(checksum, most)
