-- What metrics are given: codes [n D] and factors [n K], tensors or nested lists, a row for each
-- point; or a data set (see teasel.data.space) and a function that represents a batch of images
-- as codes. Factors are values of any kind, equal where the factor is the same; where a metric
-- wants classes, each distinct value is one.

local check = require "teasel.check"
local core = require "teasel.core"
local dlib = require "teasel.metric.lib.dlib"
local exact = require "teasel.metric.lib.exact"
local raise = require "teasel.fail"
local ops = require "teasel.ops"
local options = require "teasel.options"

local learn, op, tensor = core.learn, core.op, core.tensor
local given = {}

local BATCH = 512       -- images represented at a time
local POINTS = 10000    -- that disentanglement_lib draws where it needs no others
local MANY = 20         -- values of a factor that few points may have

local UNIT = {0, 1}     -- what most scores can be

local HUGE = core.double and 1e153 or 1e18   -- its square, a thousandfold, is still a number

local STREAM = getmetatable(core.rand.stream(0, "metric"))

-- options that count something, and the least of each
local LEAST = {resamples = 0, dci_resamples = 0, factor_bins = 0, train = 1, test = 1}

-- fail(who, form, ...) raises an error in the name of a metric
function given.fail(who, form, ...) raise("%s: " .. form, who, ...) end

local fail = given.fail

local function is_tensor(x) return getmetatable(x) == tensor.metatable end

-- is_set(v): whether v is a data set, and not arrays
function given.is_set(v) return type(v) == "table" and (v.each or v.space) ~= nil end

-- whole(who, name, v, least): an option's value v that is no integer of `least` or more is an error
function given.whole(who, name, v, least)
  if type(v) ~= "number" or v % 1 ~= 0 or v < least then
    fail(who, "option '%s': got %s, wanted an integer of %d or more", name, tostring(v), least)
  end
end

-- encode(set, represent [, who]) -> codes [n D], factors [n K] of all images of a data set, in
-- order, nil where they are not known; represent(images, factors) -> codes; who wants them
function given.encode(set, represent, who)
  if type(represent) ~= "function" then
    fail(who or "encode", "got %s for represent, wanted a function from images to codes",
      type(represent))
  end
  local codes, factors, columns = {}, {}, nil
  for images, at in set:each(BATCH) do
    local known, n = is_tensor(at) and at:rank() == 2 and at or nil, #images
    local x = represent(images, known)
    local shape = is_tensor(x) and x:shape()
    if not shape or #shape ~= 2 or shape[1] ~= n or columns and shape[2] ~= columns then
      fail(who or "encode", "represent gave %s for %d images, wanted codes [%d %s]", shape and
        ("a tensor [%s]"):format(table.concat(shape, " ")) or tostring(x), n, n, columns or "D")
    end
    codes[#codes + 1], factors[#factors + 1], columns = x, known, shape[2]
  end
  return op.concat(codes, 1), #factors > 0 and op.concat(factors, 1) or nil
end

-- fails where squares of the codes could not be added up: what is measured by them would be at
-- chance, or no number
local function check_size(who, codes)
  local most = HUGE / math.sqrt(math.max(#codes, 1))
  if op.max(op.abs(codes)):item() <= most then return end
  for j, v in ipairs(op.max(op.abs(codes), 1):table()) do
    if v > most then
      fail(who, "column %d of the codes reaches %.3g, wanted numbers up to %.3g, whose squares can "
        .. "be added up (has the model diverged?)", j, v, most)
    end
  end
end

local function matrix(who, name, x)
  local lists = type(x) == "table" and x
  if lists then x = tensor.tensor(x) end
  if not is_tensor(x) then fail(who, "got %s for %s, wanted a tensor or lists", type(x), name) end
  local shape = x:shape()
  if #shape ~= 2 or shape[2] < 1 then
    fail(who, "got %s of shape [%s], wanted [points columns]", name, table.concat(shape, " "))
  end
  if shape[1] == 0 then fail(who, "got no %s, wanted one point or more", name) end
  local low, high = op.min(x), op.max(x)
  if op.eq(low - low, high - high):item() == 1 then
    if lists then exact.check(name, exact.listed(who .. ": the " .. name, lists, x)) end
    return x
  end
  for i, row in ipairs(x:table()) do
    for j, v in ipairs(row) do
      if v - v ~= 0 then
        fail(who, "row %d, column %d of the %s is %g, wanted a finite number", i, j, name, v)
      end
    end
  end
end

-- pick(who, factors [n K], chosen) -> the columns with these numbers, a list; nil: all
function given.pick(who, factors, chosen)
  if not chosen then return factors end
  if type(chosen) ~= "table" then
    fail(who, "option 'factors': got %s, wanted a list of numbers of columns, like {1, 2}",
      tostring(chosen))
  end
  local K, columns = factors:shape()[2], {}
  for i, k in ipairs(chosen) do
    if math.type(k) ~= "integer" or k < 1 or k > K then
      fail(who, "option 'factors': got %s, wanted numbers of columns, 1..%d", tostring(k), K)
    end
    columns[i] = ops.slice(factors, 2, k, k)
  end
  if #columns == 0 then fail(who, "option 'factors': got none, wanted one or more") end
  return op.concat(columns, 2)
end

-- arrays(who, codes, factors, least [, chosen [, ranked]]) -> both as tensors of the same length,
-- finite, with `least` points or more, and only the chosen factors; ranked: nothing but the order
-- of the codes will count
function given.arrays(who, codes, factors, least, chosen, ranked)
  if given.is_set(codes) then
    codes, factors = given.encode(codes, factors, who)
    if not factors then
      fail(who, "got a set without known factors, wanted one with factor_names")
    end
  end
  codes, factors = matrix(who, "codes", codes), matrix(who, "factors", factors)
  if #codes ~= #factors then
    fail(who, "got %d codes and %d factors, wanted as many points", #codes, #factors)
  end
  if not ranked then check_size(who, codes) end
  if #codes < least then fail(who, "got %d points, wanted %d or more", #codes, least) end
  return codes, given.pick(who, factors, chosen)
end

-- A factor with about as many values as points is an error: it is a number, and a class of one or
-- two points says nothing. counts: of each factor's values among n points.
local function check_shared(who, counts, n)
  for k, many in ipairs(counts) do
    if many > MANY and 2 * many > n then
      fail(who, "factor %d has %d values among %d points, wanted classes that points share (option "
        .. "'factor_bins' of metric.all, or of the metric if it has one, puts it in bins)", k,
        many, n)
    end
  end
end

-- a factor with one value is an error, and so are fewer than `least` factors
local function check_varied(who, counts, least)
  for k, many in ipairs(counts) do
    if many < 2 then
      fail(who, "factor %d has one value, wanted two or more (option 'factors' chooses the columns "
        .. "to use)", k)
    end
  end
  if #counts < least then fail(who, "got one factor, wanted two or more") end
end

local function counts_of(values)
  local counts = {}
  for k, list in ipairs(values) do counts[k] = #list end
  return counts
end

-- values(who, factors [n K]) -> the same as classes from 0, and a list for each factor of the
-- values they stand for; classes that points share, see check_shared
function given.values(who, factors)
  local classes, values = learn.classes(factors)
  check_shared(who, counts_of(values), #factors)
  return classes, values
end

-- classes(who, factors [n K] [, least]) -> what values returns, of factors that vary, `least` (1)
-- or more
function given.classes(who, factors, least)
  local classes, values = given.values(who, factors)
  check_varied(who, counts_of(values), least or 1)
  return classes, values
end

-- groups(who, factors) -> the points by their values (core.learn.groups), checked: as by classes,
-- two factors or more, each with a value that two points have
function given.groups(who, factors)
  local groups = learn.groups(factors)
  local counts, used = groups:sizes()
  check_shared(who, counts, #factors)
  check_varied(who, counts, 2)
  for k, n in ipairs(used) do
    if n == 0 then
      fail(who, "no two points share a value of factor %d, wanted values that occur twice", k)
    end
  end
  return groups
end

-- options of a metric: those of `defaults` and, for all, `factors`; see options.read. Numbers that
-- count and the stream are checked.
function given.options(who, o, defaults)
  defaults.factors = options.any
  o = options.read(who, o, defaults)
  for name, least in pairs(LEAST) do
    if o[name] ~= nil then given.whole(who, name, o[name], least) end
  end
  if o.stream ~= nil and getmetatable(o.stream) ~= STREAM then
    fail(who, "option 'stream': got %s, wanted a stream", tostring(o.stream))
  end
  return o
end

-- points(who, codes, factors, least, o) -> what arrays returns, of the factors chosen in o, with
-- continuous ones in o.factor_bins bins; with compat the points that disentanglement_lib draws
function given.points(who, codes, factors, least, o)
  codes, factors = given.arrays(who, codes, factors, least, o.factors)
  if o.compat then
    local index = dlib.grid(who, factors, o):points(POINTS)
    codes, factors = op.take(codes, index), op.take(factors, index)
  end
  if o.factor_bins and o.factor_bins > 0 then
    factors = learn.bins(factors, o.factor_bins, true)
  end
  return codes, factors
end

-- the stream of a metric: an option of this name, or of the seed
function given.stream(who, o) return o.stream or core.rand.stream(o.seed, who) end

-- the options of a metric that learns from some points and is scored on others; the rest of
-- `defaults` is its own
function given.halved(defaults)
  defaults.seed, defaults.stream = 0, options.any   -- of the draw of the two parts
  defaults.train, defaults.test = 10000, 5000       -- points of each
  defaults.test_codes, defaults.test_factors = options.any, options.any
  defaults.compat = options.any                     -- "dlib": see teasel.metric.lib.dlib
  return defaults
end

-- the rows of both parts
local function two_parts(who, factors, o)
  local n, train, test = #factors, o.train, o.test
  if o.compat then
    local grid = dlib.grid(who, factors, o)
    local first = grid:points(train)
    return first, grid:points(test)
  end
  if n < train + test then
    train = n * 2 // 3
    test = n - train
  end
  local order = given.stream(who, o):permutation(n)
  return ops.slice(order, 1, 1, train), ops.slice(order, 1, train + 1, train + test)
end

-- halves(who, codes, factors, o) -> x [n D], y [n K], x2 [m D], y2 [m K], values: points to learn
-- from and others to be scored on, y as classes from 0 (see given.classes) and -1 in y2 for a
-- value that y lacks. The second ones are test_codes and test_factors where they are given;
-- else both are drawn from the points, without repeats: o.train and o.test of them, or, where
-- there are fewer, two thirds and one third.
function given.halves(who, codes, factors, o)
  codes, factors = given.arrays(who, codes, factors, 6, o.factors)
  local x, y, x2, y2 = codes, factors, o.test_codes, o.test_factors
  if x2 then
    x2, y2 = given.arrays(who, x2, y2, 1, o.factors)
    if x2:shape()[2] ~= x:shape()[2] or y2:shape()[2] ~= y:shape()[2] then
      fail(who, "got %d codes and %d factors to be tested on, wanted %d and %d", x2:shape()[2],
        y2:shape()[2], x:shape()[2], y:shape()[2])
    end
  else
    local first, second = two_parts(who, factors, o)
    x, y = op.take(codes, first), op.take(factors, first)
    x2, y2 = op.take(codes, second), op.take(factors, second)
  end
  local classes, values = given.classes(who, y)
  return x, classes, x2, learn.recode(y2, values), values
end

-- column(x [n d], j) -> [n]
function given.column(x, j) return ops.slice(x, 2, j, j):reshape{#x} end

-- standardiser(x [n d]) -> a function that takes the mean of x off the columns of any [m d] and
-- divides them by the standard deviation of x (n); a column that never varies in x becomes 0
function given.standardiser(x)
  local mean, deviation = ops.mean(x, 1), op.sqrt(ops.var(x, 1))
  -- not deviation > 0: the mean of equal numbers need not be one of them
  local varies = op.gt(op.max(x, 1), op.min(x, 1))
  local scale = op.where(varies, 1 / op.maximum(deviation, 1e-30), 0)
  return function(other) return (other - mean) * scale end
end

-- share(hits [n] of 0 and 1, or of parts of 1) -> their mean
function given.share(hits) return op.sum(hits):item() / #hits end

-- agreement(a [n], b [n]) -> the share of equal items
function given.agreement(a, b) return given.share(op.eq(a, b)) end

-- {low, high} around a score, no further than the range {least, greatest} of what it can be
local function within(range, score, low, high)
  return {math.min(score, math.max(low, range[1])), math.max(score, math.min(high, range[2]))}
end

-- interval(mean, square, n) -> {low, high}, 95 %, of the mean of n items from 0 to 1 with this mean
-- of squares: what a bootstrap over the items comes to
function given.interval(mean, square, n)
  local half = 1.96 * math.sqrt(math.max(square - mean * mean, 0) / n)
  return within(UNIT, mean, mean - half, mean + half)
end

-- mean(list) -> the mean of its numbers
function given.mean(list)
  local sum = 0
  for _, v in ipairs(list) do sum = sum + v end
  return sum / #list
end

-- median(list) -> the middle one of its numbers, or the mean of the two in the middle
function given.median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  local n = #sorted
  return n % 2 == 1 and sorted[n // 2 + 1] or (sorted[n // 2] + sorted[n // 2 + 1]) / 2
end

-- spearman(a [n d], b [n e]) -> [d][e], rank correlations; 0 where a column is constant
function given.spearman(a, b)
  local r, own, other = learn.covariance(learn.ranks(a), learn.ranks(b))
  for d, row in ipairs(r) do
    for e, c in ipairs(row) do
      local scale = math.sqrt(own[d] * other[e])
      row[e] = scale > 0 and c / scale or 0
    end
  end
  return r
end

-- the number below which a part q of a sorted list lies, with interpolation
local function quantile(list, q)
  local at = 1 + q * (#list - 1)
  local low = math.floor(at)
  return list[low] + (list[math.min(low + 1, #list)] - list[low]) * (at - low)
end

-- around(score, list [, range]) -> {low, high}, 95 %: how the scores of resamples vary, put around
-- the score; information from repeated points is larger, so that the resamples themselves lie
-- beside it. range: {least, greatest} value of such a score, which the interval does not leave;
-- {0, 1} without it. nil for no resamples, and for a score that is infinite.
function given.around(score, list, range)
  table.sort(list)
  local shift = score - given.mean(list)
  if shift - shift ~= 0 then return nil end
  return within(range or UNIT, score, quantile(list, 0.025) + shift, quantile(list, 0.975) + shift)
end

-- bootstraps(who, o, scores, codes, factors, f [, range]) -> name = the interval (see around) of
-- that score, from the values of f(codes, factors), by name, for o.resamples draws of as many
-- points with repeats
function given.bootstraps(who, o, scores, codes, factors, f, range)
  local intervals, drawn = {}, {}
  if o.resamples == 0 then return intervals end
  local stream, n = given.stream(who, o), #codes
  for i = 1, o.resamples do
    local index = stream:integers({n}, 1, n)
    drawn[i] = f(op.take(codes, index), op.take(factors, index))
  end
  for name, score in pairs(scores) do
    local list = {}
    for i, values in ipairs(drawn) do list[i] = values[name] end
    intervals[name] = given.around(score, list, range)
  end
  return intervals
end

-- bootstrap(who, o, score, codes, factors, f [, range]) -> the interval of a score that f gives
-- alone; nil for no resamples
function given.bootstrap(who, o, score, codes, factors, f, range)
  local function list(x, y) return {f(x, y)} end
  return given.bootstraps(who, o, {score}, codes, factors, list, range)[1]
end

-- details(o, n, more) -> a table that says of how many points and how a score was made
function given.details(o, n, more)
  more.n, more.seed, more.settings = n, not o.stream and o.seed or nil, {}
  for name, value in pairs(o) do
    if name ~= "stream" and not name:find "^test_" then more.settings[name] = value end
  end
  return more
end

-- information(who, score_of [, least]) -> a metric of the mutual information between codes in bins
-- and factors, of all points given and of `least` factors or more:
--   score_of(matrix [D][K], entropies [K] of the factors, binned codes, bins) -> score, details
-- both in nats; the metric adds them to the details, and an interval if there are resamples.
function given.information(who, score_of, least)
  return function(codes, factors, o)
    o = given.options(who, o, {
      bins = 20,              -- of each code's range
      factor_bins = 0,        -- of each factor's range; 0: every distinct value counts
      resamples = 0,          -- for an interval
      seed = 0,               -- of the resamples
      compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
    })
    codes, factors = given.points(who, codes, factors, 2, o)
    factors = given.classes(who, factors, least)
    local function score(x, y)
      local binned = learn.bins(x, o.bins)
      local matrix, entropies = learn.mutual(binned, y), learn.entropy(y)
      local value, details = score_of(matrix, entropies, binned, o.bins)
      details.matrix, details.entropies = matrix, entropies
      return value, details
    end
    local value, details = score(codes, factors)
    details.interval = given.bootstrap(who, o, value, codes, factors, score)
    return value, given.details(o, #codes, details)
  end
end

check.functions("given.", given, {
  encode = "set: set, represent: any", column = "x: tensor, j: count", standardiser = "x: tensor",
  share = "hits: tensor", agreement = "a: tensor, b: tensor", spearman = "a: tensor, b: tensor",
  interval = "mean: number, square: number, n: count", mean = "list: table",
  median = "list: numbers", around = "score: any, list: table",
})

return given
