-- What metrics measure: codes [n D] and factors [n K], tensors or nested lists, a row for each
-- point; or a data set (see teasel.data.space) and a function that represents a batch of images
-- as codes. Factors are numbers, equal where the factor has the same value; words are to be
-- numbered.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dlib = require "teasel.metric.lib.dlib"
local exact = require "teasel.metric.lib.exact"
local ops = require "teasel.op.composed"
local option = require "teasel.metric.lib.option"
local shard = require "teasel.lib.shard"

local fail, learn, op, tensor = option.fail, core.learn, core.op, core.tensor
local measured = {}

local BATCH = 512       -- images represented at a time
local POINTS = 10000    -- that disentanglement_lib draws where it needs no others

local HUGE = core.double and 1e153 or 1e18   -- its square, a thousandfold, is still a number

local function is_tensor(x) return getmetatable(x) == tensor.metatable end

-- is_set(v): whether v is a data set, and not arrays
function measured.is_set(v) return type(v) == "table" and (v.each or v.space) ~= nil end

-- codes and factors of all images, lists of batches
local function encoded(set, represent, who)
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
  return codes, factors
end

-- Of processes that share the work each represents some of the batches, which are the same as those
-- of one alone.
local function encoded_together(set, represent, who, index, count)
  local n = set:count()
  local batches = math.ceil(n / BATCH)
  local first, last = index * batches // count * BATCH + 1,
    math.min(n, (index + 1) * batches // count * BATCH)
  local codes = first <= last and encoded(set:subset(tensor.arange(first, last)), represent, who)
  return shard.unite(codes and op.concat(codes, 1) or nil, first, n),
    set.factor_names and set:factors() or nil
end

-- encode(set, represent [, who]) -> codes [n D], factors [n K] of all images of a data set, in
-- order, nil where they are not known; represent(images, factors) -> codes; who wants them
function measured.encode(set, represent, who)
  local index, count = shard.sharing()
  if count > 1 and set.subset then
    return encoded_together(set, represent, who, index, count)
  end
  local codes, factors = encoded(set, represent, who)
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
  if lists then
    local ok, made = pcall(tensor.tensor, x)
    if not ok then
      fail(who, "got %s that are no lists of numbers: %s", name,
        tostring(made):gsub("^.-tensor: argument 'value': ", ""))
    end
    x = made
  end
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
        fail(who, "row %d, column %d of the %s is %s, wanted a finite number", i, j, name,
          v == v and v or "nan")
      end
    end
  end
end

-- pick(who, factors [n K], chosen) -> the columns with these numbers, a list; nil: all
function measured.pick(who, factors, chosen)
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
function measured.arrays(who, codes, factors, least, chosen, ranked)
  if measured.is_set(codes) then
    codes, factors = measured.encode(codes, factors, who)
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
  return codes, measured.pick(who, factors, chosen)
end

-- points(who, codes, factors, least, o) -> what arrays returns, of the factors chosen in o, with
-- continuous ones in o.factor_bins bins; with compat the points that disentanglement_lib draws
function measured.points(who, codes, factors, least, o)
  codes, factors = measured.arrays(who, codes, factors, least, o.factors)
  if o.compat then
    local index = dlib.grid(who, factors, o):points(POINTS)
    codes, factors = op.take(codes, index), op.take(factors, index)
  end
  if o.factor_bins and o.factor_bins > 0 then
    factors = learn.bins(factors, o.factor_bins, true)
  end
  return codes, factors
end

check.functions("measured.", measured, {encode = "set: set, represent: any"})

return measured
