-- Two runs side by side, as a session shows them: their scores, settings and last terms where they
-- differ, and the images of both.
--
--   compare.texts(one, other) -> a list of texts
--   compare.images(one, other) -> a list of {images [n h w c], columns, title}: ten images of the
--     data of `one` and what both make of them, where both decode their codes; else ten samples of
--     each; nothing where one of them does not draw
-- one, other: runs, or whatever has their dir, config, log and view.

local about = require "teasel.run.about"
local core = require "teasel.core"
local json = require "teasel.lib.json"
local tree = require "teasel.tree"

local op = core.op
local compare = {}

local SHOWN = 10   -- images of each

local function scores_of(r)
  local text = core.file.read(r.dir .. "/scores.json")
  local scores = text and json.decode(text)
  return about.numbers(type(scores) == "table" and scores or {})
end

local function last_terms(r)
  local log = r:log()
  return log[#log] or {}
end

-- what two tables of numbers say of the same names
local function beside(title, one, other)
  local names, lines = {}, {}
  for name in pairs(one) do names[name] = true end
  for name in pairs(other) do names[name] = true end
  for _, name in ipairs(tree.keys(names)) do
    local a, b = one[name], other[name]
    local plain = type(a) ~= "table" and type(b) ~= "table"
    if plain and a ~= b then
      lines[#lines + 1] = ("  %-20s %14s %14s"):format(name,
        type(a) == "number" and ("%.6g"):format(a) or tostring(a),
        type(b) == "number" and ("%.6g"):format(b) or tostring(b))
    end
  end
  return title .. (#lines > 0 and "\n" .. table.concat(lines, "\n") or ": the same")
end

function compare.texts(one, other)
  local mine, theirs, texts = scores_of(one), scores_of(other), {}
  if next(mine) or next(theirs) then texts[1] = beside("scores", mine, theirs) end
  texts[#texts + 1] = beside("settings", one.config, other.config)
  texts[#texts + 1] = beside("last terms", last_terms(one), last_terms(other))
  return texts
end

local function same_shape(a, b)
  local s, t = a:shape(), b:shape()
  return s[2] == t[2] and s[3] == t[3] and s[4] == t[4]
end

local function samples(view)
  return view.decode(view.prior(core.rand.stream(1, "samples"), SHOWN))
end

-- ten images of the data of a run; nil where another's are of another shape
local function images_for(one, other)
  local x = one.data:batch(core.rand.stream(1, "reconstruct"), SHOWN)
  local same = other.data and same_shape(x, (other.data:images(core.tensor.tensor{1})))
  return same and x or nil
end

function compare.images(one, other)
  local a, b = one.view, other.view
  if not (a and b) then return {} end
  local x = one.data and a:decodes_codes() and b:decodes_codes() and images_for(one, other)
  if x then
    return {{op.concat({x, a.decode(a.represent(x)), b.decode(b.represent(x))}, 1), #x,
      "rows: images, of this run, of the other"}}
  end
  if not (a.decode and a.prior and b.decode and b.prior) then return {} end
  local mine, theirs = samples(a), samples(b)
  if same_shape(mine, theirs) then
    return {{op.concat({mine, theirs}, 1), SHOWN, "rows: samples of this run, of the other"}}
  end
  return {{mine, SHOWN, "samples of this run"}, {theirs, SHOWN, "samples of the other"}}
end

return compare
