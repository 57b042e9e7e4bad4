-- build/teasel choose "runs/NAME/*" [--points 1000] [--votes 400] [--batch 16] [--seed 0]
--   Which of several trained models is likely to be disentangled, without labels: a line for each
--   run, the best first, with UDR (Duan et al. 2020) and ModelCentrality (Lin et al. 2020). All
--   runs are compared with each other: give those that differ in the seed alone, or expect that
--   what most of them have in common wins.
--
--   --points N   images that UDR compares
--   --votes N    votes for ModelCentrality's rule; half as many test it
--   --batch N    images of a vote
--   --seed N     of what is drawn
--   --trust      opens runs that were not made by this user on this machine without asking

local choice = require "teasel.report.choice"
local command = require "teasel.run.command"
local names = require "teasel.tool.repl.names"
local summary = require "teasel.report.summary"

local tool = {}

local OPTIONS = {points = 1000, votes = 400, batch = 16, seed = 0, trust = false,
  help = false}

-- main(words): what `build/teasel choose WORDS` does
function tool.main(words)
  local patterns, rest = command.front(words)
  local given = command.typed(rest, OPTIONS)
  if given.help then return command.show_head "choose" end
  if #patterns == 0 then command.fail "got no runs, wanted: choose \"runs/NAME/*\", or --help" end
  names.check(summary.directories(patterns), given.trust)
  given.trust = nil
  io.write(choice.of(patterns, given):text())
end

if ... ~= "teasel.tool.choose" then command.attempt(tool.main, arg) end

return tool
