local Counter = {}
Counter.__index = Counter
function Counter.new() return setmetatable({ value = 0, step = 1 }, Counter) end
function Counter:advance() self.value = self.value + self.step end
function Counter:get() return self.value end
local c = Counter.new()
local sum = 0
for _ = 1, 15000000 do c:advance(); sum = sum + c:get() end
print(string.format("%d", sum))
