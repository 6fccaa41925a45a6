local sum = 0
for i = 0, 40000000 - 1 do if i % 3 == 0 then sum = sum + i else sum = sum - 1 end end
local n = 0
while n < 20000000 do n = n + 2 end
print(string.format("%d %d", sum, n))
