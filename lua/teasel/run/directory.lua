-- The directory of a run: whose it is, its script, its log and its checkpoints.
-- Nothing is written into a folder that has something in it and is no run, and what is removed
-- was written by a run.

local core = require "teasel.core"
local json = require "dkjson"
local checkpoint = require "teasel.run.checkpoint"
local command = require "teasel.run.command"
local maker = require "teasel.run.maker"

local fail, file, system = command.fail, core.file, core.system
local directory = {}

function directory.write(path, text)
  local ok, message = file.save(path, text)
  if not ok then fail("%s", message) end
end

local write = directory.write

-- The steps of which the directory has checkpoints, ascending.
function directory.steps(dir)
  local steps = {}
  for _, name in ipairs(system.list(dir .. "/checkpoints") or {}) do
    local step = name:match("^(%d+)%.h5$")
    if step then steps[#steps + 1] = tonumber(step) end
  end
  table.sort(steps)
  return steps
end

function directory.checkpoint(dir, step) return ("%s/checkpoints/%08d.h5"):format(dir, step) end

-- is_run(dir) -> whether a run was begun there. The first thing that one makes is the file `lock`
-- with the number of its process, the second the folder for checkpoints; where somebody took the
-- lock away, a checkpoint says the same.
function directory.is_run(dir)
  local names = system.list(dir) or {}
  local id = file.read(dir .. "/lock")
  if id and id:match("^%d*\n?$") then
    return #names == 1 or system.list(dir .. "/checkpoints") ~= nil
  end
  local steps = directory.steps(dir)
  return #steps > 0 and checkpoint.read(directory.checkpoint(dir, steps[#steps])) ~= nil
end

-- check_resume(dir, script, given): raises an error where the directory is no run, has taken more
-- steps than are wanted, or was made by another script than this (see teasel.run.script), unless
-- given.changed
function directory.check_resume(dir, script, given)
  if not directory.is_run(dir) then
    fail("--resume: there is no run in %s (wanted a directory that --run has made)", dir)
  end
  local steps = directory.steps(dir)
  local taken = steps[#steps] or 0
  local note = taken > 0 and checkpoint.read(directory.checkpoint(dir, taken))
  if note and note.weights_only then
    fail("--resume: %s was unpacked from a file: it has the weights without the slots of the "
      .. "optimizers, so no training goes on from it", dir)
  end
  if given.steps and given.steps < taken then
    fail("--resume: got %d steps, wanted %d or more: so many has %s taken", given.steps, taken,
      dir)
  end
  local own = file.read(dir .. "/script.lua")
  if own and script.text and own ~= script.text and not given.changed then
    fail("--resume: %s is not the script that %s was made with; give --changed to go on with it "
      .. "(the one so far is kept as %s/script-%08d.lua), or go on with %s/script.lua",
      script.path or "this", dir, dir, taken, dir)
  end
end

-- lock(dir) -> what keeps other processes out of the directory until it is closed
function directory.lock(dir)
  local held, message = file.lock(dir)
  if not held then fail("%s", message) end
  -- what a process left that was killed while it saved
  for _, folder in ipairs{dir, dir .. "/checkpoints"} do
    for _, name in ipairs(system.list(folder) or {}) do
      if name:match("%.teasel%.tmp$") then os.remove(folder .. "/" .. name) end
    end
  end
  return held
end

local function make(dir)
  local ok, message = system.folder(dir)
  if not ok then fail("%s", message) end
end

-- Keeps the text of the script, or none where it is not known, and the marker of who made it.
local function keep_script(dir, text)
  if text then write(dir .. "/script.lua", text) else os.remove(dir .. "/script.lua") end
  maker.sign(dir)
end

-- begin(dir, text) -> the lock of a directory with the text of the script (or nil) and an empty log
-- in it. One in which no step was taken, because the first failed, is begun anew.
function directory.begin(dir, text)
  make(dir)
  local names = assert(system.list(dir))
  if #names > 0 and not directory.is_run(dir) then
    fail("%s: the folder is no run and not empty (there is '%s' in it); give another --run", dir,
      names[1])
  end
  local held = directory.lock(dir)
  local steps = directory.steps(dir)
  if (steps[#steps] or 0) > 0 or (file.read(dir .. "/log.jsonl") or "") ~= "" then
    held:close()
    fail("%s: there is a run of %d steps in it; give --resume to go on, or another --run", dir,
      steps[#steps] or 0)
  end
  make(dir .. "/checkpoints")
  make(dir .. "/figures")
  keep_script(dir, text)
  write(dir .. "/log.jsonl", "")
  return held
end

-- log(dir) -> the whole lines of its log, a list of {step =, seconds =, term = mean ...}: the last
-- one of a run that is training may be in the making
function directory.log(dir)
  local entries = {}
  for line in (file.read(dir .. "/log.jsonl") or ""):gmatch "([^\n]*)\n" do
    local entry = json.decode(line)
    if type(entry) == "table" and math.type(entry.step) == "integer" then
      entries[#entries + 1] = entry
    end
  end
  return entries
end

-- log_bytes(dir) -> how long its log is: whoever follows a training sees by it whether to read it
function directory.log_bytes(dir)
  local f <close> = io.open(dir .. "/log.jsonl", "rb")
  return f and f:seek "end" or 0
end

-- The log as far as `step`: what came after it will come again.
local function trim_log(path, step)
  local kept = {}
  for line in (file.read(path) or ""):gmatch("([^\n]*)\n") do
    local entry = json.decode(line)
    if entry and entry.step <= step then kept[#kept + 1] = line .. "\n" end
  end
  write(path, table.concat(kept))
end

-- go_on(dir, text, step): prepares a resumed directory for what comes after that step. The script
-- of the steps so far is kept where the text (if it is known) is another one.
function directory.go_on(dir, text, step)
  local own = file.read(dir .. "/script.lua")
  if text and own ~= text then
    local kept = ("%s/script-%08d.lua"):format(dir, step)
    -- one that is there has taken the steps; a second took none after it
    if own and not file.read(kept) then write(kept, own) end
    keep_script(dir, text)
  end
  trim_log(dir .. "/log.jsonl", step)
  -- damaged ones that were passed over; their steps will be taken again
  for _, saved in ipairs(directory.steps(dir)) do
    if saved > step then os.remove(directory.checkpoint(dir, saved)) end
  end
end

-- Puts the checkpoint of a step into the state. Returns its note.
function directory.load(dir, state, step)
  local steps = directory.steps(dir)
  for _, kept in ipairs(steps) do
    if kept == step then
      local note, restore = checkpoint.read(directory.checkpoint(dir, step))
      if not note then fail("run.open: %s", restore) end
      restore(state)
      return note
    end
  end
  fail("run.open: %s: got step %d, wanted one whose checkpoint is kept: %s", dir, step,
    table.concat(steps, ", "))
end

-- Puts the newest readable checkpoint into the state. Returns its note; step 0 where there is no
-- checkpoint at all. Damaged ones are named and passed over, and the step that is left is said;
-- when all are damaged, that is an error.
function directory.load_newest(dir, state)
  local steps = directory.steps(dir)
  for i = #steps, 1, -1 do
    local note, restore = checkpoint.read(directory.checkpoint(dir, steps[i]))
    if note then
      restore(state)
      if i < #steps then io.stderr:write(dir, ": the state is that of step ", steps[i], "\n") end
      return note
    end
    io.stderr:write(restore, "\n")
  end
  if #steps > 0 then
    fail("%s: no checkpoint in it can be read%s", dir,
      checkpoint.read(dir .. "/checkpoints/best.h5") and ", but best.h5 can" or "")
  end
  return {step = 0}
end

-- Removes all numbered checkpoints but the last so many; 0: none.
function directory.thin(dir, count)
  local steps = directory.steps(dir)
  for i = 1, count > 0 and #steps - count or 0 do os.remove(directory.checkpoint(dir, steps[i])) end
end

return directory
