-- build/teasel adopt FILE
--   What stands in a file of weights of another program (.pt of PyTorch, .safetensors, .npz, HDF5):
--   the name, type and shape of each array, and which recipe makes a run of them, if one is known.
--
-- A recipe is a script of some 20 lines, as experiments/adopt_disentangling_vae.lua, that builds
-- the network by teasel.model.adopted and says what it can do (its view). It is started as any
-- experiment is, and makes a run without a training: scores, figures, `repl`, `beside` and the rest
-- work on it.
--
--   local config = T.run.config{weights = "model.pt"}
--   local weights = T.adopt.weights(config.weights)
--   ... encoder, decoder, view ...
--   T.report.view(T.adopt.run{config = config, weights = weights, view = view, data = data})

local check = require "teasel.lib.check"
local checkpoint = require "teasel.run.checkpoint"
local command = require "teasel.run.command"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local loop = require "teasel.run.loop"
local merged = require "teasel.lib.merged"
local run = require "teasel.run"
local saving = require "teasel.run.saving"
local script = require "teasel.run.script"
local tree = require "teasel.tree"

local adopt = {}

-- the keys under which others keep a state dict beside other things, in the order of preference
local INSIDE = {"state_dict", "model_state_dict", "model_state", "model", "net", "params",
  "model_weights"}
local PARALLEL = "^module%."    -- as PyTorch's DataParallel has it

-- recipes by an array that only their models have
local RECIPES = {
  {"encoder.mu_logvar_gen.weight", "experiments/adopt_disentangling_vae.lua"},
  {"fc_alphas.0.weight", "experiments/adopt_joint_vae.lua"},
  {"encoder.z_mean.kernel:0", "experiments/adopt_keras_vae.lua"},
}

local function flattened(value, name, found)
  for _, key in ipairs(tree.keys(value)) do
    local x, full = value[key], name == "" and tostring(key) or name .. "." .. tostring(key)
    if tree.is_tensor(x) then found[full] = x
    elseif type(x) == "table" then flattened(x, full, found)
    end
  end
  return found
end

-- weights(path [, inside]) -> the tensors of a file by their names, as "encoder.conv1.weight"; in a
-- run that is opened those that it keeps. Where the file has other things too (an optimizer, a
-- number of the epoch), those under `inside`, or else under state_dict, model_state_dict, model
-- ...; "module." before all names is left out. What cannot be read is an error.
function adopt.weights(path, inside)
  local opened = script.opened()
  if opened then
    local steps = directory.steps(opened.dir)
    local state, message = checkpoint.load(directory.checkpoint(opened.dir, steps[#steps] or 0))
    if not state then fail("adopt.weights: %s", message) end
    return state.params
  end
  local found, message = saving.load(path)
  if not found then fail("adopt.weights: %s", message) end
  if type(found) ~= "table" then
    fail("adopt.weights: %s: got one array, wanted several by their names", path)
  end
  if inside then
    found = found[inside]
    if type(found) ~= "table" then
      fail("adopt.weights: %s: has nothing under '%s'", path, inside)
    end
  else
    for _, key in ipairs(INSIDE) do
      if type(found[key]) == "table" then
        found = found[key]
        break
      end
    end
  end
  local named, parallel = flattened(found, "", {}), true
  if next(named) == nil then fail("adopt.weights: %s: has no tensors", path) end
  for name in pairs(named) do parallel = parallel and name:find(PARALLEL) ~= nil end
  if not parallel then return named end
  local plain = {}
  for name, x in pairs(named) do plain[name:gsub(PARALLEL, "", 1)] = x end
  return plain
end

-- array(weights, name) -> the one of this name; weights without it are an error about --weights
function adopt.array(weights, name)
  return weights[name] or command.fail("option --weights: got a file without '%s', wanted one of "
    .. "a model that this recipe is for (build/teasel adopt FILE says which)", name)
end

-- run{config =, weights =, view =, ...} -> the run in config.run (see run.train): its state is the
-- weights, there is no training. What else is in the table (model, data) becomes a field of the
-- run.
function adopt.run(t)
  check.fields("adopt.run", "t", t, {"config", "weights", "view"})
  local given = merged(t, {state = {params = t.weights}, step = function() end})
  given.weights, given.config.steps = nil, 0   -- no step is taken
  local r = run.train(given)
  if r.step == 0 and #directory.steps(r.dir) == 0 then loop.begin(r) end
  return r
end

-- main(words): what `build/teasel adopt WORDS` does
function adopt.main(words)
  local paths, rest = command.front(words)
  local o = command.typed(rest, {help = false})
  if o.help then return command.show_head "adopt" end
  if #paths ~= 1 then command.fail "got no file, wanted: adopt FILE, or --help" end
  local weights, count = adopt.weights(paths[1]), 0
  for _, name in ipairs(tree.keys(weights)) do
    print(("%-40s [%s]"):format(name, table.concat(weights[name]:shape(), " ")))
    count = count + weights[name]:size()
  end
  print(("%d arrays, %d numbers"):format(#tree.keys(weights), count))
  for _, recipe in ipairs(RECIPES) do
    if weights[recipe[1]] then
      print(("build/teasel %s --weights %s makes a run of it"):format(recipe[2], paths[1]))
    end
  end
end

check.functions("adopt.", adopt, {weights = "path: string, inside: string?",
  array = "weights: table, name: string", run = "t: table"})

if ... ~= "teasel.tool.adopt" then command.attempt(adopt.main, arg) end

return adopt
