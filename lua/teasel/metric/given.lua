-- What metrics are given: codes [n D] and factors [n K], tensors or nested lists, a row for each
-- point; or a data set (see teasel.data.space) and a function that represents a batch of images
-- as codes. Factors are values of any kind, equal where the factor is the same; where a metric
-- wants classes, each distinct value is one.

local core = require "teasel.core"
local ops = require "teasel.ops"
local options = require "teasel.options"

local learn, op, tensor = core.learn, core.op, core.tensor
local given = {}

local BATCH = 512   -- images represented at a time

function given.fail(who, ...) error(who .. ": " .. (...):format(select(2, ...)), 0) end

local fail = given.fail

local function is_tensor(x) return getmetatable(x) == tensor.metatable end

-- encode(set, represent) -> codes [n D], factors [n K] of all points of a data set, in order
function given.encode(set, represent)
  local codes, factors = {}, {}
  for images, at in set:each(BATCH) do
    codes[#codes + 1], factors[#factors + 1] = represent(images), at
  end
  return op.concat(codes, 1), op.concat(factors, 1)
end

local function matrix(who, name, x)
  if type(x) == "table" then x = tensor.tensor(x) end
  if not is_tensor(x) then fail(who, "got %s for %s, wanted a tensor or lists", type(x), name) end
  local shape = x:shape()
  if #shape ~= 2 or shape[2] < 1 then
    fail(who, "got %s of shape [%s], wanted [points columns]", name, table.concat(shape, " "))
  end
  local low, high = op.min(x), op.max(x)
  if op.eq(low - low, high - high):item() == 1 then return x end
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
  local K, columns = factors:shape()[2], {}
  for i, k in ipairs(chosen) do
    if math.type(k) ~= "integer" or k < 1 or k > K then
      fail(who, "option 'factors': got %s, wanted numbers of columns, 1..%d", tostring(k), K)
    end
    columns[i] = ops.narrow(factors, 2, k, k)
  end
  if #columns == 0 then fail(who, "option 'factors': got none, wanted one or more") end
  return op.concat(columns, 2)
end

-- arrays(who, codes, factors, least [, chosen]) -> both as tensors of the same length, finite,
-- with `least` points or more, and only the chosen factors
function given.arrays(who, codes, factors, least, chosen)
  if type(codes) == "table" and codes.space then codes, factors = given.encode(codes, factors) end
  codes, factors = matrix(who, "codes", codes), matrix(who, "factors", factors)
  if #codes ~= #factors then
    fail(who, "got %d codes and %d factors, wanted as many points", #codes, #factors)
  end
  if #codes < least then fail(who, "got %d points, wanted %d or more", #codes, least) end
  return codes, given.pick(who, factors, chosen)
end

-- classes(who, factors [n K]) -> the same as classes from 0, and a list for each factor of the
-- values they stand for; a factor with one value is an error
function given.classes(who, factors)
  local classes, values = learn.classes(factors)
  for k, list in ipairs(values) do
    if #list < 2 then
      fail(who, "factor %d has one value, %g, wanted two or more (option 'factors' chooses the "
        .. "columns to use)", k, list[1])
    end
  end
  return classes, values
end

-- options of a metric: those of `standard` and, for all, `factors`; see options.read
function given.options(who, o, standard)
  standard.factors = options.any
  return options.read(who, o, standard)
end

-- the stream of a metric: an option of this name, or of the seed
function given.stream(who, o) return o.stream or core.rand.stream(o.seed, who) end

-- details(o, n, more) -> a table that says of how many points and how a score was made
function given.details(o, n, more)
  more.n, more.seed, more.settings = n, not o.stream and o.seed or nil, {}
  for name, value in pairs(o) do
    if name ~= "stream" and not is_tensor(value) then more.settings[name] = value end
  end
  return more
end

return given
