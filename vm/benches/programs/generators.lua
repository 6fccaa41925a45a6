local function numbers(n) return coroutine.wrap(function() for i = 0, n - 1 do coroutine.yield(i) end end) end
local sum = 0
for x in numbers(8000000) do sum = sum + x end
print(string.format("%d", sum))
