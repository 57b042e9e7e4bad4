-- build/teasel pretrained
--   The runs that come with teasel, which repl, explore, score and T.run.open take by name: of each
--   the name, how long it was trained, what it is and by which paper.

local command = require "teasel.run.command"
local packed = require "teasel.run.packed"
local pretrained = require "teasel.run.pretrained"

local tool = {}

-- main(words): what `build/teasel pretrained` does
function tool.main(words)
  local others, rest = command.front(words)
  if command.typed(rest, {help = false}).help then return command.show_head "pretrained" end
  if #others > 0 then command.fail("pretrained: got '%s', wanted nothing", others[1]) end
  for _, name in ipairs(pretrained.names()) do
    local about, message = packed.about(pretrained.path(name) or name)
    if not about then command.fail("pretrained: %s", message) end
    local source = about.head:match "^(.-%d%d%d%d)" or about.head   -- the claim, authors and year
    print(("%-18s %6d steps  %s"):format(name, about.step, source))
  end
end

if ... ~= "teasel.tool.pretrained" then command.attempt(tool.main, arg) end

return tool
