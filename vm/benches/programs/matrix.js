function matrix(n, seed) {
  const rows = []
  for (let i = 0; i < n; i++) {
    const row = []
    for (let j = 0; j < n; j++) row.push((i - j) * (i + j) * seed)
    rows.push(row)
  }
  return rows
}
function multiply(a, b) {
  const n = b[0].length
  const product = []
  for (const row of a) {
    const out = new Array(n).fill(0)
    for (let k = 0; k < row.length; k++) {
      const x = row[k], other = b[k]
      for (let j = 0; j < n; j++) out[j] += x * other[j]
    }
    product.push(out)
  }
  return product
}
const n = 300
const product = multiply(matrix(n, 1 / n / n), matrix(n, 2 / n / n))
let trace = 0
for (let i = 0; i < n; i++) trace += product[i][i]
console.log(trace.toFixed(6))
