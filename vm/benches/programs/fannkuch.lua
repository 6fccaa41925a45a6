local function fannkuch(n)
  local order, work, counts = {}, {}, {}
  for i = 1, n do order[i] = i - 1; work[i] = 0; counts[i] = 0 end
  local most, checksum, even, r = 0, 0, true, n
  while true do
    while r ~= 1 do
      counts[r] = r
      r = r - 1
    end
    if order[1] ~= 0 then
      for i = 1, n do work[i] = order[i] end
      local flips, first = 0, work[1]
      while first ~= 0 do
        local i, j = 1, first + 1
        while i < j do
          work[i], work[j] = work[j], work[i]
          i = i + 1
          j = j - 1
        end
        flips = flips + 1
        first = work[1]
      end
      if flips > most then most = flips end
      if even then checksum = checksum + flips else checksum = checksum - flips end
    end
    even = not even
    while true do
      if r == n then return checksum, most end
      local first = order[1]
      for i = 1, r do order[i] = order[i + 1] end
      order[r + 1] = first
      counts[r + 1] = counts[r + 1] - 1
      if counts[r + 1] > 0 then break end
      r = r + 1
    end
  end
end
local checksum, most = fannkuch(9)
print(checksum .. " " .. most)
