-- What codes have to do with known factors, in a few numbers that every report begins with.

local core = require "teasel.core"
local beta_vae = require "teasel.metric.beta_vae"
local statistic = require "teasel.metric.lib.statistic"
local mig = require "teasel.metric.mig"
local options = require "teasel.options"

local op = core.op
local followers = {}

-- For each factor the code that follows it most, by the correlation of codes and factor.
local function most_alike(codes, factors, names)
  local list = {}
  local function standardised(x) return statistic.standardiser(x)(x) end
  local r = (op.matmul(standardised(codes), standardised(factors), true) * (1 / #codes)):table()
  for k, name in ipairs(names) do
    local best = 1
    for d = 2, #r do if math.abs(r[d][k]) > math.abs(r[best][k]) then best = d end end
    list[k] = {factor = name, unit = best, r = r[best][k]}
  end
  return list
end

-- names of factors as their numbers among `known`, a list; no names: all
local function numbers(names, known)
  local number, list = {}, {}
  for k, name in ipairs(known) do number[name], list[k] = k, not names and k or nil end
  for i, name in ipairs(names or {}) do
    list[i] = number[name] or options.unknown("report.factors: option 'higgins'", name, number)
  end
  return list
end

-- how many images there are of which the set has all or a part
local function whole_count(data)
  local space = data.space
  while space and space.whole do space = space.whole end
  return space and space:count() or data:count()
end

-- of(codes [n D], factors [n K], data, {seed = 0, higgins =}) -> what codes of all images of a set
-- have to do with its factors: the code that follows each most, the metric of Higgins et al. (2017)
-- over the factors of these names (default: all), MIG. Factors that do not vary have no scores.
function followers.of(codes, factors, data, o)
  o = options.read("report.factors", o, {seed = 0, higgins = options.any})
  local names = data.factor_names
  local chosen = numbers(o.higgins, names)
  local value, details = beta_vae(codes, factors, {seed = o.seed, factors = chosen})
  local counted = {}
  for i, k in ipairs(chosen) do counted[i] = names[k] end
  return {images = data:count(), of = whole_count(data),
    followers = most_alike(codes, factors, names),
    higgins = {value = value, n = details.n, seed = o.seed, settings = details.settings,
      factors = counted},
    mig = {value = (mig(codes, factors)), n = data:count()}}
end

-- print(scores, name_of): the table that `of` gives; name_of(d) is what column d of the codes is
-- called
function followers.print(scores, name_of)
  for _, f in ipairs(scores.followers) do
    print(("%-12s %-4s r = %+.2f"):format(f.factor, name_of(f.unit), f.r))
  end
  local part = scores.images < scores.of
    and " - of a part of the data, not to be compared with papers" or ""
  print(("Higgins' metric (%s; L = %d, %d test points)  %.2f %%"):format(
    table.concat(scores.higgins.factors, ", "), scores.higgins.settings.batch,
    scores.higgins.settings.test, 100 * scores.higgins.value))
  print(("MIG (%d factors, %d images%s)  %.3f"):format(#scores.followers, scores.images, part,
    scores.mig.value))
end

return followers
