-- Unit NN: an account and its functions.
do
local AccountNN = {}
AccountNN.__index = AccountNN
AccountNN.new = function(owner, balance)
    return setmetatable({owner = owner, balance = balance or 0, history = {}}, AccountNN)
end
function AccountNN:deposit(amount, note)
    if amount <= 0 then
        error({message = "bad amount", kind = "ValueError"})
    end
    self.balance = self.balance + amount
    table.insert(self.history, {kind = "deposit", amount = amount, note = note or "none"})
    return self
end
function AccountNN:total(rate)
    local sum = 0
    for i = 1, #self.history do
        local entry = self.history[i]
        if entry.kind == "deposit" and entry.amount > 10 then
            sum = sum + entry.amount * (1 + rate) - i % 3
        else
            sum = sum - 1
        end
    end
    return sum
end
local function measureNN(xs, limit)
    local names = {"alpha", "beta", "gamma"}
    local limits = {low = 1, high = limit * 2, ["two words"] = {1, 2, 3}}
    local count = 0
    while count < limit do
        count = count + 1
        if count == 3 then goto continue end
        table.insert(xs, count ^ 2 // 7)
        ::continue::
    end
    local doubled = filter(map(xs, function(x) return x * 2 end), function(x) return x % 3 ~= 0 end)
    local size
    local n = #doubled
    if n == 0 then size = "empty"
    elseif n == 1 or n == 2 then size = "small"
    elseif n > 100 then size = "huge: " .. n
    else size = "medium" end
    local ok, e = pcall(function()
        each(doubled, function(x)
            if x > limits.high then error(string.format("too large: %8d", x)) end
        end)
    end)
    if not ok and e.kind == "ValueError" then
        return nil
    end
    count = 0
    return {size = size, first = names[1], last = names[#names]}
end
local function workNN(id, jobs)
    while true do
        local job = coroutine.yield(jobs)
        local result = coroutine.yield(job:run(id))
        sleep(10)
        print("job " .. id .. " done: " .. result.value .. " of " .. result.total)
    end
end
    local accountNN = AccountNN.new("Ada", 5)
    accountNN:deposit(100, "first"):deposit(20)
    print("Total NN: " .. accountNN:total(0.5), measureNN({1, 2}, 10))
end
