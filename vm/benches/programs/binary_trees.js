class Node { constructor(left, right) { this.left = left; this.right = right } }
function make(depth) { return depth === 0 ? new Node(null, null) : new Node(make(depth - 1), make(depth - 1)) }
function count(node) { return node.left === null ? 1 : 1 + count(node.left) + count(node.right) }
let total = 0
const long = make(16)
for (const depth of [4, 8, 12]) {
  for (let i = 0; i < 1 << (18 - depth); i++) total += count(make(depth))
}
console.log(total + count(long))
