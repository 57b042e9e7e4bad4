-- What print(run) shows: the experiment and its claim, how far it came, with which settings, and
-- what it left.
--
--   about(run) -> a text of a few lines
--   about.numbers(t) -> {name = number}: of terms or scores those that say what was found

local core = require "teasel.core"
local file_name = require "teasel.run.file_name"
local json = require "dkjson"
local settings = require "teasel.run.settings"
local tree = require "teasel.tree"

local file, system = core.file, core.system

local WIDTH, MARGIN = 100, 10

-- numbers of scores.json and the log that say how something was found, not what
local ASIDE = {step = true, seconds = true, peak_bytes = true, live_mb = true, images = true,
  of = true}

-- The first sentence or two of a script's head, up to an empty line, and its claim: what stands
-- behind the word Claim and in the lines below it that are indented.
local function head_of(script)
  local title, claim, at = {}, {}, "title"
  for line in (script or ""):gmatch "([^\n]*)\n" do
    local said = line:match "^%-%-+ ?(.*)"
    if not said then break end
    local word, rest = said:match "^(%u%l+)%s%s+(.*)"
    if word then at, said = word, rest end
    if said == "" then at = nil end
    local list = at == "title" and title or at == "Claim" and claim
    if list then list[#list + 1] = said:match "^%s*(.*)" end
  end
  return table.concat(title, " "), table.concat(claim, " ")
end

-- name and text in lines, the text of all behind the margin
local function paragraph(lines, name, text)
  if text == "" then return end
  local line = name .. (" "):rep(MARGIN - #name)
  local empty = true
  for word in text:gmatch "%S+" do
    if not empty and utf8.len(line .. " " .. word) > WIDTH then
      lines[#lines + 1] = line
      line, empty = (" "):rep(MARGIN), true
    end
    line = line .. (empty and "" or " ") .. word
    empty = false
  end
  lines[#lines + 1] = line
end

local about = {}

-- The numbers of a table, and those called value of tables in it.
function about.numbers(t)
  local found = {}
  for name, value in pairs(t) do
    if type(value) == "table" then value = value.value end
    if type(value) == "number" and not ASIDE[name] then found[name] = value end
  end
  return found
end

-- "name 0.25, other 3"
local function numbers_of(t)
  local found, parts = about.numbers(t), {}
  for i, name in ipairs(tree.keys(found)) do parts[i] = ("%s %.4g"):format(name, found[name]) end
  return table.concat(parts, ", ")
end

local function settings_of(config)
  local parts = {}
  for i, name in ipairs(settings.differing(config)) do
    parts[i] = ("%s = %s"):format(name, file_name.value(config[name]))
  end
  return #parts > 0 and table.concat(parts, ", ") or "all as in the script"
end

local function figures_of(dir)
  local names = {}
  for _, name in ipairs(system.list(dir .. "/figures") or {}) do
    if name:find "%.png$" then names[#names + 1] = name end
  end
  return table.concat(names, ", ")
end

setmetatable(about, {__call = function(_, run)
  local lines = {}
  local title, claim = head_of(file.read(run.dir .. "/script.lua"))
  local log, scores = run:log(), file.read(run.dir .. "/scores.json")
  local seconds = run.note.seconds
  paragraph(lines, "Run", run.dir)
  paragraph(lines, "Script", title)
  paragraph(lines, "Claim", claim)
  paragraph(lines, "Step", ("%d of %d%s"):format(run.step, run.config.steps,
    seconds and (", %.0f s"):format(seconds) or ""))
  paragraph(lines, "Settings", settings_of(run.config))
  paragraph(lines, "Terms", numbers_of(log[#log] or {}))
  paragraph(lines, "Scores", numbers_of(scores and json.decode(scores) or {}))
  paragraph(lines, "Figures", figures_of(run.dir))
  return table.concat(lines, "\n")
end})

return about
