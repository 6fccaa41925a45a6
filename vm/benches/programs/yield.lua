local function turn(n) return coroutine.create(function() for _ = 1, n do coroutine.yield() end return n end) end
local queue, sum = { turn(5000000), turn(5000000) }, 0
while #queue > 0 do
  local t = table.remove(queue, 1)
  local _, v = coroutine.resume(t)
  if coroutine.status(t) == "dead" then sum = sum + v else queue[#queue + 1] = t end
end
print(string.format("%d", sum))
