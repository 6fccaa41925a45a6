function a(i, j) { return 1 / (((i + j) * (i + j + 1) >> 1) + i + 1) }
function multiply(n, v, out) {
  for (let i = 0; i < n; i++) {
    let sum = 0
    for (let j = 0; j < n; j++) sum += a(i, j) * v[j]
    out[i] = sum
  }
}
function multiplyTransposed(n, v, out) {
  for (let i = 0; i < n; i++) {
    let sum = 0
    for (let j = 0; j < n; j++) sum += a(j, i) * v[j]
    out[i] = sum
  }
}
const n = 400
const u = new Float64Array(n).fill(1), v = new Float64Array(n), t = new Float64Array(n)
for (let k = 0; k < 10; k++) {
  multiply(n, u, t)
  multiplyTransposed(n, t, v)
  multiply(n, v, t)
  multiplyTransposed(n, t, u)
}
let uv = 0, vv = 0
for (let i = 0; i < n; i++) {
  uv += u[i] * v[i]
  vv += v[i] * v[i]
}
console.log(Math.sqrt(uv / vv).toFixed(9))
