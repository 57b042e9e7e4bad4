-- Unsupervised disentanglement ranking (Duan et al. 2020) as disentanglement_lib counts it: models
-- that agree on their codes up to order and sign are likely to be disentangled. For each ordered
-- pair of models, R[a][b] says how much code a of the one has to do with code b of the other: |w|
-- of a lasso from all codes a to code b, or |Spearman's correlation|; the pair's value is
--   (mean over b of max_a R^2 / sum_a R  +  mean over a of max_b R^2 / sum_b R) / 2,
-- 0 for a row of zeros, and a model's score is the median of its values as the second one. Codes of
-- a mean KL up to a threshold say nothing and are left out; if none is left the value is 0.
-- There is no interval: the values of a model all share its codes and so vary less than those of
-- models drawn afresh would; the details have them all.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local learn, op = core.learn, core.op
local WHO = "udr"

local defaults = {
  method = "lasso",     -- or "spearman"
  alpha = 0.1,          -- of the lasso
  kl = options.any,     -- for each model a list, the mean KL of each code; nil: all count
  threshold = 0.01,     -- of the KL
  seed = 0,             -- nothing is drawn
}

local udr = {}

-- strength(R) -> the value of a matrix with rows and columns
function udr.strength(R)
  local function half(at, m, n)
    local sum = 0
    for i = 1, m do
      local top, total = 0, 0
      for j = 1, n do top, total = math.max(top, at(i, j)), total + at(i, j) end
      sum = sum + (total > 0 and top * top / total or 0)
    end
    return m > 0 and sum / m or 0
  end
  local m, n = #R, R[1] and #R[1] or 0
  return (half(function(i, j) return R[i][j] end, m, n) +
    half(function(i, j) return R[j][i] end, n, m)) / 2
end

-- the columns that count, as a tensor, or nil
local function active(codes, kl, threshold)
  if not kl then return codes end
  local list = {}
  for d, v in ipairs(kl) do
    if v > threshold then list[#list + 1] = ops.slice(codes, 2, d, d) end
  end
  return #list > 0 and op.concat(list, 2) or nil
end

local relations = {}

function relations.lasso(a, b, o)
  local w = learn.lasso(a, b, o.alpha)
  local R = {}
  for d = 1, #w[1] do
    R[d] = {}
    for e, row in ipairs(w) do R[d][e] = math.abs(row[d]) end
  end
  return R
end

function relations.spearman(a, b)
  local R = statistic.spearman(a, b)
  for _, row in ipairs(R) do
    for e, r in ipairs(row) do row[e] = math.abs(r) end
  end
  return R
end

-- the codes of each model that count, or false, and the number of points
local function read(models, o)
  local list, n = {}, nil
  if type(models) ~= "table" or #models < 2 then
    option.fail(WHO, "got %s, wanted a list of the codes of two models or more for the same points",
      type(models) == "table" and "codes of fewer" or type(models))
  end
  for i, codes in ipairs(models) do
    if type(codes) == "table" and measured.is_set(codes[1]) then
      codes = measured.encode(codes[1], codes[2], WHO)
    end
    codes = measured.arrays(WHO, codes, codes, 2, nil, o.method == "spearman")
    n = n or #codes
    if #codes ~= n then
      option.fail(WHO, "got %d points of model %d, wanted %d as of model 1", #codes, i, n)
    end
    local kl = o.kl and o.kl[i]
    if o.kl and (not kl or #kl ~= codes:shape()[2]) then
      option.fail(WHO, "option 'kl': got %s for model %d, wanted a list of %d numbers",
        kl and #kl .. " numbers" or "nothing", i, codes:shape()[2])
    end
    -- ranks are of the codes as they are: less the mean, those near each other might become equal
    if o.method == "lasso" then codes = statistic.standardiser(codes)(codes) end
    list[i] = active(codes, kl, o.threshold) or false
  end
  return list, n
end

-- udr(list of codes [n D_i] or of {data, represent}, nil, options) -> a list of scores, one for
-- each model, details: pairs [i][j], the value of model i's codes for model j's
local function call(_, models, _, o)
  o = options.read(WHO, o, defaults)
  local relate = relations[o.method] or
    option.fail(WHO, "option 'method': got '%s', wanted 'lasso' or 'spearman'", o.method)
  local codes, n = read(models, o)
  local pairs_, scores = {}, {}
  for i, a in ipairs(codes) do
    pairs_[i] = {}
    for j, b in ipairs(codes) do
      pairs_[i][j] = i ~= j and a and b and udr.strength(relate(a, b, o)) or 0
    end
  end
  for j = 1, #codes do
    local list = {}
    for i = 1, #codes do
      if i ~= j then list[#list + 1] = pairs_[i][j] end
    end
    scores[j] = statistic.median(list)
  end
  return scores, option.details(o, n, {pairs = pairs_})
end

check.functions("udr.", udr, {strength = "R: table"})

return setmetatable(udr, {__call = call})
