-- Codes of all images of a data set by the networks of a run. They stay in the run's directory, so
-- that its reports and scores represent the images once.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local checkpoint = require "teasel.run.checkpoint"
local digest = require "teasel.represent.digest"
local fail = require "teasel.lib.fail"
local matters = require("teasel.run.settings").matters
local measured = require "teasel.metric.lib.measured"
local ops = require "teasel.op.composed"
local progress = require "teasel.lib.progress"
local ranks = require "teasel.run.ranks"
local shard = require "teasel.lib.shard"

local op, tensor, file = core.op, core.tensor, core.file
local encoding = {}

local BATCH = 512   -- images that are digested at a time

-- options that say how long a run goes and how, not what its functions do
local NO_SETTING = {steps = true, precision = true, device = true}

local function settings(config)
  local list = {}
  for name, value in pairs(config or {}) do
    if not NO_SETTING[name] and matters(name) then list[name] = value end
  end
  return list
end

-- set_key(data) -> what tells the images and factors of a data set from those of all others: what
-- the set says of itself (see teasel.data.set) or the images' bytes, which images of it, and the
-- names and values of factors
function encoding.set_key(data)
  local space, points = data.space, data.items or tensor.arange(1, data:count())
  local of = data.key and data.key()
  if not of then
    local parts = {}
    for images in data:each(BATCH) do parts[#parts + 1] = file.sha256(images:data()) end
    of = table.concat(parts)
  end
  if space then return {space.names, space.sizes, space.values, space:origin(points), of} end
  return {data.factor_names or false, data.factor_names and data:factors() or false, points, of}
end

-- key(r, data, how) -> the digest of all that the codes of these images by a run may depend on:
-- its state, script and settings, the images, the library, the place where they are computed, and
-- `how` they are made, any value; nil where one of these cannot be distinguished from others (see
-- teasel.represent.digest)
function encoding.key(r, data, how)
  local script = file.read(r.dir .. "/script.lua")
  -- the config goes in as its settings, wherever else a function holds it
  return digest({digest.library(), r.state, settings(r.config), script,
    encoding.set_key(data), core.place.device(), how}, r.config)
end

-- of(r, data, represent, name) -> codes [n D], factors [n K] of the set's images, in order;
-- represent(images) -> [n' D] is called `name`. Codes that DIR/codes.h5 has under the same key are
-- taken from there; those of a subset are not kept, nor those that have no key. Ranks that share a
-- score represent a share of the images each.
function encoding.of(r, data, represent, name)
  local path, n = r.dir .. "/codes.h5", data:count()
  local key = not data.items and encoding.key(r, data, {name, represent})
  if not key then return measured.encode(progress.watched(data), represent, name) end
  ranks.common("the run that is represented", key)
  local note, restore = checkpoint.read(path)
  if shard.all(note and note.key == key) then
    local kept = {codes = tensor.zeros{n, note.columns}}
    restore(kept)
    return kept.codes, data.factor_names and data:factors()
  end
  local codes, factors = measured.encode(progress.watched(data), represent, name)
  if not ranks.first() then return codes, factors end
  local ok, message = checkpoint.save(path, {codes = codes},
    {key = key, name = name, columns = codes:shape()[2]})
  if not ok then io.stderr:write("codes are not kept: ", message, "\n") end
  return codes, factors
end

-- of_view(r, data) -> what the view of a run gives for all images of a set (see `of`): codes [n D],
-- factors [n K] and, where it has a posterior, log variances [n D]
function encoding.of_view(r, data)
  local view = r.view
  if not (view and view.represent) then
    fail("%s: its script hands no `view` that represents images to run.train", r.dir)
  end
  local posterior = view.posterior
  if not posterior then return encoding.of(r, data, view.represent, "represent") end
  local both, factors = encoding.of(r, data, function(images)
    return op.concat({posterior(images)}, 2)
  end, "posterior")
  local D = both:shape()[2] // 2
  return ops.slice(both, 2, 1, D), factors, ops.slice(both, 2, D + 1, -1)
end

local RUN = "r: table(dir state), data: table(each), "

check.functions("encoding.", encoding, {
  set_key = "data: table(each)", key = RUN .. "how: any",
  of = RUN .. "represent: callable, name: string", of_view = RUN,
})

return encoding
