-- A step whose batch is cut into shards, each the work of a process (see teasel.run.ranks). All
-- processes run the same step; what is drawn with a row for each image gives each process its own
-- rows. A tensor either varies, being of these rows, or is the same in all. Gradients in what is
-- the same are means over the shards, so that the objective is the mean of what the loss gives on
-- each: that of the whole batch, where the loss is a mean over images. What is no mean over images
-- has to see the whole batch: it is made from `mean` or `gather`. Without shards all of these give
-- back what they are given.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"

local op, native = core.op, core.shard
local recording = core.grad.recording

local shard = {}

-- varies(x) -> whether it is of a shard's rows
function shard.varies(x) return native.varies(x) end

-- mean(x) -> the mean of x over the shards; differentiable
function shard.mean(x)
  local _, count = native.place()
  return count > 1 and native.varies(x) and op.shard_sum(x) * (1 / count) or x
end

local function gathered(x)
  local index, count = native.place()
  if count == 1 or not native.varies(x) then return x end
  local before, after, n = {}, {}, x:size(1)
  for d = 1, x:rank() do before[d], after[d] = 0, 0 end
  before[1], after[1] = index * n, (count - 1 - index) * n
  return op.shard_sum(op.pad(x, before, after))
end

-- gather(x [n/shards ...], ...) -> [n ...], the rows of all shards, of each; differentiable. Where
-- several have the axes [n/shards D] they go together, in one sum.
function shard.gather(x, ...)
  if select(2, native.place()) == 1 then return x, ... end
  local list, together = {x, ...}, select("#", ...) > 0
  for _, y in ipairs(list) do
    together = together and native.varies(y) and y:rank() == 2 and y:size(1) == x:size(1)
  end
  local all, last = together and gathered(op.concat(list, 2)), 0
  for i, y in ipairs(list) do
    if all then
      list[i] = op.slice(all, {1, last + 1}, {all:size(1), last + y:size(2)})
      last = last + y:size(2)
    else
      list[i] = gathered(y)
    end
  end
  return table.unpack(list)
end

-- draw(stream, kind, x, shape, ...) -> stream:kind(shape, ...), with the rows of x, which may be
-- those of several batches one after the other, as of pairs
function shard.draw(stream, kind, x, shape, ...)
  if not native.varies(x) then return stream[kind](stream, shape, ...) end
  native.locally(x:size(1))
  local _ <close> = setmetatable({}, {__close = function() native.locally(0) end})
  return stream[kind](stream, shape, ...)
end

-- rows(x [n ...]) -> of what has a row for each image of the whole batch, those of this shard;
-- anything else as it is
function shard.rows(x)
  local whole, n = native.rows()
  if whole == 0 or x:rank() == 0 or x:size(1) ~= whole then return x end
  local index = native.place()
  local first, last = {}, x:shape()
  for d = 1, #last do first[d] = 1 end
  first[1], last[1] = index * n + 1, (index + 1) * n
  return native.vary(op.slice(x, first, last))
end

-- like(x, other) -> x, which from now on varies where the other does: for what comes from outside
-- of the core, as images from a file
function shard.like(x, other)
  return native.varies(other) and native.vary(x) or x
end

-- gradients(g, variables) -> the list of gradients g, in which those in variables that are the same
-- in all shards have become means over the shards
function shard.gradients(g, variables)
  local _, count = native.place()
  if count == 1 then return g end
  local again = recording()
  local list, places = {}, {}
  for i, x in ipairs(variables) do
    if not native.varies(x) and native.varies(g[i]) then
      if again then g[i] = shard.mean(g[i])
      else
        list[#list + 1], places[#places + 1] = g[i], i
        g[i] = false   -- so that the list alone has it, and the sum needs no copy
      end
    end
  end
  if #list > 0 then native.average(list) end
  for k, i in ipairs(places) do g[i] = list[k] end
  return g
end

-- moments(x [... C]) -> mean and variance [C] over all shards, and x without its mean
function shard.moments(x)
  local _, count = native.place()
  local axes, items = {}, count * x:size() // x:size(-1)
  for d = 1, x:rank() - 1 do axes[d] = d end
  local mean = op.shard_sum(op.sum(x, axes)) * (1 / items)
  local centred = x - mean
  return mean, op.shard_sum(op.sum(op.square(centred), axes)) * (1 / items), centred
end

-- What is no step of a training can be shared, too: by processes that all do the same, but for
-- what each does in the place of the others.

-- sharing() -> index, from 0, and number of the processes that share what they do; 0, 1: none does
function shard.sharing()
  if native.rows() > 0 then return 0, 1 end
  local index, count = native.place()
  return index, count
end

-- broadcast(text, from) -> the text of the process with the index `from`, in all of them
function shard.broadcast(text, from)
  local own = native.place() == from
  local n = math.tointeger(native.add_up{own and #text or 0}[1])
  local bytes = {}
  for i = 1, n do bytes[i] = own and text:byte(i) or 0 end
  for i, byte in ipairs(native.add_up(bytes)) do bytes[i] = string.char(math.tointeger(byte)) end
  return table.concat(bytes)
end

-- all(flag) -> whether it is true in all processes
function shard.all(flag)
  local _, count = native.place()
  return native.add_up{flag and 1 or 0}[1] == count
end

-- unite(x [m D] or nil, first, n) -> [n D], the rows of all processes, of which this one has m from
-- number `first` on, or none
function shard.unite(x, first, n)
  local index, count = native.place()
  local columns = {}
  for i = 1, count do columns[i] = x and i == index + 1 and x:size(2) or 0 end
  columns = native.add_up(columns)
  local most = math.tointeger(math.max(table.unpack(columns)))
  for _, d in ipairs(columns) do
    if d ~= 0 and d ~= most then
      fail("shard.unite: got rows of %d and of %d columns, wanted as many in all", d, most)
    end
  end
  if most == 0 then fail "shard.unite: got no rows in any process, wanted some" end
  return native.unite(x or core.tensor.zeros{0, most}, x and first or 1, n)
end

check.functions("shard.", shard, {
  varies = "x: tensor", mean = "x: tensor", gather = "x: tensor",
  rows = "x: tensor", like = "x: any, other: tensor", gradients = "g: table, variables: table",
  draw = "stream: any, kind: string, x: tensor, shape: any", moments = "x: tensor",
  sharing = "", broadcast = "text: string, from: integer", all = "flag: any",
  unite = "x: tensor?, first: integer, n: count",
})

return shard
