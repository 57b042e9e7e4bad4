-- What codes have to do with known factors, in a few numbers that every report begins with.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local beta_vae = require "teasel.metric.beta_vae"
local diagnosis = require "teasel.report.diagnosis"
local fail = require "teasel.lib.fail"
local statistic = require "teasel.metric.lib.statistic"
local mig = require "teasel.metric.mig"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local learn, op = core.learn, core.op
local followers = {}

local BINS = 10          -- that factors are put in which have about as many values as points
local FOLLOWS = 0.5      -- |r| from which on a code is said to have learned a factor
local TELLS = 0.25       -- or of the factor's entropy what the code tells of it

-- The factors, how many values each has, and whether they were put in bins: where one has about as
-- many values as there are points, all that have more than 10 are.
local function shared(factors)
  local _, values = learn.classes(factors)
  local columns, counts, in_bins = {}, {}, false
  for _, list in ipairs(values) do
    in_bins = in_bins or #list > BINS and 2 * #list > #factors
  end
  for k, list in ipairs(values) do
    local many = in_bins and #list > BINS
    local column = ops.slice(factors, 2, k, k)
    columns[k], counts[k] = many and learn.bins(column, BINS, true) or column,
      many and BINS or #list
  end
  return op.concat(columns, 2), counts, in_bins
end

-- For each factor the code that follows it most, by the correlation of codes and factor.
local function most_alike(codes, factors, names)
  local list = {}
  local r = statistic.correlations(codes, factors):table()
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

-- Adds to each follower the code that tells most of the factor, and the share of the factor's
-- entropy that it tells: a code that turns with an angle is not correlated with it. What a code
-- tells by chance, in its bins and the factor's values, is taken off (Miller 1955).
local function add_information(list, details, counts, n)
  for k, f in ipairs(list) do
    local chance = (details.settings.bins - 1) * (counts[k] - 1) / (2 * n)
    f.informed, f.share = f.unit, 0
    for d, row in ipairs(details.matrix) do
      local share = details.entropies[k] > 0 and (row[k] - chance) / details.entropies[k] or 0
      if share > f.share then f.informed, f.share = d, share end
    end
  end
  return list
end

-- The factors that have more than one value, with their names, and the names of the others.
local function varied(factors, names)
  local _, values = learn.classes(factors)
  local columns, kept, still = {}, {}, {}
  for k, list in ipairs(values) do
    if #list > 1 then
      columns[#columns + 1], kept[#kept + 1] = ops.slice(factors, 2, k, k), names[k]
    else
      still[#still + 1] = names[k]
    end
  end
  if #still == 0 or #kept == 0 then return factors, names, {} end
  return op.concat(columns, 2), kept, still
end

-- of(codes [n D], factors [n K], data, {seed = 0, higgins =}) -> what codes of all images of a set
-- have to do with its factors: the code that follows each most, by its correlation, and the one
-- that tells most of it; the metric of Higgins et al. (2017) over the factors of these names
-- (default: all), MIG. Where a factor has about as many values as there are points, all that have
-- more than 10 are put in 10 bins for the two metrics (factor_bins). Factors that do not vary have
-- no scores, and are named (constant).
function followers.of(codes, factors, data, o)
  o = options.read("report.factors", o, {seed = 0, higgins = options.any})
  local all, names, still = numbers(o.higgins, data.factor_names), nil, nil
  factors, names, still = varied(factors, data.factor_names)
  local number, chosen = {}, {}
  for k, name in ipairs(names) do number[name] = k end
  for _, k in ipairs(all) do chosen[#chosen + 1] = number[data.factor_names[k]] end
  local classes, counts, in_bins = shared(factors)
  local value, details = beta_vae(codes, classes, {seed = o.seed, factors = chosen})
  local gap, told = mig(codes, classes)
  local counted = {}
  for i, k in ipairs(chosen) do counted[i] = names[k] end
  return {images = data:count(), of = whole_count(data), factor_bins = in_bins and BINS or nil,
    constant = #still > 0 and still or nil,
    followers = add_information(most_alike(codes, factors, names), told, counts, #codes),
    higgins = {value = value, n = details.n, seed = o.seed, settings = details.settings,
      factors = counted},
    mig = {value = gap, n = data:count()}}
end

-- as it is printed: -.91
local function correlation(r)
  return ("%s%s"):format(r < 0 and "-" or "", (("%.2f"):format(math.abs(r)):gsub("^0", "")))
end

-- print_read(title, read [n D], known [n K], names): a line with |r| of column k of what was read
-- and of what is known, for each name
function followers.print_read(title, read, known, names)
  check.list("report.print_read", "names", names, check.string)
  local D, K = read:rank() == 2 and read:shape()[2], known:rank() == 2 and known:shape()[2]
  if not (D and K and #read == #known and #names <= math.min(D, K)) then
    fail("report.print_read: got [%s] and [%s] and %d names, wanted [n D] and [n K] and no more "
      .. "names than columns", table.concat(read:shape(), " "), table.concat(known:shape(), " "),
      #names)
  end
  local r, list = statistic.correlations(read, known):table(), {}
  for k, name in ipairs(names) do list[k] = ("%s %.3f"):format(name, math.abs(r[k][k])) end
  print(("%-24s |r| of %s"):format(title, table.concat(list, ", ")))
end

-- The code that has learned a factor, of its follower, and whether that is seen by r or by the
-- share that it tells; nil where none has. kl: as below
local function learner(f, kl)
  local function alive(unit) return not kl or diagnosis.moves(kl[unit]) end
  if math.abs(f.r) >= FOLLOWS and alive(f.unit) then return f.unit, "r" end
  if f.share >= TELLS and alive(f.informed) then return f.informed, "share" end
end

-- learned(list [, kl]) -> {[code] = {"posX r -.91", "shape 40 %" ...}}: the factors that each code
-- has learned, see `sentence`
function followers.learned(list, kl)
  local learned = {}
  for _, f in ipairs(list) do
    local unit, how = learner(f, kl)
    if unit then
      local own = learned[unit] or {}
      own[#own + 1] = how == "r" and ("%s r %s"):format(f.factor, correlation(f.r))
        or ("%s %.0f %%"):format(f.factor, 100 * f.share)
      learned[unit] = own
    end
  end
  return learned
end

-- sentence(list, name_of [, kl]) -> what was learned, in words: of each follower the code whose
-- correlation with the factor is .5 or more, or else the one that tells a quarter of its entropy or
-- more, or none. kl: of each unit in nats, where it is known: one that is not in use has learned
-- nothing.
function followers.sentence(list, name_of, kl)
  local parts = {}
  for i, f in ipairs(list) do
    local r, unit, how = correlation(f.r), learner(f, kl)
    if how == "r" then
      parts[i] = ("%s by %s, r %s"):format(f.factor, name_of(unit), r)
    elseif how == "share" then
      parts[i] = ("%s by %s, which tells %.0f %% of it"):format(f.factor, name_of(unit),
        100 * f.share)
    elseif math.abs(f.r) >= FOLLOWS then
      parts[i] = ("%s by none (%s has r %s, but no information)"):format(f.factor, name_of(f.unit),
        r)
    else
      parts[i] = ("%s by none (r %s at best)"):format(f.factor, r)
    end
  end
  return "learned: " .. table.concat(parts, "; ")
end

-- print(scores, name_of): the table that `of` gives; name_of(d) is what column d of the codes is
-- called
function followers.print(scores, name_of)
  for _, f in ipairs(scores.followers) do
    print(("%-12s %-4s r = %+.2f"):format(f.factor, name_of(f.unit), f.r))
  end
  print(scores.learned or followers.sentence(scores.followers, name_of))
  local part = scores.images < scores.of
    and " - of a part of the data, not to be compared with papers" or ""
  print(("Higgins' metric (%s; L = %d, %d test points)  %.2f %%"):format(
    table.concat(scores.higgins.factors, ", "), scores.higgins.settings.batch,
    scores.higgins.settings.test, 100 * scores.higgins.value))
  print(("MIG (%d factors, %d images%s)  %.3f"):format(#scores.followers, scores.images, part,
    scores.mig.value))
  if scores.constant then
    print("factors that do not vary, without scores: " .. table.concat(scores.constant, ", "))
  end
  if scores.factor_bins then
    print(("both metrics: factors of more than %d values in %d bins"):format(scores.factor_bins,
      scores.factor_bins))
  end
end

return followers
