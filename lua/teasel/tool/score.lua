-- build/teasel score RUN_OR_FILE [options]: the metrics of a run, of a file with codes and factors,
-- or of a baseline; build/teasel score --codes FILE --factors FILE: of two files.
-- teasel.report.score says more, and --help lists the options.

local command = require "teasel.run.command"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local merged = require "teasel.lib.merged"
local names = require "teasel.tool.repl.names"
local packed = require "teasel.run.packed"
local pretrained = require "teasel.run.pretrained"
local score = require "teasel.report.score"
local score_options = require "teasel.report.score_options"

local USAGE = "usage: build/teasel score RUN_OR_FILE [options]\n"
  .. "       build/teasel score --codes FILE --factors FILE [options]"

local ABOUT = [[
The metrics of codes: those that a run's model gives of its data, or those of files. RUN_OR_FILE is
a run's directory, what `pack` made of it, or one file with codes and factors (HDF5, .npz); two
files are .h5, .npz, .npy, .safetensors, .pt, .csv or .tsv. With a --representation other than mean
it may be a data set: dsprites, a folder of pictures, or a file of Lua that returns one of your own.
`build/teasel help score` says more.
--trust opens a run that was not made by this user on this machine without asking: it executes the
run's script.]]

-- the file can be written: said before minutes of work
local function check_path(path)
  local there = core.disk.stat(path)
  if there == "other" then
    fail("score: cannot write the scores: %s: is a device or a pipe, wanted a file", path)
  end
  local f, message = io.open(path, "ab")
  if not f then fail("score: cannot write the scores: %s", message) end
  f:close()
  if not there then os.remove(path) end
end

-- a run's directory, a packed run or the name of one that came with teasel
local function is_run(source)
  return type(source) == "string" and (pretrained.path(source) or packed.is(source)
    or core.file.read(source .. "/script.lua")) ~= nil
end

local function main()
  local known = merged(score_options.defaults, {help = false, trust = false})
  local sources, rest = command.apart(arg, known)
  local source = sources[1]
  if #sources > 1 then
    fail("score: got '%s' and '%s', wanted one run or file", source, sources[2])
  end
  local o = command.typed(rest, known)
  if o.help then
    print(USAGE .. "\n\n" .. ABOUT .. "\n\n" .. command.help(score_options.defaults,
      command.meanings(score_options.SOURCE, "local defaults = {")))
    return
  end
  if o.codes then
    if source then fail("score: got '%s' and --codes, wanted one of them", source) end
    if not o.factors then fail("score: got --codes without --factors, wanted both") end
    source, o.codes, o.factors = {codes = o.codes, factors = o.factors}, nil, nil
  end
  if not source then fail("score: got no run directory or file\n%s", USAGE) end
  if o.threads and o.threads > 0 then core.threads(o.threads) end
  if o.out then check_path(o.out) end
  if is_run(source) then
    local may, message = names.may(source, names.terminal(), o.trust)
    if not may then fail("score: %s", message) end
  end
  o.trust = nil
  local results, _, path, drawn = score.save(source, o)
  print(results)
  print(("scores in %s%s"):format(path, drawn and ", matrices in " .. drawn or ""))
end

if ... ~= "teasel.tool.score" then command.attempt(main) end

return score
