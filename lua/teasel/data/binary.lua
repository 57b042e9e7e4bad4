-- A set whose pixels are 0 or 1, drawn once: each is 1 with its grey value as the probability, as
-- papers on likelihoods have MNIST (Salakhutdinov & Murray 2008).
--
--   local data = T.data.binary(T.data.mnist{part = "test"}, T.stream(0, "test"))

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local set = require "teasel.data.set"

local AT_ONCE = 1000   -- images that are drawn

-- binary(set, stream) -> a set of as many images, without what is known of them
local function binary(given, stream)
  local parts, n, shape = {}, given:count(), given.shape
  if #shape ~= 3 then
    fail("binary: got a set of the shape [%s], wanted images, {h, w, c}", table.concat(shape, " "))
  end
  for x in given:each(AT_ONCE) do
    local own = stream:split(tostring(#parts))
    parts[#parts + 1] = core.op.lt(own:uniform(x:shape()), x):bytes(0, 1):string()
  end
  local bytes = core.bytes.bytes(table.concat(parts), {n, table.unpack(shape)})
  return set.new{count = n, shape = shape, images = function(index) return bytes:take(index) end}
end

return check.called("binary", binary, "given: set, stream: stream")
