-- build/teasel tensorboard RUN [RUN ...]
--   What TensorBoard shows of runs, from their logs, checkpoints and figures: a file of events in
--   each directory. Nothing is executed. --tensorboard on any training writes it as it goes.
--   Then, with a TensorBoard of your own: tensorboard --logdir runs

local command = require "teasel.run.command"
local core = require "teasel.core"
local events = require "teasel.run.events"

local tool = {}

-- main(words): what `build/teasel tensorboard WORDS` does
function tool.main(words)
  local runs, rest = command.front(words)
  if command.typed(rest, {help = false}).help then return command.show_head "tensorboard" end
  if #runs == 0 then command.fail "tensorboard: got no run, wanted: teasel tensorboard RUN" end
  for _, dir in ipairs(runs) do
    if not core.system.list(dir) then command.fail("tensorboard: there is no folder %s", dir) end
    local path, counts = events.write(dir)
    if not path then command.fail("tensorboard: %s", counts) end
    print(("%s: %d scalars, %d histograms, %d images"):format(path, counts.scalars,
      counts.histograms, counts.images))
  end
end

if ... ~= "teasel.tool.tensorboard" then command.attempt(tool.main, arg) end

return tool
