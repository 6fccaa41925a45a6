local floor = math.floor
local function quicksort(xs, low, high)
  local i, j = low, high
  local pivot = xs[floor((low + high) / 2)]
  while i <= j do
    while xs[i] < pivot do i = i + 1 end
    while xs[j] > pivot do j = j - 1 end
    if i <= j then xs[i], xs[j] = xs[j], xs[i]; i = i + 1; j = j - 1 end
  end
  if low < j then quicksort(xs, low, j) end
  if i < high then quicksort(xs, i, high) end
end
local seed, xs = 42, {}
for i = 1, 1000000 do seed = (seed * 16807) % 2147483647; xs[i] = seed end
quicksort(xs, 1, #xs)
local ok = true
for i = 2, #xs do if xs[i - 1] > xs[i] then ok = false end end
print(tostring(ok) .. " " .. xs[1] .. " " .. xs[#xs])
