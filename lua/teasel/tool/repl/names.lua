-- What can be typed beside T in a session, wherever it is: show, plot and open.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local packed = require "teasel.run.packed"

local names = {}

-- of(see, open) -> {show =, plot =, open =}. see: what shows, as in explore.of; it gets
-- `open`, which gives a run with the verbs of the REPL, or nil and a message. open(dir, which): the
-- same with a plain run
function names.of(see, open)
  function see.open(dir, which)
    check.string("open", "dir", dir)
    local r, message = open(dir, which)
    if not r then return nil, message end
    return require("teasel.tool.repl.explore").of(r, see)   -- most sessions do without it
  end
  return {show = see.show, plot = see.plot, open = function(...)
    local r, message = see.open(...)
    return r or fail("open: %s", message)
  end}
end

local function asked(text)
  io.write(text)
  io.flush()
  return io.read()
end

-- terminal() -> what asks whoever sits at the terminal, for `strange`; nil where nobody does
function names.terminal()
  return core.system.terminal(0) and core.system.terminal(1) and asked or nil
end

local function yes_or_no(ask)
  return ask and function(text) return (ask(text) or ""):lower():find "^y" ~= nil end
end

-- strange(ask, trusts) -> an `open` that asks before it opens what may be another's run, see
-- teasel.tool.repl.trust. ask(text) -> what the user answers; nil where nobody can be asked
function names.strange(ask, trusts)
  return function(dir, which)
    return require("teasel.tool.repl.trust").open(dir, {which = which, trust = trusts,
      ask = yes_or_no(ask)})
  end
end

-- may(dir, ask, trusts) -> whether a run may be opened, which is asked likewise; else nil, message
function names.may(dir, ask, trusts)
  return require("teasel.tool.repl.trust").may(dir, {trust = trusts, ask = yes_or_no(ask)})
end

-- check(dirs, trusts): an error where one of these runs may not be opened, which is asked at the
-- terminal; what is no run at all is left to who opens it
function names.check(dirs, trusts)
  local ask = names.terminal()
  for _, dir in ipairs(dirs) do
    local may, message = names.may(dir, ask, trusts)
    if not may and packed.folder(dir) then fail("%s", message) end
  end
end

return names
