-- Whether one setting is better than another, over the same seeds: tests of paired values, exact
-- for few pairs, and intervals of medians.
--
--   paired.wilcoxon(a, b)   {p, sum, n}: signed ranks (Wilcoxon 1945), two-sided
--   paired.sign(a, b)       {p, up, n}: signs alone, two-sided
--   paired.spearman(a, b)   the correlation of ranks
--   paired.interval(values) low, high: bootstrap interval of the median (Efron 1979, percentiles)
--
-- No interval of five values or fewer holds their distribution's median in 95 of 100 cases: that of
-- n such values is their range, which does in 1 - 2^(1 - n): 50 % for two, 75, 88 and 94 %.
--
-- a, b: lists of numbers, the i-th of both of one seed. Pairs without a difference are left out, n
-- are left; with none p is 1. Equal differences share their ranks. The distribution of the signs is
-- exact up to 60 pairs, of the signed ranks up to 40, and normal beyond. Five pairs that all go one
-- way have p = 0.0625, the least that five can have.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local paired = {}

local EXACT = 40   -- pairs up to which the distribution of rank sums is enumerated

local function check_finite(who, what, list)
  for i = 1, #list do
    local x = list[i]
    if type(x) ~= "number" or x - x ~= 0 then
      fail("paired.%s: %s %d: got %s, wanted a finite number", who, what, i, tostring(x))
    end
  end
end

local function check_pairs(who, a, b)
  if #a ~= #b then
    fail("paired.%s: got %d and %d values, wanted as many", who, #a, #b)
  end
  check_finite(who, "pair", a)
  check_finite(who, "pair", b)
end

local function differences(who, a, b)
  check_pairs(who, a, b)
  local list = {}
  for i, x in ipairs(a) do
    if x ~= b[i] then list[#list + 1] = x - b[i] end
  end
  return list
end

-- the probability that a standard normal variable is at least |z| from 0
local function two_sided(z)
  -- by Simpson's rule over the density; 8 deviations out there is nothing left to tell
  z = math.min(math.abs(z), 8)
  local n, sum = 2000, 0
  for i = 0, n do
    local x = z * i / n
    local weight = (i == 0 or i == n) and 1 or (i % 2 == 1 and 4 or 2)
    sum = sum + weight * math.exp(-x * x / 2)
  end
  return math.max(0, 1 - 2 * sum * z / n / 3 / math.sqrt(2 * math.pi))
end

-- sign(a, b) -> {p, up, n}, two-sided, from the signs of the differences alone
function paired.sign(a, b)
  local list, up = differences("sign", a, b), 0
  local n = #list
  for _, d in ipairs(list) do if d > 0 then up = up + 1 end end
  if n == 0 then return {p = 1, up = 0, n = 0} end
  if n > 60 then
    return {p = two_sided((math.abs(2 * up - n) - 1) / math.sqrt(n)), up = up, n = n}
  end
  local few, sum, choose = math.min(up, n - up), 0, 1
  for k = 0, few do
    sum = sum + choose
    choose = choose * (n - k) / (k + 1)
  end
  return {p = math.min(1, 2 * sum / 2 ^ n), up = up, n = n}
end

-- Twice the ranks of a list's numbers, so that shared ones are integers.
local function doubled_ranks(list)
  local order = {}
  for i = 1, #list do order[i] = i end
  table.sort(order, function(i, j) return list[i] < list[j] end)
  local ranks, i = {}, 1
  while i <= #order do
    local j = i
    while order[j + 1] and list[order[j + 1]] == list[order[i]] do j = j + 1 end
    for k = i, j do ranks[order[k]] = i + j end
    i = j + 1
  end
  return ranks
end

-- wilcoxon(a, b) -> {p, sum, n}, two-sided, from signed ranks (Wilcoxon 1945)
function paired.wilcoxon(a, b)
  local list = differences("wilcoxon", a, b)
  local n, sizes = #list, {}
  for i, d in ipairs(list) do sizes[i] = math.abs(d) end
  local ranks = doubled_ranks(sizes)
  if n == 0 then return {p = 1, sum = 0, n = 0} end
  local up, total, squares = 0, 0, 0
  for i, rank in ipairs(ranks) do
    if list[i] > 0 then up = up + rank end
    total, squares = total + rank, squares + rank * rank
  end
  if n > EXACT then
    return {p = two_sided((2 * up - total) / math.sqrt(squares)), sum = up / 2, n = n}
  end
  -- ways[s]: how many choices of signs have the sum s of positive ranks
  local ways = {[0] = 1}
  for s = 1, total do ways[s] = 0 end
  for _, rank in ipairs(ranks) do
    for s = total, rank, -1 do ways[s] = ways[s] + ways[s - rank] end
  end
  local few, sum = math.min(up, total - up), 0
  for s = 0, few do sum = sum + ways[s] end
  return {p = math.min(1, 2 * sum / 2 ^ n), sum = up / 2, n = n}
end

-- spearman(a, b) -> the correlation of the ranks, shared ones by their mean; NaN where one side is
-- constant
function paired.spearman(a, b)
  check_pairs("spearman", a, b)
  if #a < 2 then fail("paired.spearman: got %d pairs, wanted 2 or more", #a) end
  local ra, rb, mean = doubled_ranks(a), doubled_ranks(b), #a + 1
  local both, first, second = 0, 0, 0
  for i = 1, #a do
    both = both + (ra[i] - mean) * (rb[i] - mean)
    first, second = first + (ra[i] - mean) ^ 2, second + (rb[i] - mean) ^ 2
  end
  return both / math.sqrt(first * second)
end

local function median_of(sorted)
  local n = #sorted
  if n % 2 == 1 then return sorted[n // 2 + 1] end
  return (sorted[n // 2] + sorted[n // 2 + 1]) / 2
end

-- interval(values, {level = 0.95, samples = 2000, seed = 0}) -> low, high; of one value that value
-- twice, of none nothing. Of few values it is worth less than `level`: see the head of this file
function paired.interval(values, given)
  local o = options.read("paired.interval", given, {level = 0.95, samples = 2000, seed = 0})
  local n = #values
  check_finite("interval", "value", values)
  if o.samples < 1 or not (o.level > 0 and o.level < 1) then
    fail("paired.interval: got %g samples for a level of %g, wanted 1 or more, and a level "
      .. "between 0 and 1", o.samples, o.level)
  end
  if n < 2 then return values[1], values[1] end
  local draws = core.rand.stream(o.seed, "bootstrap"):integers({o.samples, n}, 1, n):table()
  local medians = {}
  for s, row in ipairs(draws) do
    local again = {}
    for i, k in ipairs(row) do again[i] = values[math.tointeger(k)] end
    table.sort(again)
    medians[s] = median_of(again)
  end
  table.sort(medians)
  local tail = math.floor((1 - o.level) / 2 * o.samples)
  return medians[tail + 1], medians[o.samples - tail]
end

check.functions("paired.", paired, {
  sign = "a: table, b: table", spearman = "a: table, b: table",
  wilcoxon = "a: table, b: table", interval = "values: table",
})

return paired
