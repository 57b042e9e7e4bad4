-- What can be asked of scores: the options of the command line and of teasel.report.score.

local all = require "teasel.metric.all"
local fail_with = require "teasel.lib.fail"
local merged = require "teasel.lib.merged"
local options = require "teasel.options"

local score_options = {}

local defaults = {
  metrics = "",              -- names with commas between them; all; "": all but the slow ones. A
                             -- metric of your own is a file of Lua, as gap.lua, that returns a
                             -- function(codes, factors, options) -> score, details (or no details)
  seed = 0,                  -- of every draw
  codes = "",                -- FILE or FILE:ARRAY with codes, in place of a source
  factors = "",              -- names or numbers of those that count; "": all; beside --codes their
                             -- FILE, FILE:ARRAY or, of a table or .npy, FILE:COLUMN,COLUMN
  representation = "mean",   -- of a run; or raw, pca, ica, truth, untrained
  factor_bins = 0,           -- of a factor's range, if it has more values; 0: every value counts
  points = 0,                -- images that are drawn; 0: all (of raw pixels: 10,000)
  checkpoint = "newest",     -- of a run; best; or the step of one that is kept
  resamples = 20,            -- for the intervals of cheap metrics
  out = "",                  -- the JSON; "": RUN/metrics.json or FILE.metrics.json, with the
                             -- options in its name that are not these
  threads = 0,               -- 0: as many as there are processors
}

score_options.defaults = defaults
score_options.SOURCE = debug.getinfo(1, "S").source:sub(2)   -- where --help reads what they mean

-- each pixel is a code: what takes no minutes for thousands of them
score_options.RAW = {points = 10000, metrics = "beta_vae,mig,modularity,irs,factor_vae"}

local function fail(form, ...) fail_with("score: " .. form, ...) end

-- defaults, and what only a caller in Lua can give: `more` rows, see teasel.metric.all
function score_options.read(o)
  o = options.read("score", o, merged(defaults, {more = {}}))
  if o.codes ~= "" then
    fail("got the option 'codes', wanted {codes = path, factors = path} as the source")
  end
  if o.points < 0 or o.resamples < 0 then
    fail("got %d points and %d resamples, wanted 0 or more", o.points, o.resamples)
  end
  if o.factor_bins < 0 then fail("got %d factor_bins, wanted 0 or more", o.factor_bins) end
  return o
end

-- names with commas between them as a list; nil: all
function score_options.split(names)
  if names == "" or names == "all" then return nil end
  local list = {}
  for name in names:gmatch "[^,%s]+" do list[#list + 1] = name end
  return list
end

-- the metric that a file of Lua returns
local function own_metric(path)
  local chunk, message = loadfile(path, "t")
  if not chunk then fail("--metrics: %s", message) end
  local metric = chunk()
  if type(metric) ~= "function" then
    fail("--metrics: %s: returns %s, wanted a function(codes, factors, options) -> score, details",
      path, tostring(metric))
  end
  return metric
end

-- rows(options) -> what teasel.metric.all takes as `only` and `more`: files of Lua in `metrics`
-- are rows of their own
function score_options.rows(o)
  local list = score_options.split(o.representation == "raw" and o.metrics == ""
    and score_options.RAW.metrics or o.metrics)
  local more, only, seen = table.move(o.more, 1, #o.more, 1, {}), list and {}, {}
  for _, name in ipairs(list or {}) do
    local own = name:match "([^/]+)%.lua$"
    if own then
      if seen[own] or pcall(all.rows, {own}) then
        fail("--metrics: got %s, wanted a file with another name than '%s', which is that of %s",
          name, own, seen[own] or "a metric of teasel")
      end
      more[#more + 1], seen[own] = {own, own_metric(name)}, name
    else
      only[#only + 1] = name
    end
  end
  return only, more
end

-- a list of names or numbers as numbers of columns, and their names; nil: all K
function score_options.columns(list, names, K)
  if not list then return nil, names end
  local known, numbers, chosen = {}, {}, {}
  for k, name in ipairs(names or {}) do known[name] = k end
  for i, word in ipairs(list) do
    local k = known[word] or math.tointeger(tonumber(word))
    if not k and not names then
      fail("--factors: got the option '%s', wanted numbers of columns, 1..%d: a file has no names",
        word, K)
    end
    if not k then options.unknown("score: --factors", word, known) end
    numbers[i], chosen[i] = k, names and names[k]
  end
  return numbers, names and chosen
end

return score_options
