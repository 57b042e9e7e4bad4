-- Codes of all images of a data set by the networks of a run. They stay in the run's directory, so
-- that its reports and scores represent the images once.

local core = require "teasel.core"
local checkpoint = require "teasel.checkpoint"
local given = require "teasel.metric.given"
local ops = require "teasel.ops"
local progress = require "teasel.progress"
local tree = require "teasel.tree"
local vae = require "teasel.vae"

local tensor, file = core.tensor, core.file
local encoding = {}

local function digest(...)
  local parts = {}
  for i, leaf in ipairs((tree.leaves{...})) do parts[i] = file.sha256(leaf:data()) end
  return file.sha256(table.concat(parts))
end

-- of(r, data, represent, name) -> codes [n D], factors [n K] of the set's images, in order;
-- represent(images) -> [n' D] is a function of r.state.params and r.state.stats alone, and called
-- `name`. Codes that DIR/codes.h5 has by this name, of the same parameters, statistics and images,
-- are taken from there; those of a subset are not kept.
function encoding.of(r, data, represent, name)
  local path, n = r.dir .. "/codes.h5", data:count()
  if data.items then return given.encode(progress.watched(data), represent) end
  local points = tensor.arange(1, n)
  local of = digest(r.state.params, r.state.stats or {}, data.space:origin(points))
  local note, restore = checkpoint.read(path)
  if note and note.of == of and note.name == name then
    local kept = {codes = tensor.zeros{n, note.columns}}
    restore(kept)
    return kept.codes, data.space:codes(points)
  end
  local codes, factors = given.encode(progress.watched(data), represent)
  local ok, message = checkpoint.save(path, {codes = codes},
    {of = of, name = name, columns = codes:shape()[2]})
  if not ok then io.stderr:write("codes are not kept: ", message, "\n") end
  return codes, factors
end

-- of_vae(r, data, model) -> means and log variances of q(z|x) [n latents], factors [n K]
function encoding.of_vae(r, data, model)
  local codes, factors = encoding.of(r, data, vae.posterior(model, r.state.params), "posterior")
  local latents = codes:shape()[2] // 2
  return ops.slice(codes, 2, 1, latents), ops.slice(codes, 2, latents + 1, -1), factors
end

return encoding
