-- One metric under several protocols: what a score owes to what a paper leaves open.
--
--   local rows = T.protocol.compare({{"pca", codes, factors}, {"raw", pixels, factors}},
--     {{"default", {}}, {"Adagrad", {steps = 3000, batch = 200}}}, {factors = {2, 3, 4, 5}})
--   local row, gap = T.protocol.nearest(rows, {pca = 84.9, raw = 45.75})
--
-- The metric is that of Higgins et al. (teasel.metric.beta_vae); all scores are in per cent.

local beta_vae = require "teasel.metric.beta_vae"
local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local merged = require "teasel.lib.merged"

local protocol = {}

local SHOWN = 100   -- steps of Adagrad from which on scores are shown
local DRAWS = 3     -- of pairs for each seed, as many as the paper's classifiers for each model

local function printed(label, names, values)
  local cells = {}
  for i, name in ipairs(names) do
    cells[i] = type(values) == "table" and ("%12.1f"):format(values[name])
      or ("%12s"):format(name:sub(1, 12))
  end
  print(("%-30s"):format(label) .. table.concat(cells))
end

-- sets as they have to be: {name, codes, factors} each
local function checked(who, what, sets)
  check.tables(who, what, sets)
  for i, set in ipairs(sets) do
    if type(set[1]) ~= "string" then
      check.wrong(who, ("argument '%s', item %d"):format(what, i), set, "{name, codes, factors}")
    end
  end
  return sets
end

-- compare(sets, choices [, common]) -> a list of rows {label =, options =, steps =, values =}, and
-- prints them. sets: {name, codes [n D], factors [n K]} each; choices: {label, options of beta_vae}
-- each, to which the common ones are added. A choice with `steps` has a row for each 1, 2, 5, 10
-- ... of them; those from 100 on are printed. values: the score of each set by its name.
function protocol.compare(sets, choices, common)
  if #sets == 0 then fail "protocol.compare: got no sets, wanted one or more" end
  local names, rows = {}, {}
  for i, set in ipairs(checked("protocol.compare", "sets", sets)) do names[i] = set[1] end
  for i, choice in ipairs(choices) do
    if type(choice[1]) ~= "string" or type(choice[2]) ~= "table" then
      check.wrong("protocol.compare", ("argument 'choices', item %d"):format(i), choice,
        "{label, options}")
    end
  end
  printed("Higgins' metric, %", names)
  for _, choice in ipairs(choices) do
    local label, first = choice[1], #rows
    for _, set in ipairs(sets) do
      local value, details = beta_vae(set[2], set[3], merged(common or {}, choice[2]))
      for i, at in ipairs(details.curve or {{score = value}}) do
        local row = rows[first + i] or {options = choice[2], steps = at.step, values = {},
          label = at.step and ("%s, %d steps"):format(label, at.step) or label}
        row.values[set[1]], rows[first + i] = 100 * at.score, row
      end
    end
    for i = first + 1, #rows do
      if (rows[i].steps or SHOWN) >= SHOWN then printed(rows[i].label, names, rows[i].values) end
    end
  end
  return rows
end

-- nearest(rows, published) -> the row whose values are nearest to published ones, by name, and how
-- far they are away on average
function protocol.nearest(rows, published)
  local best, least = nil, math.huge
  for _, row in ipairs(rows) do
    check.fields("protocol.nearest", "rows", row, {"values"})
    local sum, n = 0, 0
    for name, value in pairs(published) do
      if row.values[name] then sum, n = sum + math.abs(row.values[name] - value), n + 1 end
    end
    if n > 0 and sum / n < least then best, least = row, sum / n end
  end
  if not best then
    fail("protocol.nearest: got %d rows without a published value, wanted one or more with", #rows)
  end
  return best, least
end

-- again(row, repeats, sets_of [, common]) -> a list of scores for each set by its name: under a
-- row of `compare`, with sets_of(seed) for the seeds 1 .. repeats and three draws of pairs for each
function protocol.again(row, repeats, sets_of, common)
  local scores = {}
  check.table("protocol.again", "options of the row", row.options)
  for seed = 1, repeats do
    for _, set in ipairs(checked("protocol.again", "sets_of", sets_of(seed))) do
      local list = scores[set[1]] or {}
      scores[set[1]] = list
      for draw = 1, DRAWS do
        list[#list + 1] = 100 * beta_vae(set[2], set[3], merged(common or {}, row.options,
          {seed = DRAWS * seed + draw, steps = row.steps or 0}))
      end
    end
  end
  return scores
end

local function summary(list, n)
  local mean, square = 0, 0
  for i = 1, n do mean = mean + list[i] / n end
  for i = 1, n do square = square + (list[i] - mean) ^ 2 / math.max(1, n - 1) end
  return mean, math.sqrt(square)
end

-- halves(scores) -> mean, deviation of all scores; and of the better half of them, as figure 6 of
-- Higgins et al. counts
function protocol.halves(scores)
  check.numbers("protocol.halves", "scores", scores)
  local list = table.move(scores, 1, #scores, 1, {})
  table.sort(list, function(a, b) return a > b end)
  local mean, sd = summary(list, #list)
  return mean, sd, summary(list, (#list + 1) // 2)
end

check.functions("protocol.", protocol, {
  compare = "sets: tables, choices: tables, common: table?", halves = "scores: numbers",
  nearest = "rows: tables, published: table",
  again = "row: table(options), repeats: count, sets_of: callable, common: table?",
})

return protocol
