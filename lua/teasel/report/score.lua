-- Scores: the metrics of a run's codes, of codes in files, or of a baseline.
--
--   build/teasel score RUN_OR_FILE [--metrics mig,dci] [--seed 1]
--   build/teasel score --codes z.npy --factors y.csv
--
-- RUN_OR_FILE is a run directory whose script hands `data` and a `view` to run.train; or a file,
-- HDF5 or .npz, with codes and factors: mus_train [n D], ys_train [n K] and, for points of their
-- own to be tested on, mus_test, ys_test (or codes, factors, codes_test, factors_test); or, with a
-- representation that needs no run, the word dsprites, a folder as CelebA's (teasel.data.celeba) or
-- one of pictures with a labels.csv (teasel.data.folder), which are taken at 64 x 64. Codes and
-- factors may be in two files, each HDF5, .npz, .safetensors, .pt, .npy, .csv or .tsv, and some
-- columns of the last three, as y.csv:posX,size: see teasel.represent.code_file. A data set of
-- your own is a file of Lua that returns it, scored with a representation that needs no run; a
-- metric of your own is one too, among those of --metrics. Prints a table, writes it as JSON with
-- the details of each metric, and draws the matrices of DCI, MIG and SAP. In Lua:
--
--   local results, report = require "teasel.report.score".of("runs/demo", {metrics = "mig,dci"})

local core = require "teasel.core"
local all = require "teasel.metric.all"
local json = require "teasel.lib.json"
local ranks = require "teasel.run.ranks"
local probe = require "teasel.represent.probe"
local score_options = require "teasel.report.score_options"
local score_output = require "teasel.report.score_output"
local score_source = require "teasel.report.score_source"

local file = core.file
local score = {}

-- In what follows a source is one of the command line, two files as {codes = path, factors = path},
-- or a run from run.open, whose state counts and not option `checkpoint`.

-- codes(source, options) -> codes [n D], factors [n K] that would be scored
function score.codes(source, o)
  o = score_options.read(o)
  local found = score_source.open(score_source.locate(source, o), o)
  return found.codes, found.factors
end

-- of(source, options) -> the results of teasel.metric.all, a table as it goes into the JSON, the
-- path of that; nothing is written but a run's codes (see teasel.represent.encoding). Options as on
-- the command line.
function score.of(source, o)
  o = score_options.read(o)
  local only, more = score_options.rows(o)
  -- an unknown name is an error before the images are represented
  all.rows(only, false, more, "score: --metrics")
  local at, chosen = score_source.locate(source, o), nil
  local found, step = score_source.open(at, o)
  chosen, found.names = score_options.columns(score_options.split(o.factors), found.names,
    found.factors:shape()[2])
  local results = all(found.codes, found.factors, {only = only, seed = o.seed, factors = chosen,
    slow = o.metrics == "all", more = more, resamples = o.resamples, factor_bins = o.factor_bins,
    test_codes = found.test_codes, test_factors = found.test_factors,
    classifier = probe.classifier})
  local key = score_source.key_of(at, o)
  return results, score_output.report_of(source, results, found, o, step, key, more),
    score_output.path_of(source, o)
end

-- save(source, options) -> the results and the report of score.of, the paths of the JSON and, where
-- there are matrices, of their figure, all written. Under mpirun or srun the ranks share the work,
-- with the codes and scores of one process; the first one goes on, the others end here.
function score.save(source, o)
  o = score_options.read(o)
  local results, report, path = ranks.shared(o.threads, function() return score.of(source, o) end)
  return results, report, path, score_output.write(report, path)
end

-- path(source, options) -> where score.save writes the JSON
function score.path(source, o) return score_output.path_of(source, score_options.read(o)) end

-- kept(source, options) -> the report that score.save would give, where its file is there already:
-- made of the same state, images, representation, options and library (its `key`), with these rows
-- of `more`, and of the step in scores.json or that which is asked for; else nil
function score.kept(source, o)
  o = score_options.read(o)
  local text = file.read(score_output.path_of(source, o))
  local trained = file.read(score_source.name_of(source) .. "/scores.json")
  local report, at = text and json.decode(text), trained and json.decode(trained)
  local step = math.tointeger(tonumber(o.checkpoint)) or at and at.step
  if not report or not report.key or report.step ~= step then return nil end
  local _, more = score_options.rows(o)
  local keys = score_output.keys_of(more)
  for _, row in ipairs(more) do
    if not keys[row[1]] or keys[row[1]] ~= report.more[row[1]] then return nil end
  end
  return report.key == score_source.key_of(score_source.locate(source, o), o) and report or nil
end

-- report(source, options) -> the report that is kept, or else is made now, as score.save does, with
-- a line on the error stream, since that takes minutes
function score.report(source, o)
  local kept = score.kept(source, o)
  if kept then return kept end
  local what = score_source.name_of(source)
  local representation = score_options.read(o).representation
  if representation ~= "mean" then what = what .. " " .. representation end
  io.stderr:write("scores of ", what, "\n")
  return select(2, score.save(source, o))
end

return score
