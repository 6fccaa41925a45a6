class Three extends Error { constructor() { super('three'); this.kind = 'Three' } }
function check(n) { if (n % 3 === 0) throw new Three(); return n }
let sum = 0
for (let i = 0; i < 3000000; i++) {
  try { sum += check(i) } catch (e) { sum += 1 }
}
console.log(sum)
