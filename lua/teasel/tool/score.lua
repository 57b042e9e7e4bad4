-- build/teasel score RUN_OR_FILE [options]: the metrics of a run, of a file with codes and factors,
-- or of a baseline; teasel.report.score says more, and --help lists the options.

local command = require "teasel.run.command"
local score = require "teasel.report.score"

if ... ~= "teasel.tool.score" then
  local ok, message = pcall(score.main)
  -- what was wrong with the command line has no place in a file
  if not ok then
    command.fail("%s", (tostring(message):gsub("^[^\n]-:%d+: (%l[%w_]*: )", "%1")))
  end
end

return score
