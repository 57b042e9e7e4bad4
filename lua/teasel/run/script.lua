-- The script that a run is made by: its text, which the run's directory keeps, and whether it is
-- executed to train or only to open its run again.
--
-- A script is the file that was started; the file or the text that an interpreter, a notebook or a
-- spec executes (dofile, load); or what was typed into one of these so far, which it tells by
-- script.typed.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local opening = require "teasel.lib.opening"

local file = core.file
local script = {}

local typed   -- see script.typed

-- typed(f): for an interpreter or a notebook: f() -> the text of all that was typed into it so far
function script.typed(f) typed = f end

local library = debug.getinfo(1, "S").source:match "^(@.*)run/[^/]*$"

-- What the innermost chunk on the stack was loaded from ("@path", or its text); modules that are
-- being loaded and files of the library do not count. nil where there is none, as in a coroutine.
local function source()
  local level = 2
  local info = debug.getinfo(level, "Sf")
  while info do
    local above = debug.getinfo(level + 1, "Sf")
    local module = above and above.func == require
      or library and info.source:sub(1, #library) == library
    if info.what == "main" and not module then return info.source end
    level, info = level + 1, above
  end
end

local function name_of(path) return (path:match "[^/]*$":gsub("%.lua$", "")) end

-- current() -> {name =, path =, text =, command =}, of the script that is at work: `path` where it
-- is a file; no `text` where it cannot be known; command: the process was started with this script,
-- and the words behind it are its own
function script.current()
  local from = source()
  local path = from and from:match "^@(.*)"
  if not path and from and from:find "train" and not from:find "^=" then
    return {name = "run", text = from, command = false}
  end
  if not path and typed then return {name = "run", text = typed(), command = false} end
  local started = arg and arg[0]
  path = path or started
  local text = path and file.read(path)
  if not text then return {name = "run", command = false} end
  return {name = name_of(path), path = path, text = text, command = path == started}
end

-- opened() -> {dir =, which =} of the run that the script is executed to open; nil when it trains
function script.opened()
  local top = opening[#opening]
  if not top then return nil end
  if coroutine.running() ~= top.thread then
    fail "run: called in a coroutine of a script that is being opened, wanted the script itself"
  end
  return top
end

-- stop(run): ends the execution of a script that is being opened, with the run that it is for
function script.stop(run)
  if not coroutine.isyieldable() then
    fail "run.train: called while a module is being loaded, wanted a call by the script itself"
  end
  coroutine.yield(run)
end

-- execute(dir, which) -> the run that the script in a directory gives to script.stop; nil and a
-- message when it cannot be read, fails, or comes to its end without
function script.execute(dir, which)
  local path = dir .. "/script.lua"
  local chunk, message = loadfile(path, "t")
  if not chunk then return nil, message end
  local thread = coroutine.create(chunk)
  opening[#opening + 1] = {dir = dir, which = which, thread = thread}
  local ok, result = coroutine.resume(thread)
  opening[#opening] = nil
  local stopped = ok and coroutine.status(thread) == "suspended"
  coroutine.close(thread)   -- files and the like that it would close at its end
  if stopped then return result end
  return nil, ok and path .. ": does not call run.train" or tostring(result)
end

return script
