-- scores.json of a run: what it scored, each under its name, all of one step. What is written joins
-- what is there of the same step, so that a script's own scores and those of a report stand beside
-- each other; what is there of another step goes.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local merged = require "teasel.lib.merged"
local tree = require "teasel.tree"

local score_file = {}

local PLAIN = {number = true, string = true, boolean = true}

-- a table, and no object but one that says how it is written
local function is_table(value)
  local meta = getmetatable(value)
  return type(value) == "table" and (not meta or meta.__jsontype ~= nil)
end

-- A score as JSON has it: of a tensor its numbers. The names of those that are not finite go into
-- `lost`.
local function plain(name, value, lost)
  if tree.is_tensor(value) then value = value:rank() == 0 and value:item() or value:table() end
  if is_table(value) then
    local copy = {}
    for key, item in pairs(value) do copy[key] = plain(name .. "." .. tostring(key), item, lost) end
    return setmetatable(copy, getmetatable(value))
  elseif not PLAIN[type(value)] then
    fail("run:scores: '%s': got a %s, wanted numbers, strings, booleans, tensors, tables of these",
      name, type(value))
  elseif type(value) == "number" and value - value ~= 0 then
    lost[#lost + 1] = name
  end
  return value
end

-- write(dir, step, scores) -> the path of scores.json in a run's directory. `step`, where the
-- scores name none, is that of the run. What is not finite is named on the error stream; nan is
-- written as null.
function score_file.write(dir, step, scores)
  local path, lost = dir .. "/scores.json", {}
  local fresh = {step = step}
  for name, value in pairs(scores) do fresh[name] = plain(tostring(name), value, lost) end
  local there = json.decode(core.file.read(path) or "", 1, json.null)
  local stays = type(there) == "table" and there.step == fresh.step
  local all = merged(stays and there or {}, fresh)
  directory.write(path, json.encode(all, {indent = true, keyorder = tree.keys(all)}) .. "\n")
  if #lost > 0 then
    table.sort(lost)
    io.stderr:write(("%s: not finite: %s\n"):format(path, table.concat(lost, ", ")))
  end
  return path
end

check.functions("score_file.", score_file, {write = "dir: string, step: any, scores: table"})

return score_file
