-- Recording and the walk back: what teasel.grad is made of.
--
-- A *piece* of a computation that is to be run twice (teasel.grad's recompute) is not recorded.
-- Its results are variables of their own, and the piece knows the function that made them. A walk
-- stops at these variables; then the function runs again, recorded this time, and a walk through
-- that alone goes on from there. Since a piece reads only what was there before it, pieces are
-- taken from the last to the first; and since what they read may be anything that was recorded,
-- each walk looks for the variables wanted and for the results of all pieces before.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local shard = require "teasel.lib.shard"
local tree = require "teasel.tree"

local record, recording, leaf = core.grad.record, core.grad.recording, core.grad.leaf
local constant, whole = core.grad.constant, core.grad.whole
local op = core.op

local walk = {}

-- Recordings are counted by *level*: `depth` of them are open, and `pieces` are those that were
-- made meanwhile, in order. A piece that is not recorded runs at a level of its own, above that of
-- what is around it.
local level = {depth = 0, pieces = {}}

-- the core records while something does at the level that counts
local function settle()
  if recording() ~= (level.depth > 0) then record(level.depth > 0) end
end

-- A value of this kind ends its recording when its scope is left, by an error too; unlike pcall
-- it leaves the traceback whole. A coroutine that is never resumed does not leave it: then the
-- collector does, at whatever level that may be.
local Recording = {}

function Recording.__close(self)
  if not self.on then return end
  self.on = false
  local own = self.level
  own.depth = own.depth - 1
  settle()
  if own.depth == 0 then own.pieces = {} end
end

Recording.__gc = Recording.__close

-- Likewise for a level. Meanwhile everybody records nothing, so the function that runs so must not
-- yield (core.grad.whole); these scopes end in the order they are nested in.
local Level = {}

function Level.__close(self)
  if self.ended then return end
  while level ~= self do Level.__close(level) end   -- of coroutines that failed, see below
  level, self.ended = self.before, true
  settle()
end

-- A coroutine that failed leaves its scopes only when it is closed. Ends those of its levels ->
-- whether there were any
local function end_failed()
  local found = false
  while level.thread and coroutine.status(level.thread) == "dead" do
    Level.__close(level)
    found = true
  end
  return found
end

-- nothing is allocated between the first change and the last, so that no finalizer sees a part
local function begin()
  end_failed()
  local recorded = setmetatable({on = false, level = level}, Recording)
  level.depth, recorded.on = level.depth + 1, true
  settle()
  return recorded
end

-- what f gives, all of which was recorded
local function recorded_call(f, ...)
  local results = table.pack(f(...))
  if end_failed() then
    fail("recompute: failed in a coroutine, and nothing was recorded from then on; wanted that "
      .. "closed at once (coroutine.close)")
  end
  return results
end

local function set_aside()
  end_failed()
  level = setmetatable({depth = 0, pieces = {}, before = level, thread = coroutine.running()},
    Level)
  settle()
  return level
end

local function since(first)
  return table.move(level.pieces, first + 1, #level.pieces, 1, {})
end

-- trace(f, x, ...) calls f with a fresh variable in place of every tensor of x -> the variables,
-- f's results in a table, and the pieces among what was recorded
function walk.trace(f, x, ...)
  local variables, first = tree.map(leaf, x), #level.pieces
  local recorded <close> = begin()
  local results = recorded_call(f, variables, ...)
  return tree.leaves(variables), results, since(first)
end

-- finished(value) -> values that leave the outermost derivative forget their history
function walk.finished(value)
  return recording() and value or tree.map(constant, value)
end

local PLAIN = {["nil"] = true, boolean = true, number = true, string = true}

-- A tensor within an object would be taken for a constant.
local function check_results(value)
  if tree.is_tensor(value) or PLAIN[type(value)] then return end
  if type(value) ~= "table" or getmetatable(value) then
    fail("recompute: got %s from the function, wanted trees of tensors, numbers, strings, booleans",
      type(value) == "table" and "an object" or "a " .. type(value))
  end
  for _, item in pairs(value) do check_results(item) end
end

-- run(f, ...) -> f's results, which are not recorded but will be computed again if a derivative
-- needs them
function walk.run(f, ...)
  if not recording() then return f(...) end
  local results
  do
    local _ <close> = set_aside()
    results = table.pack(whole(f, ...))
  end
  results = tree.map(function(y) return leaf(constant(y)) end, results)
  check_results(results)
  table.insert(level.pieces, {f = f, given = table.pack(...), outputs = tree.leaves(results)})
  return table.unpack(results, 1, results.n)
end

local function is_nan(x) return op.ne(x, x) end

-- how many items of a, of b's shape, are not as in b; NaN is as NaN
local function differing(a, b)
  local n = op.sum(op.ne(a, b)):item()
  return n > 0 and n - op.sum(op.mul(is_nan(a), is_nan(b))):item() or n
end

-- a piece once more, recorded -> its results, a list, and the pieces within
local function again(piece)
  local first = #level.pieces
  local recorded <close> = begin()
  local given = piece.given
  local outputs = tree.leaves(recorded_call(whole, piece.f, table.unpack(given, 1, given.n)))
  local same = #outputs == #piece.outputs
  for i, y in ipairs(piece.outputs) do
    same = same and core.tensor.has_shape(y, outputs[i])
      and differing(constant(outputs[i]), constant(y)) == 0
  end
  if not same then
    fail("recompute: got other results when the function ran again, wanted the same: it draws from "
      .. "a stream that goes on, or reads what has changed since")
  end
  return outputs, since(first)
end

-- The gradients of sum <seed, output> in the targets, false in those that no output depends on. The
-- list `own` is empty in the end, so that pieces can be let go.
local function through(outputs, seeds, targets, own)
  local all, starts = table.move(targets, 1, #targets, 1, {}), {}
  for k, piece in ipairs(own) do
    starts[k] = #all
    table.move(piece.outputs, 1, #piece.outputs, #all + 1, all)
  end
  local g = core.grad.backward(outputs, seeds, all, true)
  for k = #own, 1, -1 do
    local start, some, slopes = starts[k], {}, {}
    for i = start + 1, #all do
      if g[i] then some[#some + 1], slopes[#slopes + 1] = i - start, g[i] end
      all[i], g[i] = nil, nil
    end
    local piece = table.remove(own)
    if #some > 0 then
      local results, within = again(piece)
      for i, j in ipairs(some) do some[i] = results[j] end
      for i, more in ipairs(through(some, slopes, all, within)) do
        if more then g[i] = g[i] and op.add(g[i], more) or more end
      end
    end
  end
  return g
end

-- zeros(x) -> as many zeros, where x is
function walk.zeros(x) return op.to(core.tensor.zeros(x:shape()), x:place()) end

-- back(outputs, seeds, variables, own) -> the list of gradients of sum <seed, output> in the
-- variables; own: the pieces among what was recorded, a list that is used up. Where a batch is cut
-- into shards, over all.
function walk.back(outputs, seeds, variables, own)
  local g
  if #own == 0 then g = core.grad.backward(outputs, seeds, variables)
  else
    g = through(outputs, seeds, variables, own)
    for i, x in ipairs(variables) do
      g[i] = g[i] or walk.zeros(x)
    end
  end
  return shard.gradients(g, variables)
end

return walk
