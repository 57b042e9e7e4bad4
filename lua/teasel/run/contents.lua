-- contents(state, read) -> what a state holds, as a list in a fixed order: keys, plain values, the
-- places of streams, and of each tensor what read(tensor) gives, one value or two. Of values that
-- no checkpoint has, their kind.

local core = require "teasel.core"
local tree = require "teasel.tree"

local STREAM = getmetatable(core.rand.stream(0))
local PLAIN = {number = true, string = true, boolean = true}

local function contents(state, read, list)
  list = list or {}
  for _, key in ipairs(tree.keys(state)) do
    local value = state[key]
    list[#list + 1] = key
    if tree.is_tensor(value) then
      list[#list + 1], list[#list + 2] = read(value)
    elseif type(value) == "table" then
      contents(value, read, list)
    elseif getmetatable(value) == STREAM then
      list[#list + 1] = ("%d %d"):format(value:state())
    else
      list[#list + 1] = PLAIN[type(value)] and value or type(value)
    end
  end
  return list
end

return contents
