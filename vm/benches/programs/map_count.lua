local words = {}
for i = 0, 1999 do words[i] = "word" .. i * 7919 % 2000 end
local seen, buckets, seed = {}, {}, 42
for _ = 1, 1500000 do
  seed = seed * 16807 % 2147483647
  local word = words[seed % 2000]
  seen[word] = (seen[word] or 0) + 1
  local bucket = seed % 10007
  buckets[bucket] = (buckets[bucket] or 0) + 1
end
local n, different, most = 0, 0, 0
for _, count in pairs(seen) do n = n + 1; if count > most then most = count end end
for _ in pairs(buckets) do different = different + 1 end
print(n .. " " .. different .. " " .. most)
