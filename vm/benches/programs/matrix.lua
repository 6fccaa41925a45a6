local function matrix(n, seed)
  local rows = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do row[j + 1] = (i - j) * (i + j) * seed end
    rows[i + 1] = row
  end
  return rows
end
local function multiply(a, b)
  local n = #b[1]
  local product = {}
  for i = 1, #a do
    local row, out = a[i], {}
    for j = 1, n do out[j] = 0.0 end
    for k = 1, #row do
      local x, other = row[k], b[k]
      for j = 1, n do out[j] = out[j] + x * other[j] end
    end
    product[i] = out
  end
  return product
end
local n = 300
local product = multiply(matrix(n, 1.0 / n / n), matrix(n, 2.0 / n / n))
local trace = 0.0
for i = 1, n do trace = trace + product[i][i] end
print(string.format("%.6f", trace))
