local sum = 0
for _ = 1, 2000 do
  local tasks = {}
  for j = 0, 999 do tasks[#tasks + 1] = coroutine.create(function(x) return x * 2 end) end
  for j, t in ipairs(tasks) do local _, v = coroutine.resume(t, j - 1); sum = sum + v end
end
print(string.format("%d", sum))
