-- What is scored: the codes and factors of a run, of files, or of a data set with a representation
-- that needs no training.

local core = require "teasel.core"
local baseline = require "teasel.represent.baseline"
local check = require "teasel.lib.check"
local code_file = require "teasel.represent.code_file"
local digest = require "teasel.represent.digest"
local encoding = require "teasel.represent.encoding"
local file_part = require "teasel.lib.file_part"
local measured = require "teasel.metric.lib.measured"
local merged = require "teasel.lib.merged"
local options = require "teasel.options"
local ops = require "teasel.op.composed"
local packed = require "teasel.run.packed"
local pretrained = require "teasel.run.pretrained"
local progress = require "teasel.lib.progress"
local raise = require "teasel.lib.fail"
local run = require "teasel.run"
local score_options = require "teasel.report.score_options"
local set = require "teasel.data.set"

local SIDE = 64   -- of the pictures of a folder

local op, disk, file, system = core.op, core.disk, core.file, core.system
local score_source = {}

local function fail(form, ...) raise("score: " .. form, ...) end

local function stream_of(o) return core.rand.stream(o.seed, "baseline") end

-- the points of a data set that are scored: all, or some that are drawn
local function chosen_points(data, o)
  local points = o.points
  if points == 0 and o.representation == "raw" then points = score_options.RAW.points end
  if points == 0 or points >= data:count() then return data end
  local order = core.rand.stream(o.seed, "points"):permutation(data:count())
  return data:subset(ops.slice(order, 1, 1, points))
end

local function encode(data, represent)
  local codes, factors = measured.encode(progress.watched(data), represent)
  return {codes = codes, factors = factors, names = data.factor_names}
end

-- the codes of a run's images
local function of_run(r, o)
  local data = chosen_points(r.data, o)
  if o.representation ~= "mean" then
    return encode(data, baseline.make(o.representation, r.data, stream_of(o), r.model))
  end
  local codes, factors = encoding.of_view(r, data)
  local called = {}
  for d = 1, codes:shape()[2] do called[d] = r.view:code_name(d) end
  return {codes = codes, factors = factors, names = data.factor_names, called = called}
end

-- the codes of a file or two, of their points or of some that are drawn
local function of_file(path, other, o)
  local found = code_file(path, other)
  local n = #found.codes
  if o.points == 0 or o.points >= n then return found end
  if found.test_codes then
    fail("%s: got %d points, wanted all of them (0): the file says itself on which to test", path,
      o.points)
  end
  local some = ops.slice(core.rand.stream(o.seed, "points"):permutation(n), 1, 1, o.points)
  return {codes = op.take(found.codes, some), factors = op.take(found.factors, some),
    names = found.names}
end

-- name_of(source) -> a path, the directory of an opened run, or the first of two files
function score_source.name_of(source)
  local name = type(source) == "table" and (source.dir or source.codes) or source
  if type(name) ~= "string" then
    check.wrong("score", "source", source, "a path, {codes = path, factors = path}, or what "
      .. "run.open gives")
  end
  return name
end

-- the set of a folder that is no run: pictures with a labels.csv, or CelebA's own files
local function of_folder(folder)
  local named, data, message = disk.stat(folder .. "/labels.csv"), nil, nil
  if named then
    data, message = require "teasel.data.reader.folder" {folder, size = SIDE, labels = "labels.csv"}
  else
    data, message = require "teasel.data.reader.celeba" {folder = folder, size = SIDE}
  end
  if not data and named then
    fail("%s: is no run (it has no script.lua), and %s", folder, message)
  elseif not data then
    fail("%s: is no run (it has no script.lua), no pictures with a labels.csv, and not CelebA: %s",
      folder, message)
  end
  return data
end

-- the set that a file of Lua returns, or that the function which it returns makes of {}
local function of_script(path)
  local chunk, message = loadfile(path, "t")
  if not chunk then fail("%s", message) end
  local data = chunk()
  if type(data) == "function" then data = data{} end
  if not set.is(data) or not data.factor_names then
    fail("%s: returns %s, wanted a data set with known factors, or a function of options that "
      .. "gives one", path, tostring(data))
  end
  return data
end

-- locate(source, options) -> {run = an opened run}, {data = a set, for a baseline} or {path = of a
-- file, other = of the one with factors}
function score_source.locate(source, o)
  score_source.name_of(source)
  local mean = o.representation == "mean"
  if not mean and not baseline.names[o.representation] then
    local known = {mean = true}
    for name in pairs(baseline.names) do known[name] = true end
    options.unknown("score: --representation", o.representation, known)
  end
  local function no_checkpoint(what)
    if o.checkpoint ~= score_options.defaults.checkpoint then
      fail("got the checkpoint '%s' of %s, wanted a run's directory", o.checkpoint, what)
    end
  end
  local r = source
  if source == "dsprites" then
    no_checkpoint "dsprites"
    if mean then fail("dsprites: wanted a --representation: raw, pca, ica, truth, untrained") end
    return {data = require "teasel.data.generator.dsprites" {}}
  elseif type(source) == "table" and source.codes and not source.dir then
    no_checkpoint "a file"
    if not mean then fail("%s: a file has codes, no images for --representation", source.codes) end
    return {path = source.codes, other = check.string("score", "source.factors", source.factors)}
  elseif type(source) == "table" then
    no_checkpoint "a run that is open already"
  elseif system.list(source) or packed.is(pretrained.path(source) or source) then
    local dir, message = packed.folder(source)
    if not dir then fail("%s", message) end
    local script = disk.stat(dir .. "/script.lua")
    if not script and not mean then
      no_checkpoint "a folder of pictures"
      return {data = of_folder(source)}
    end
    if not script then
      fail("%s: is no run: it has no script.lua; a folder of pictures wants a --representation: "
        .. "raw, pca, ica, truth, untrained", source)
    end
    r, message = run.open(dir, math.tointeger(tonumber(o.checkpoint)) or o.checkpoint)
    if not r then fail("%s", message) end
  elseif source:find "%.lua$" then
    no_checkpoint "a data set"
    if mean then
      fail("%s: a data set wants a --representation: raw, pca, ica, truth, untrained", source)
    end
    return {data = of_script(source)}
  else
    no_checkpoint "a file"
    if not mean and not disk.stat(source) then
      fail("%s: there is no such run, folder of pictures or data set (dsprites, or a file of Lua "
        .. "that returns one)", source)
    end
    if not mean then fail("%s: a file has codes, no images for --representation", source) end
    return {path = source}
  end
  if type(r.data) ~= "table" or not r.data.factor_names then
    fail("%s: its script hands no `data` with known factors to run.train", r.dir)
  end
  return {run = r}
end

-- open(at, options) -> codes and factors of what `locate` found, and the step of a run
function score_source.open(at, o)
  if at.run then return of_run(at.run, o), at.run.step end
  if at.path then return of_file(at.path, at.other, o) end
  return encode(chosen_points(at.data, o), baseline.make(o.representation, at.data, stream_of(o)))
end

-- key_of(at, options) -> the digest of all that a report depends on, but for rows of `more`; nil
-- where it cannot be told
function score_source.key_of(at, o)
  local how = merged(o)
  how.out, how.threads, how.checkpoint, how.more, how.codes = nil, nil, nil, nil, nil
  if at.run then
    local r = at.run
    return encoding.key(r, r.data, {how, r.view or false, r.model or false})
  end
  if at.path then
    local function sha(path)
      local text = assert(file.read((file_part(path))))
      return path .. " " .. file.sha256(text)
    end
    return (digest{digest.library(), how, at.other and {sha(at.path), sha(at.other)}
      or sha(at.path):match "%S+$"})
  end
  local of = encoding.set_key(at.data)
  return (digest{digest.library(), how, of})
end

return score_source
