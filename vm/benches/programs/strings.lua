local parts = {}
for i = 0, 599999 do parts[#parts + 1] = "item " .. i .. ": " .. i * 2 end
local text = table.concat(parts, ",")
local words = {}
for word in text:gmatch("[^,]+") do words[#words + 1] = word end
local seen, n = {}, 0
for _, word in ipairs(words) do
  local key = word:sub(1, 8)
  if not seen[key] then n = n + 1 end
  seen[key] = (seen[key] or 0) + 1
end
print(#text .. " " .. #words .. " " .. n)
