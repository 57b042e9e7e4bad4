-- build/teasel unpack FILE [DIR]
--   The directory of a run from a file that `pack` made (default: the file's name, without .zip, in
--   this folder). All of the file is checked first; what is there already is never written over.
--   Nothing is executed: opening the run does that, and asks where the run is not your own.

local command = require "teasel.run.command"
local packed = require "teasel.run.packed"

local tool = {}

-- main(words): what `build/teasel unpack WORDS` does
function tool.main(words)
  local names, rest = command.front(words)
  local o = command.typed(rest, {help = false})
  if o.help then return command.show_head "unpack" end
  if #names == 0 or #names > 2 then
    command.fail("unpack: got %d words, wanted: teasel unpack FILE [DIR]", #names)
  end
  local dir = names[2] or names[1]:match "[^/]*$":gsub("%.zip$", "")
  if dir == names[1] then dir = dir .. ".run" end
  local list, message = packed.unpack(names[1], dir)
  if not list then command.fail("unpack: %s", message) end
  print(("%s: step %d of %s; build/teasel repl %s opens it"):format(dir, list.step,
    tostring(list.run), dir))
end

if ... ~= "teasel.tool.unpack" then command.attempt(tool.main, arg) end

return tool
