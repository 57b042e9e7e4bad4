-- Correlated and constrained factors: any set with a space, drawn from as if its factors depended
-- on each other (Traeuble et al. 2021), or without the images that break a rule.
--
--   local correlated = require "teasel.data.correlated"
--   -- large sprites lie low: weights exp(-(a - b)^2 / (2 s^2)) of the two, both in 0..1
--   local data = correlated(T.data.dsprites{}, {{"scale", "posY", correlated.line(.2)}})
--   -- no hearts in the left half, and squares twice as often
--   local data = correlated(T.data.dsprites{}, {
--     {"shape", "posX", function(shape, x) return shape < 3 or x >= .5 end},
--     {"shape", {2, 1, 1}}})

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"

local op, tensor = core.op, core.tensor

local MOST = 1000000   -- combinations of factors that depend on each other
local SLAB = 65536     -- images whose rules are looked up at a time

local correlated = {}

-- line(spread) -> a rule's weights for two factors: they go together, along the diagonal of their
-- ranges. spread: the standard deviation of their distance, as a share of the range; the smaller,
-- the stronger they are correlated (Traeuble et al.: .2, .4, .7)
function correlated.line(spread)
  if type(spread) ~= "number" or not (spread > 0) then
    check.wrong("correlated.line", "spread", spread, "a number above 0")
  end
  return function(_, _, a, b) return math.exp(-(a - b) ^ 2 / (2 * spread ^ 2)) end
end

local function weight_of(w, names)
  if w == true then return 1 elseif w == false then return 0 end
  if type(w) ~= "number" or not (w >= 0 and w < math.huge) then
    fail("correlated: got the weight %s for %s, wanted a number of 0 or more, true or false",
      tostring(w), names)
  end
  return w
end

-- A rule as {factors = {k} or {k, l}, weight = {[0] = ...}}: the weight of level a of k and b of l
-- is weight[a * size of l + b].
local function read(space, rule, number)
  if type(rule) ~= "table" or #rule < 2 or #rule > 3 then
    check.wrong("correlated", ("rule %d"):format(number), rule,
      "{factor, weights} or {factor, factor, weights}")
  end
  local factors, how, weight = {}, rule[#rule], {}
  for i = 1, #rule - 1 do factors[i] = space:number(rule[i]) end
  if factors[1] == factors[2] then
    fail("correlated: rule %d: got '%s' twice, wanted two factors", number, rule[1])
  end
  local k, l = factors[1], factors[2]
  local n, m = space.sizes[k], l and space.sizes[l] or 1
  local names = l and space.names[k] .. " and " .. space.names[l] or space.names[k]
  local function value(j, level)
    local known = space.values[space.names[j]]
    return known and known[level + 1] or level
  end
  local function share(j, level) return space.sizes[j] > 1 and level / (space.sizes[j] - 1) or 0 end
  if type(how) == "table" then
    local right = #how == n
    for _, row in ipairs(l and right and how or {}) do
      right = right and type(row) == "table" and #row == m
    end
    if not right then
      fail("correlated: rule %d: got a table of %d items, wanted the weights of %s, %s", number,
        #how, names, l and ("%d lists of %d"):format(n, m) or ("%d numbers"):format(n))
    end
  elseif type(how) ~= "function" then
    check.wrong("correlated", ("rule %d"):format(number), how, "weights as a table or a function")
  end
  for a = 0, n - 1 do
    for b = 0, m - 1 do
      local w
      if type(how) == "table" then w = l and how[a + 1][b + 1] or how[a + 1]
      elseif l then w = how(value(k, a), value(l, b), share(k, a), share(l, b))
      else w = how(value(k, a), share(k, a)) end
      weight[a * m + b] = weight_of(w, names)
    end
  end
  return {factors = factors, weight = weight, width = m}
end

-- the factors in groups that no rule goes between: lists of numbers, in order
local function groups(space, rules)
  local group = {}
  for k in ipairs(space.names) do group[k] = k end
  for _, rule in ipairs(rules) do
    local a, b = group[rule.factors[1]], group[rule.factors[2] or rule.factors[1]]
    for k, g in ipairs(group) do group[k] = g == b and a or g end
  end
  local lists, order = {}, {}
  for k, g in ipairs(group) do
    if not lists[g] then
      lists[g] = {}
      order[#order + 1] = lists[g]
    end
    table.insert(lists[g], k)
  end
  return order
end

-- The combinations of a group's levels, numbered from 1 with the last factor fastest, as sums of
-- their weights up to each.
local function sums_of(space, list, rules)
  local n, place = 1, {}
  for _, k in ipairs(list) do n, place[k] = n * space.sizes[k], true end
  if n > MOST then
    fail("correlated: got %d combinations of factors that depend on each other, wanted at most %d",
      n, MOST)
  end
  local own = {}
  for _, rule in ipairs(rules) do
    if place[rule.factors[1]] then own[#own + 1] = rule end
  end
  local sums, sum, levels = {}, 0, {}
  for i = 1, n do
    local rest = i - 1
    for j = #list, 1, -1 do
      levels[list[j]], rest = rest % space.sizes[list[j]], rest // space.sizes[list[j]]
    end
    local w = 1
    for _, rule in ipairs(own) do
      local b = rule.factors[2] and levels[rule.factors[2]] or 0
      w = w * rule.weight[levels[rule.factors[1]] * rule.width + b]
    end
    sum = sum + w
    sums[i] = sum
  end
  if not (sum > 0) then
    local names = {}
    for i, k in ipairs(list) do names[i] = space.names[k] end
    fail("correlated: got weights of 0 for every combination of %s, wanted one above 0",
      table.concat(names, ", "))
  end
  return sums
end

-- the first place whose sum is above u times the last
local function place_of(sums, u)
  local at, low, high = u * sums[#sums], 1, #sums
  while low < high do
    local middle = (low + high) // 2
    if sums[middle] > at then high = middle else low = middle + 1 end
  end
  return low
end

-- levels [n K], independent from row to row
local function draw(space, tables, stream, n)
  local columns = {}
  for g, one in ipairs(tables) do
    local own = stream:split(("group %d"):format(g))
    if not one.sums then
      columns[one.list[1]] = own:integers({n, 1}, 0, space.sizes[one.list[1]] - 1)
    else
      local picked = {}
      for i, u in ipairs(own:uniform({n}, 0, 1):table()) do
        picked[i] = place_of(one.sums, u) - 1
      end
      for j = #one.list, 1, -1 do
        local size, column = space.sizes[one.list[j]], {}
        for i, at in ipairs(picked) do column[i], picked[i] = at % size, at // size end
        columns[one.list[j]] = tensor.tensor(column):reshape{n, 1}
      end
    end
  end
  return op.concat(columns, 2)
end

-- the numbers of the points that no rule gives the weight 0; nil: of all
local function allowed(space, rules)
  local masks = {}
  for _, rule in ipairs(rules) do
    local list, zero = {}, false
    for i = 0, #rule.weight do
      list[i + 1] = rule.weight[i] > 0 and 1 or 0
      zero = zero or list[i + 1] == 0
    end
    if zero then masks[#masks + 1] = {rule = rule, mask = tensor.tensor(list)} end
  end
  if #masks == 0 then return nil end
  local parts = {}
  for first = 1, space:count(), SLAB do
    local index = tensor.arange(first, math.min(first + SLAB - 1, space:count()))
    local levels, fine = space:levels(index), tensor.ones(#index)
    for _, m in ipairs(masks) do
      local k, l = table.unpack(m.rule.factors)
      local at = space:column(levels, k) * m.rule.width + (l and space:column(levels, l) or 0)
      fine = fine * op.take(m.mask, at + 1)
    end
    parts[#parts + 1] = index[op.gt(fine, 0)]
  end
  return op.concat(parts, 1)
end

-- correlated(set, rules) -> a set whose batches are drawn by weights. rules: a list of
--   {factor, weights}           weights: a list for its levels, or function(value, share)
--   {factor, factor, weights}   a list of lists, or function(value, value, share, share)
-- A value is what a level stands for, a share where the level is in its range, 0 to 1. A weight is
-- a number of 0 or more, or true and false for 1 and 0. The weights of a point are multiplied;
-- factors without a rule are uniform and independent. Points of weight 0 are no part of the set:
-- then it has factors but no space. each, epoch, split and subset go through its images without
-- weights.
local function new(set, rules)
  local space = set.space
  if type(space) ~= "table" then
    check.wrong("correlated", "set", set, "a set with a space")
  end
  local list, tables = {}, {}
  for i, rule in ipairs(rules) do list[i] = read(space, rule, i) end
  for g, group in ipairs(groups(space, list)) do
    local ruled = #group > 1
    for _, rule in ipairs(list) do ruled = ruled or rule.factors[1] == group[1] end
    tables[g] = {list = group, sums = ruled and sums_of(space, group, list) or nil}
  end
  local index = allowed(space, list)
  if index and #index == 0 then
    fail "correlated: got rules that no point keeps, wanted one or more points"
  end
  local part = set:subset(index or tensor.arange(1, set:count()))
  part.space = not index and space or nil
  function part.batch(_, stream, n)
    check.stream("batch", "stream", stream)
    check.size("batch", "n", n)
    if n == 0 then return set:batch(stream, 0) end
    return set:subset(space:index(draw(space, tables, stream, n))):each(n)()
  end
  local subset = part.subset
  function part.subset(self, at)
    local smaller = subset(self, at)
    smaller.batch, smaller.subset = nil, nil
    return smaller
  end
  return part
end

check.functions("correlated.", correlated, {line = "spread: any"})

return setmetatable(correlated, {__call = function(_, set, rules)
  check.set("correlated", "set", set)
  check.table("correlated", "rules", rules)
  return new(set, rules)
end})
