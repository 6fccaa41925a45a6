local function make(depth)
  if depth == 0 then return { left = nil, right = nil } end
  return { left = make(depth - 1), right = make(depth - 1) }
end
local function count(node)
  if not node.left then return 1 end
  return 1 + count(node.left) + count(node.right)
end
local total = 0
local long = make(16)
for _, depth in ipairs({ 4, 8, 12 }) do
  for _ = 1, 2 ^ (18 - depth) do total = total + count(make(depth)) end
end
print(total + count(long))
