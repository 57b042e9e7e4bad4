-- build/teasel summary "runs/NAME/*" [--by beta] [--metrics mig,dci] [--values loss,mig]
--   What many runs tell: for each setting the median of every value over the seeds, the least and
--   the most, and the median's 95 % interval (of five seeds or fewer: their range); and tests of
--   each two settings over the same seeds. Printed, and written beside the runs as text, Markdown,
--   CSV (every run) and JSON, with a chart over one or two settings and the curves of --curves.
--
--   --by NAMES       the settings that make a row (default: all in which the runs differ)
--   --metrics NAMES  metrics of teasel.metric.all, computed where they are not kept ("all": every)
--   --values NAMES   the columns (default: all numbers that every run has); with dots for what
--                    stands in lists and tables: information.1, continuous.c2.slant.r;
--                    step_seconds, peak_bytes: what the runs cost
--   --points N       images that are scored (0: all)
--   --curves NAMES   the terms of the log whose curves are drawn (default: loss)
--   --figure NAME    draws the figures of that file name side by side, one for each setting
--   --trust          opens runs that were not made by this user on this machine without asking

local command = require "teasel.run.command"
local comparison = require "teasel.report.comparison"
local names = require "teasel.tool.repl.names"
local summary = require "teasel.report.summary"

local tool = {}

local OPTIONS = {by = "", metrics = "", values = "", points = 0, curves = "loss",
  figure = "", trust = false, help = false}

-- main(words): what `build/teasel summary WORDS` does
function tool.main(words)
  local patterns, rest = command.front(words)
  local given = command.typed(rest, OPTIONS)
  if given.help then return command.show_head "summary" end
  if #patterns == 0 then command.fail "got no runs, wanted: summary \"runs/NAME/*\", or --help" end
  names.check(summary.directories(patterns), given.trust)
  local drawn = {curves = given.curves, figure = given.figure}
  given.curves, given.figure, given.trust = nil, nil, nil
  comparison.of(patterns, given):report(drawn)
end

if ... ~= "teasel.tool.summary" then command.attempt(tool.main, arg) end

return tool
