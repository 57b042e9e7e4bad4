-- Metrics that learn: some of the points are learned from, others are scored.

local classing = require "teasel.metric.lib.classing"
local core = require "teasel.core"
local dlib = require "teasel.metric.lib.dlib"
local measured = require "teasel.metric.lib.measured"
local ops = require "teasel.op.composed"
local option = require "teasel.metric.lib.option"
local options = require "teasel.options"

local fail, learn, op = option.fail, core.learn, core.op
local halves = {}

local defaults = {
  seed = 0,               -- of the draw of the points of both parts
  stream = options.any,   -- instead of the seed's
  train = 10000,          -- points to learn from; of fewer than both, two thirds
  test = 5000,            -- points to be tested on
  test_codes = options.any, test_factors = options.any,   -- points of their own to be tested on
  compat = options.any,   -- "dlib": points as disentanglement_lib draws them
}

-- options(own) -> the options of a metric that learns from some points and is scored on others:
-- those and its own
function halves.options(own)
  for name, value in pairs(defaults) do own[name] = value end
  return own
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
  local order = option.stream(who, o):permutation(n)
  return ops.slice(order, 1, 1, train), ops.slice(order, 1, train + 1, train + test)
end

-- draw(who, codes, factors, o) -> x [n D], y [n K], x2 [m D], y2 [m K], values: points to learn
-- from and others to be scored on, y as classes from 0 (see classing.classes) and -1 in y2 for a
-- value that y lacks. The second ones are test_codes and test_factors where they are given;
-- else both are drawn from the points, without repeats: o.train and o.test of them, or, where
-- there are fewer, two thirds and one third.
function halves.draw(who, codes, factors, o)
  codes, factors = measured.arrays(who, codes, factors, 6, o.factors)
  local x, y, x2, y2 = codes, factors, o.test_codes, o.test_factors
  if x2 then
    x2, y2 = measured.arrays(who, x2, y2, 1, o.factors)
    if x2:shape()[2] ~= x:shape()[2] or y2:shape()[2] ~= y:shape()[2] then
      fail(who, "got %d codes and %d factors to be tested on, wanted %d and %d", x2:shape()[2],
        y2:shape()[2], x:shape()[2], y:shape()[2])
    end
  else
    local first, second = two_parts(who, factors, o)
    x, y = op.take(codes, first), op.take(factors, first)
    x2, y2 = op.take(codes, second), op.take(factors, second)
  end
  local classes, values = classing.classes(who, y)
  return x, classes, x2, learn.recode(y2, values), values
end

return halves
