-- All ops, T.op: those of the core's registry and what is put together from them. T itself, and
-- tensors as methods, have those that one types; what derivatives and layers are made of (`inner`)
-- is here alone, as T.op.conv_x, and answers to T.conv_x only for scripts that runs have kept.
--
--   ops.all      functions by their names
--   ops.inner    names by themselves: a set

local core = require "teasel.core"

local ops = {all = {}, inner = {}}

for name in ([[affine identity gate lincomb over_root linear spread conv_x conv_w
    conv_bias deconv_bias sum_pool pool_which pool_take pool_put normalize_x normalize_dot
    batch_norm bernoulli_nll gaussian_nll gaussian_kl]]):gmatch "%S+" do
  ops.inner[name] = true
end

for _, row in ipairs(core.op.registry()) do ops.all[row.name] = core.op[row.name] end
for _, part in ipairs{"composed", "reduce", "array", "sorting", "contract"} do
  for name, f in pairs(require("teasel.op." .. part)) do ops.all[name] = f end
end
for name in pairs(ops.inner) do core.tensor.methods[name] = nil end

return ops
