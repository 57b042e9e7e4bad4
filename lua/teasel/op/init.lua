-- All ops, T.op: those of the core's registry and what is put together from them. T itself, and
-- tensors as methods, have those that one types; what derivatives and layers are made of (`inner`)
-- is here alone, as T.op.conv_x, and answers to T.conv_x only for scripts that runs have kept.
--
--   ops.all      functions by their names
--   ops.inner    names by themselves: a set

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local names = require "teasel.lib.names"

local ops = {all = {}, inner = {}}

for name in ([[affine identity gate lincomb over_root linear spread conv_x conv_w
    conv_bias deconv_bias sum_pool pool_which pool_take pool_put normalize_x normalize_dot
    batch_norm bernoulli_nll gaussian_nll gaussian_kl shard_sum]]):gmatch "%S+" do
  ops.inner[name] = true
end

for _, row in ipairs(core.op.registry()) do ops.all[row.name] = core.op[row.name] end
for _, part in ipairs{"composed", "reduce", "array", "sampling", "sorting", "contract"} do
  for name, f in pairs(require("teasel.op." .. part)) do ops.all[name] = f end
end
for name in pairs(ops.inner) do core.tensor.methods[name] = nil end

-- What Lua writes otherwise for tensors than for numbers: the operator, and what does it.
local OTHERWISE = {
  __newindex = {"x[i] = y", "a new tensor (none changes): T.where(mask, y, x), T.concat{...}, "
    .. "x:put(index, count)"},
  __lt = {"x < y or x > y", "x:lt(y) or x:gt(y), which compare item by item"},
  __le = {"x <= y or x >= y", "x:le(y) or x:ge(y), which compare item by item"},
  __concat = {"x .. y", "T.concat{x, y}, or tostring(x) in a text"},
  __mod = {"x % y", "x - (x / y):floor() * y"},
  __idiv = {"x // y", "(x / y):floor()"},
}

for event, words in pairs(OTHERWISE) do
  core.tensor.metatable[event] = function()
    fail("tensor: got %s, wanted %s", words[1], words[2])
  end
end

-- x.name of a method that there is not
function core.tensor.metatable.__missing(_, name)
  if ops.inner[name] then return ops.all[name] end   -- the scripts of older runs
  fail([[index: argument 'i': got "%s", wanted a method of tensors (%s), an integer, ]]
    .. "a list of them or of ranges {from, to}, a tensor of indices or a mask", name,
    names.hint("tensor", name, core.tensor.methods))
end

return ops
