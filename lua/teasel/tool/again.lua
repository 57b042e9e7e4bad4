-- What was typed into a session, executed again line by line: the script of a run that was trained
-- in one.
--
--   require("teasel").again{
--   "config = T.run.config{steps = 3}",
--   "T.run.train{config = config, ...}",
--   }
--
-- Each line does what it did then, and one that fails is passed over, as it was. While a run is
-- being opened nothing is shown, and no scores are computed.

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local names = require "teasel.tool.repl.names"
local run = require "teasel.run"
local script = require "teasel.run.script"
local session = require "teasel.tool.repl.session"
local show = require "teasel.tool.repl.show"

local function nothing() end

-- again(lines): executes a list of texts; prints what they give unless a run is being opened, which
-- ends in one of them
return check.called("again", function(lines)
  check.list("again", "lines", lines, check.string)
  local quiet = script.opened() ~= nil
  local see = quiet and {show = nothing, plot = nothing, print = nothing, quiet = true}
    or {show = show, plot = show.plot, print = print}
  local more = names.of(see, run.open)
  more.print = see.print
  local s = session.new{print = see.print, more = more}
  local failed
  for _, line in ipairs(lines) do
    local result = s:run(line)
    if not quiet and (result.text or result.message) then print(result.text or result.message) end
    if result.message then failed = result.message end
  end
  if quiet then
    fail("run: none of the lines that were typed trains it%s", failed and "; the last that failed: "
      .. failed or "")
  end
end, "lines: table")
