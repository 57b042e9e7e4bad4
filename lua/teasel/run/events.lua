-- A run as TensorBoard sees it: its terms, figures and weights in one file of events in its
-- directory, so that `tensorboard --logdir runs` shows the runs side by side by their names.
--
--   build/teasel tensorboard runs/demo                    -- afterwards, from what the run left
--   build/teasel experiments/x.lua --tensorboard          -- and as it goes
--
-- The terms of the log are scalars, those of several numbers as "unit_kl/1", "unit_kl/2" ...; the
-- weights of checkpoints are histograms, the figures images at the last step. Times are those at
-- which a step was done, counted back from now.

local check = require "teasel.lib.check"
local checkpoint = require "teasel.run.checkpoint"
local core = require "teasel.core"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local tfevents = require "teasel.format.tfevents"
local tree = require "teasel.tree"

local events = {}

local NAME = "events.out.tfevents.1.teasel"
local ASIDE = {step = true, seconds = true}
local MOST = 100   -- scalars of one term

local function finite(x) return x - x == 0 end

-- the values of a line of the log
local function scalars(entry)
  local values = {}
  for _, name in ipairs(tree.keys(entry)) do
    local term = entry[name]
    if type(term) == "number" and not ASIDE[name] then
      values[#values + 1] = tfevents.scalar(name, term)
    elseif type(term) == "table" then
      for i = 1, math.min(#term, MOST) do
        if type(term[i]) == "number" then
          values[#values + 1] = tfevents.scalar(name .. "/" .. i, term[i])
        end
      end
    end
  end
  return values
end

-- the histograms of a state: of all tensors but slots
local function histograms(state)
  local leaves, names = tree.leaves(state)
  local values = {}
  for i, x in ipairs(leaves) do
    if x:size() > 0 and not names[i]:find "%f[%w]slots%f[^%w]" and finite(x:sum():item()) then
      values[#values + 1] = tfevents.histogram((names[i]:gsub("%.", "/")), x)
    end
  end
  return values
end

local function images(dir)
  local values = {}
  for _, name in ipairs(core.system.list(dir .. "/figures") or {}) do
    local png = name:find "%.png$" and core.file.read(dir .. "/figures/" .. name)
    if png then values[#values + 1] = tfevents.image("figures/" .. name:gsub("%.png$", ""), png) end
  end
  return values
end

-- write(dir, now) -> the path of the file of events that a run's directory has then, and how many
-- scalars, histograms and images are in it; nil and a message. Executes nothing. now: the time of
-- the last step, in seconds since 1970 (default: this moment)
function events.write(dir, now)
  local log, counts = directory.log(dir), {scalars = 0, histograms = 0, images = 0}
  local last = log[#log]
  local start = (now or os.time()) - (last and last.seconds or 0)
  local parts, times = {tfevents.begin(start)}, {}
  local function add(kind, step, values)
    if #values > 0 then parts[#parts + 1] = tfevents.event(times[step] or start, step, values) end
    counts[kind] = counts[kind] + #values
  end
  for _, entry in ipairs(log) do
    times[entry.step] = start + (entry.seconds or 0)
    add("scalars", entry.step, scalars(entry))
  end
  for _, step in ipairs(directory.steps(dir)) do
    local state = checkpoint.load(directory.checkpoint(dir, step))
    if state then add("histograms", step, histograms(state)) end
  end
  add("images", last and last.step or 0, images(dir))
  local path = dir .. "/" .. NAME
  local ok, message = core.file.save(path, table.unpack(parts))
  if not ok then return nil, message end
  return path, counts
end

local Writer = {}
Writer.__index = Writer

local function add(self, who, event)
  if not self.file then fail("%s: got a writer that is closed, wanted an open one", who) end
  local ok, message = self.file:write(event)
  if ok then ok, message = self.file:flush() end
  if not ok then fail("%s: %s: %s", who, self.path, message) end
end

-- writer:line(entry): the terms of a line of the log
function Writer:line(entry)
  add(self, "writer:line", tfevents.event(os.time(), entry.step, scalars(entry)))
end

-- writer:state(step, state): the weights, as histograms
function Writer:state(step, state)
  add(self, "writer:state", tfevents.event(os.time(), step, histograms(state)))
end

function Writer:close()
  if self.file then self.file:close() end
  self.file = nil
end
Writer.__close = Writer.close

-- open(dir) -> what adds to the file of events of a run that is training, from what its log has so
-- far on
function events.open(dir)
  local path, message = events.write(dir)
  local file
  if path then file, message = io.open(path, "ab") end
  if not file then fail("tensorboard: %s", message) end
  return setmetatable({file = file, path = path}, Writer)
end

check.functions("events.", events, {write = "dir: string, now: number?", open = "dir: string"})
check.methods("writer", Writer, {line = "entry: table(step)", state = "step: size, state: table",
  close = ""}, "file path")

return events
