-- teasel: tensors, gradients of any order, layers and optimizers for experiments in
-- disentangled representation learning.
--
--   local T = require "teasel"
--
-- T holds the constructors and the ops that one types (all ops: T.op), T.grad, T.vjp, ...; the rest
-- is loaded when it is first named: T.nn, T.optim, T.dist, T.tree, T.data, ...

local core = require "teasel.core"
require "teasel.lib.fail"

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

core.tensor.metatable.__tostring = require "teasel.show"

-- t, with the modules of the rooms loaded when they are first named; old(name) -> what scripts that
-- runs have kept may name besides
local function lazy(t, rooms, old)
  return setmetatable(t, {__index = function(_, name)
    if type(name) ~= "string" or name == "init" then return nil end
    local kept = old(name)
    if kept then return kept end
    for _, room in ipairs(rooms) do
      if package.searchpath(room .. name, package.path) then
        t[name] = require(room .. name)
        return t[name]
      end
    end
  end})
end

T.data = lazy({}, {"teasel.data.", "teasel.data.generator.", "teasel.data.reader."}, function() end)
return lazy(T, {"teasel.", "teasel.model.", "teasel.represent.", "teasel.run.", "teasel.report.",
  "teasel.plot.", "teasel.format.", "teasel.tool."}, function(name)
  if name == "codes" then return T.latents end
  return ops.all[name]
end)
