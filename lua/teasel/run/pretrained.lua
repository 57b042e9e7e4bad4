-- Runs that come with teasel, packed (teasel.run.packed), so that there is something to explore
-- before anything was trained:
--
--   build/teasel pretrained                -- what there is
--   build/teasel explore beta_vae          -- and repl, score, T.run.open, by name
--
-- A run or file of that name in the working folder comes first. Opening one is as safe as using
-- teasel itself: nobody but who installed it has written there.

local check = require "teasel.lib.check"
local core = require "teasel.core"

local disk, system = core.disk, core.system
local pretrained = {}

-- experiments/pretrained of the sources, or teasel/pretrained of what was installed
local function folder()
  local here = package.searchpath("teasel.run", package.path)
  for _, place in ipairs{"../../../experiments/pretrained", "../pretrained"} do
    local path = here:gsub("init%.lua$", place)
    if system.list(path) then return path end
  end
end

-- names() -> the list of their names, in order
function pretrained.names()
  local at, list = folder(), {}
  for _, file in ipairs(at and system.list(at) or {}) do
    list[#list + 1] = file:match "^([%w_]+)%.zip$"
  end
  table.sort(list)
  return list
end

-- path(name) -> the file of the one of that name; nil where there is none, or where the working
-- folder has a run or a file of that name
function pretrained.path(name)
  local at = name:find "^[%w_]+$" and folder()
  local file = at and ("%s/%s.zip"):format(at, name)
  local own = disk.stat(name .. "/script.lua") or disk.stat(name) == "file"
  return file and disk.stat(file) and not own and file or nil
end

check.functions("pretrained.", pretrained, {path = "name: string"})

return pretrained
