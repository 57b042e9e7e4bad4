-- Factors as classes: where a metric wants classes, each distinct value of a factor is one.

local core = require "teasel.core"
local option = require "teasel.metric.lib.option"

local fail, learn = option.fail, core.learn
local classing = {}

local MANY = 20   -- values of a factor that few points may have

-- A factor with about as many values as points is an error: it is a number, and a class of one or
-- two points says nothing. counts: of each factor's values among n points.
local function check_shared(who, counts, n)
  for k, many in ipairs(counts) do
    if many > MANY and 2 * many > n then
      fail(who, "factor %d has %d values among %d points, wanted classes that points share (option "
        .. "'factor_bins', of score, of metric.all and of the metric if it has one, puts it in "
        .. "bins)", k, many, n)
    end
  end
end

-- a factor with one value is an error, and so are fewer than `least` factors
local function check_varied(who, counts, least)
  for k, many in ipairs(counts) do
    if many < 2 then
      fail(who, "factor %d has one value, wanted two or more (option 'factors' chooses the columns "
        .. "to use; of a file beside --codes, as FILE:COLUMN,COLUMN)", k)
    end
  end
  if #counts < least then fail(who, "got one factor, wanted two or more") end
end

local function counts_of(values)
  local counts = {}
  for k, list in ipairs(values) do counts[k] = #list end
  return counts
end

-- factors [n K] as classes from 0, and a list for each factor of the values they stand for; classes
-- that points share, see check_shared
local function values_of(who, factors)
  local classes, values = learn.classes(factors)
  check_shared(who, counts_of(values), #factors)
  return classes, values
end

-- classes(who, factors [n K] [, least]) -> factors that vary, `least` (1) or more, as classes from
-- 0, and a list for each of the values they stand for
function classing.classes(who, factors, least)
  local classes, values = values_of(who, factors)
  check_varied(who, counts_of(values), least or 1)
  return classes, values
end

-- groups(who, factors) -> the points by their values (core.learn.groups), checked: as by classes,
-- two factors or more, each with a value that two points have
function classing.groups(who, factors)
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

return classing
