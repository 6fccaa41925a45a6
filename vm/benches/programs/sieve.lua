local function sieve(n)
  local prime = {}
  for i = 0, n do prime[i] = true end
  prime[0] = false; prime[1] = false
  local i = 2
  while i * i <= n do
    if prime[i] then local j = i * i; while j <= n do prime[j] = false; j = j + i end end
    i = i + 1
  end
  local count = 0
  for k = 0, n do if prime[k] then count = count + 1 end end
  return count
end
print(sieve(5000000))
