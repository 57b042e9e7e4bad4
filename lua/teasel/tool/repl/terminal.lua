-- A session at a terminal, or at a pipe: lines are read until one is complete, executed, and their
-- result is printed. Where GNU readline is, lines are edited and remembered in a file, and a tab
-- completes them; elsewhere, and in a pipe, they are read as they come.
--
--   terminal.go(session) -- until Ctrl-D, the end of the input, or exit()
--
-- Ctrl-C throws away the line that is being typed, or ends what is at work with an error. Colours
-- are used at a terminal unless NO_COLOR is set; a pipe gets neither these nor prompts. History:
-- $TEASEL_HISTORY, else ~/.teasel_history; none where the former is set and empty.

local complete = require "teasel.tool.repl.complete"
local core = require "teasel.core"
local value = require "teasel.tool.repl.value"

local system = core.system
local terminal = {}

local INDENT = ".. "

-- Whether what is printed reaches a terminal that understands more than text.
function terminal.is_rich()
  return system.terminal(1) ~= nil and os.getenv "TERM" ~= "dumb"
end

local function coloured()
  local no = os.getenv "NO_COLOR"
  return terminal.is_rich() and (no == nil or no == "")
end

local function history_path()
  local path, home = os.getenv "TEASEL_HISTORY", os.getenv "HOME"
  if path then return path ~= "" and path or nil end
  return home and home .. "/.teasel_history"
end

-- interruptible(f, ...) -> pcall's results; Ctrl-C ends f with an error. An operation of the core
-- fails before Lua is interrupted; what Lua still has to raise then, it raises in the handler.
function terminal.interruptible(f, ...)
  local results = table.pack(xpcall(function(...)
    system.interrupt(true)
    return f(...)
  end, function(problem) return problem end, ...))
  system.interrupt(false)
  return table.unpack(results, 1, results.n)
end

local interruptible = terminal.interruptible

-- follow_coroutines(): from now on Ctrl-C ends coroutines too
function terminal.follow_coroutines()
  local create, resume = coroutine.create, coroutine.resume
  coroutine.create = function(f) return system.follow(create(f)) end
  coroutine.wrap = function(f)
    local thread = coroutine.create(f)
    local function passed(ok, ...)
      if not ok then error(..., 0) end
      return ...
    end
    return function(...) return passed(resume(thread, ...)) end
  end
end

-- read(prompt) -> the next line; nil, "end" or "interrupt"
local function edited(readline, session, colour)
  local path = history_path()
  if path then readline.history(path) end
  readline.complete(function(text, cursor) return complete(text, cursor, session.env) end)
  return function(prompt)
    if colour then prompt = ("\1\27[1;32m\2%s\1\27[0m\2"):format(prompt) end
    local line, why = readline.read(prompt)
    if line and line:find "%S" then readline.add(line, path) end
    return line, why
  end
end

local function plain(shows)
  return function(prompt)
    if shows then io.write(prompt) end
    io.flush()
    local ok, line = interruptible(io.read)
    if not ok then return nil, "interrupt" end
    return line, "end"
  end
end

local function reader(session)
  local shows = system.terminal(0) ~= nil and system.terminal(1) ~= nil
  local found, readline = pcall(require, "teasel.readline")
  if shows and found and os.getenv "TERM" ~= "dumb" then
    return edited(readline, session, coloured()), shows
  end
  return plain(shows), shows
end

local function say(result)
  if result.text then io.write(result.text, "\n") end
  if result.message then
    local text = value.plain(result.message)
    io.write(coloured() and ("\27[31m%s\27[0m\n"):format(text) or text .. "\n")
  end
  io.flush()
end

-- say(result of a session): prints what a line gave
terminal.say = say

-- run(f) -> f() while Ctrl-C ends it; what it raised is printed. Returns what f did.
function terminal.run(f)
  local ok, result = interruptible(f)
  if not ok then say{message = tostring(result)} end
  return ok and result or nil
end

function terminal.go(session)
  terminal.follow_coroutines()
  local read, shows = reader(session)
  local typed = ""
  while true do
    local line, why = read(typed == "" and ("%d> "):format(session.number + 1) or INDENT)
    if line then
      typed = typed .. line
      local result = terminal.run(function() return session:run(typed) end)
      if result then say(result) end
      typed = result and result.incomplete and typed .. "\n" or ""
    elseif why == "end" then
      if typed ~= "" then say{message = "the input ends inside of a statement"} end
      break
    else
      typed = ""
    end
  end
  if shows then io.write "\n" end
end

return terminal
