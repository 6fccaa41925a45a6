local function check(n) if n % 3 == 0 then error({ message = "three", kind = "Three" }) end return n end
local sum = 0
for i = 0, 2999999 do
  local ok, v = pcall(check, i)
  if ok then sum = sum + v else sum = sum + 1 end
end
print(string.format("%d", sum))
