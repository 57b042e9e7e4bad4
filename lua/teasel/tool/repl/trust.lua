-- Opening a run that somebody else may have made: it asks first, for opening executes the script.
-- One whose script is that of an experiment here, byte for byte, and one that came with teasel are
-- opened as one's own: whoever has teasel has them already.
--
--   trust.open(dir, {which =, trust =, ask =}) -> what run.open returns
--   trust.may(dir, {trust =, ask =}) -> the run's folder, if it may be opened; nil and a message
--     trust  true: opens any run without a question
--     ask    f(text) -> whether the user wants it; nil where nobody can be asked, and such a run is
--            refused

local core = require "teasel.core"
local maker = require "teasel.run.maker"
local packed = require "teasel.run.packed"
local pretrained = require "teasel.run.pretrained"
local run = require "teasel.run"

local trust = {}

-- where the experiments of these sources are
local EXPERIMENTS = package.searchpath("teasel.run", package.path):gsub("lua/teasel/run/init%.lua$",
  "experiments")

-- the text is that of an experiment
local function is_experiment(text)
  for _, name in ipairs(core.system.list(EXPERIMENTS) or {}) do
    local own = name:find "%.lua$" and core.file.read(EXPERIMENTS .. "/" .. name)
    if own == text then return true end
  end
  return false
end

local trusted = {}   -- scripts that the user said yes to, in this process

function trust.may(dir, o)
  local came_with, message = pretrained.path(dir), nil
  dir, message = packed.folder(dir)
  if not dir then return nil, message end
  local own, why = maker.is_own(dir)
  local text = core.file.read(dir .. "/script.lua")
  if text and not (own or came_with or o.trust or trusted[text] or is_experiment(text)) then
    local _, lines = text:gsub("\n", "")
    local said = ("%s may not be yours: %s. Opening it executes its script.lua (%d lines), which "
      .. "may do whatever you may."):format(dir, why, lines)
    if not o.ask then return nil, said .. " Read it, then give --trust." end
    if not o.ask(said .. " Open it? [y/N] ") then return nil, dir .. ": not opened" end
    trusted[text] = true
  end
  return dir
end

function trust.open(dir, o)
  local folder, message = trust.may(dir, o)
  if not folder then return nil, message end
  return run.open(folder, o.which)
end

return trust
