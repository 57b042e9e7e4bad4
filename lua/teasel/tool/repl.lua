-- build/teasel [repl [RUN]]: lines that are typed, one by one, with T at hand
--   RUN      a run's directory, or a file of `pack`, which is opened as r
--   --trust  opens runs that were not made by this user on this machine without asking
-- build/teasel -i SCRIPT [options]: the same after a script, whose variables can be seen
--
--   ? name shows the reference of a name, ?? words searches it; a tab completes; `;` at the end of
--   a line keeps its result from being shown; _ is the last result and _3 that of line 3; who()
--   lists the variables, time(f) says how long f() takes, show(images) and plot{y = list} draw;
--   script "x.lua" executes a file, whose locals stay, history "x.lua" writes what was typed, to be
--   done again.
--   r = open "runs/demo" opens a run: r:traverse(4), r:samples(), r:factors() ... (? r).
--   Ctrl-C ends what is at work, Ctrl-D ends all.

local command = require "teasel.run.command"
local names = require "teasel.tool.repl.names"
local session = require "teasel.tool.repl.session"
local terminal = require "teasel.tool.repl.terminal"

local tool = {}

-- Executes a script with its own words in `arg`, as the launcher would.
local function run_script(s, words)
  words[0] = table.remove(words, 1)
  for i = math.max(#arg, #words), 0, -1 do arg[i] = words[i] end
  local result = terminal.run(function() return s:script(words[0], table.unpack(words)) end)
  if result then terminal.say(result) end
end

-- The names that can be typed beside a session's own; `trusts`: any run is opened. What shows is
-- loaded when it is first used, as a start takes a moment.
local function typed_names(trusts, brief)
  return names.of({print = print, brief = brief,
    show = function(...) return require("teasel.tool.repl.show")(...) end,
    plot = function(...) return require("teasel.tool.repl.show").plot(...) end},
    names.strange(names.terminal(), trusts))
end

-- main(words, after): what `build/teasel repl WORDS` does; `after`: the first of the words is a
-- script that is executed before
function tool.main(words, after)
  local trusts = not after and (words[1] == "--trust" or words[2] == "--trust")
  if trusts then table.remove(words, words[1] == "--trust" and 1 or 2) end
  local brief = setmetatable({}, {__mode = "k"})
  local s = session.new{more = typed_names(trusts, brief), brief = brief}
  require("teasel.run.script").typed(function() return s:history() end)
  if after then
    if #words == 0 then command.fail "-i: got no script, wanted: teasel -i SCRIPT [options]" end
    run_script(s, words)
  elseif words[1] == "--help" then
    return command.show_head "repl"
  elseif #words > 1 then
    command.fail("repl: got '%s', wanted one run", words[2])
  end
  if names.terminal() then
    print "T is teasel. ? name tells of a name, a tab completes it, Ctrl-D ends."
  end
  if words[1] and not after then
    local opened = terminal.run(function()
      return s:run(("r = open(%q) print(r)"):format(words[1]))
    end)
    if opened then terminal.say(opened) end
  end
  terminal.go(s)
end

if ... ~= "teasel.tool.repl" then tool.main(table.move(arg, 1, #arg, 1, {}), arg[0] == "-i") end

return tool
