-- teasel: tensors, gradients of any order, layers and optimizers for experiments in
-- disentangled representation learning.
--
--   local T = require "teasel"
--
-- T holds the constructors and the ops that one types (all ops: T.op), T.grad, T.vjp, ...; the rest
-- is loaded when it is first named: T.nn, T.optim, T.dist, T.tree, T.data, ...

local core = require "teasel.core"
require "teasel.lib.fail"

local names = require "teasel.lib.names"
local ops = require "teasel.op"
local saving = require "teasel.run.saving"

local T = {}

for name, f in pairs(core.tensor) do
  if type(f) == "function" then T[name] = f end
end
for name, f in pairs(ops.all) do
  if not ops.inner[name] then T[name] = f end
end
for name, f in pairs(core.linalg) do T[name] = f end
for name, f in pairs(require "teasel.grad") do T[name] = f end

T.op = ops.all
T.stream = core.rand.stream
T.bytes = core.bytes.bytes
T.save, T.load = saving.save, saving.load
T.threads, T.memory, T.precision = core.threads, core.memory, core.precision
T.device = core.place.device

core.tensor.metatable.__tostring = require "teasel.show"

names.strict(T.op, "op")
names.strict(getmetatable(T.stream(0)), "stream")
names.strict(getmetatable(T.bytes ""), "bytes")
T.data = names.lazy({}, "data", {"data.", "data.generator.", "data.reader."})

-- what scripts that runs have kept may name besides
local function kept(name)
  if name == "codes" then return T.latents end
  return rawget(T.op, name)
end

return names.lazy(T, "T", {"", "model.", "represent.", "run.", "report.", "plot.", "format.",
  "tool."}, kept)
