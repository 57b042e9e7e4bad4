-- Terms: the numbers that a training step returns, and their means over a stretch of steps.

local tree = require "teasel.tree"

local terms = {}

-- what a line of the log says beside the means
local TAKEN = {step = true, seconds = true}

-- A term as a number or a list of numbers, or nil and what is wrong with it.
local function value_of(term)
  if tree.is_tensor(term) then
    if term:rank() > 1 then
      return nil, ("a tensor [%s]"):format(table.concat(term:shape(), " "))
    end
    return term:rank() == 0 and term:item() or term:table()
  end
  if type(term) == "number" then return term end
  if type(term) ~= "table" then return nil, ("%s (a %s)"):format(tostring(term), type(term)) end
  local n = 0
  for _ in pairs(term) do n = n + 1 end
  for i = 1, n do
    if type(term[i]) ~= "number" then return nil, "a table that is no list of numbers" end
  end
  return term
end

-- read(returned) -> the terms of a step as numbers and lists of numbers, or nil and a message
function terms.read(returned)
  if type(returned) ~= "table" or tree.is_tensor(returned) then
    return nil, ("the step returned %s, wanted a table of terms, as {loss = loss}"):format(
      tree.is_tensor(returned) and "a tensor" or tostring(returned))
  end
  local values = {}
  for name, term in pairs(returned) do
    if type(name) ~= "string" or TAKEN[name] then
      return nil, ("got a term called %s, wanted a name other than 'step' and 'seconds'"):format(
        type(name) == "string" and "'" .. name .. "'" or tostring(name))
    end
    local value, problem = value_of(term)
    if value == nil then
      return nil, ("the term '%s' is %s, wanted a number or a list of numbers"):format(name,
        problem)
    end
    values[name] = value
  end
  return values
end

-- The name of a term that is not finite, with its value; nil where all are.
function terms.broken(values)
  for _, name in ipairs(tree.keys(values)) do
    local v = values[name]
    for _, item in ipairs(type(v) == "table" and v or {v}) do
      if item ~= item or item == math.huge or item == -math.huge then return name, item end
    end
  end
end

-- numbers(values) -> the names of the terms that are single numbers, of a step or of a line of the
-- log, in order
function terms.numbers(values)
  local names = {}
  for _, name in ipairs(tree.keys(values)) do
    if type(values[name]) == "number" and not TAKEN[name] then names[#names + 1] = name end
  end
  return names
end

-- brief(values [, mark = "  "]) -> one line of these: "kl 0.25", with a mark between them
function terms.brief(values, mark)
  local parts = {}
  for i, name in ipairs(terms.numbers(values)) do
    parts[i] = ("%s %.4g"):format(name, values[name])
  end
  return table.concat(parts, mark or "  ")
end

-- curves(log, units) -> of a log's terms that are single numbers, but for the megabytes in use,
-- {name, unit}, as figure.curves takes them; units: by name, where they are known
function terms.curves(log, units)
  local list = {}
  for _, name in ipairs(terms.numbers(log[#log] or {})) do
    if name ~= "live_mb" then list[#list + 1] = {name, units[name] or name} end
  end
  return list
end

-- Means: each term's mean is over the steps that returned it, each item's over those that had it.
local Means = {}
Means.__index = Means

-- means(kept) -> the means of no step so far, or of those whose sums and counts were kept. Older
-- checkpoints kept one count `n` for all terms.
function terms.means(kept)
  kept = kept or {sum = {}, count = {}}
  local count = kept.count
  if not count then
    count = {}
    for name, sum in pairs(kept.sum) do
      count[name] = kept.n
      if type(sum) == "table" then
        count[name] = {}
        for i = 1, #sum do count[name][i] = kept.n end
      end
    end
  end
  return setmetatable({sum = kept.sum, count = count}, Means)
end

local function add(sum, count, key, v)
  sum[key], count[key] = (sum[key] or 0) + v, (count[key] or 0) + 1
end

-- add(values) -> true, or nil and a message where a term was a list before and is none now
function Means:add(values)
  local sum, count = self.sum, self.count
  for name, v in pairs(values) do
    if sum[name] ~= nil and type(sum[name]) ~= type(v) then
      return nil, ("the term '%s' is %s, in a step before it was %s"):format(name,
        type(v) == "table" and "a list" or "a number",
        type(v) == "table" and "a number" or "a list")
    end
    if type(v) == "table" then
      sum[name], count[name] = sum[name] or {}, count[name] or {}
      for i, item in ipairs(v) do add(sum[name], count[name], i, item) end
    else
      add(sum, count, name, v)
    end
  end
  return true
end

function Means:get()
  local mean = {}
  for name, sum in pairs(self.sum) do
    local count = self.count[name]
    if type(sum) == "table" then
      mean[name] = {}
      for i, item in ipairs(sum) do mean[name][i] = item / count[i] end
    else
      mean[name] = sum / count
    end
  end
  return mean
end

-- what terms.means takes; further steps do not change it
function Means:kept()
  local function copy(t)
    local new = {}
    for k, v in pairs(t) do new[k] = type(v) == "table" and copy(v) or v end
    return new
  end
  return {sum = copy(self.sum), count = copy(self.count)}
end

return terms
