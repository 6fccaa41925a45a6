local function counter() local n = 0; return function() n = n + 1; return n end end
local function compose(f, g) return function(x) return g(f(x)) end end
local next = counter()
local step = compose(function(x) return x + 1 end, function(x) return x * 2 end)
local sum = 0
for _ = 1, 8000000 do sum = sum + step(next()) % 7 end
print(string.format("%d", sum))
