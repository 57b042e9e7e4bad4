-- What the fuzzer calls: every function of T, of the core and of the library's modules, but for the
-- ones below; and the methods of the values that they return.

local T = require "teasel"
local core = require "teasel.core"

-- left out, with the reason
local SKIPPED = {
  ["core.fail_at"] = "makes later allocations fail on purpose",
  ["core.stress"] = "collects at every allocation from then on",
  ["core.mark"] = "a counter of the process",
  ["core.threads"] = "settings of the process",
  ["core.kernels"] = "settings of the process",
  ["core.precision"] = "settings of the process",
  ["core.profile"] = "watches the process",
  ["core.grad"] = "the parts that T.grad is made of; they record from then on",
  ["core.system"] = "signals, processes and terminals",
  ["core.process"] = "starts processes",
  ["core.shard"] = "starts and ends processes",
  ["teasel.run.ranks"] = "starts and ends processes: spec/run/ranks_spec.lua",
  ["teasel.run.sweep"] = "starts processes: spec/run/sweep_spec.lua",
  ["teasel.run.slurm"] = "starts processes",
  ["core.fail"] = "raises the error that it is given",
  ["core.context"] = "keeps the function that it is given",
  ["core.library"] = "says where the library lies",
  ["core.wrong"] = "raises the error that it is given",
  ["core.op.fault"] = "plants faults in derivatives",
  ["core.op.registry"] = "takes nothing",
  ["core.tensor.metatable"] = "no function",
  ["teasel.report.content_experiment.config"] = "the command line, as run.config",
  ["teasel.run"] = "trains: spec/run/run_spec.lua",
  ["teasel.run.command"] = "the command line; ends the process",
  ["teasel.report"] = "writes the files of a run",
  ["teasel.report.score"] = "reads runs and writes their scores",
  ["teasel.report.score_options"] = "what the command line of scores asks for",
  ["teasel.report.score_source"] = "reads runs",
  ["teasel.report.score_output"] = "writes the scores of runs",
  ["teasel.report.score_table"] = "reads runs",
  ["teasel.report.reproduction"] = "reads runs",
  ["teasel.report.record"] = "takes entries: spec/report/reproduction_spec.lua",
  ["teasel.report.summary"] = "reads runs, from a command line",
  ["teasel.report.comparison_chart"] = "methods of a comparison of runs",
  ["teasel.tool.again"] = "executes what was typed",
  ["teasel.plot.figure"] = "writes the files of a run",
  ["teasel.plot.activation"] = "writes a figure of a run",
  ["teasel.report.parts"] = "renders parts of dSprites",
  ["teasel.report.digit_report"] = "writes the files of a run",
  ["teasel.report.gan_outcome"] = "writes the files of a run",
  ["teasel.report.gan_report"] = "writes the files of a run",
  ["teasel.report.ring_report"] = "writes the files of a run",
  ["teasel.report.latent_grid"] = "writes a figure",
  ["teasel.plot.gnuplot"] = "starts gnuplot",
  ["teasel.data.find"] = "looks for the files of data sets",
  ["teasel.data.generator.dsprites"] = "renders 737,280 images: spec/data/dsprites_spec.lua",
  ["teasel.data.cache"] = "makes and removes files",
  ["teasel.data.reader.file"] = "reads the files of a data set",
  ["teasel.data.reader.source"] = "reads the files of a data set",
  ["teasel.data.reader.casia"] = "reads the files of a data set",
  ["teasel.data.reader.celeba"] = "reads the files of a data set",
  ["teasel.data.reader.lpc_sprites"] = "reads the files of a data set",
  ["teasel.data.reader.class_folders"] = "reads the files of a data set",
  ["teasel.data.reader.linemod"] = "reads the files of a data set",
  ["teasel.data.reader.rendered_chairs"] = "reads the files of a data set",
  ["teasel.data.reader.cars3d"] = "reads the files of a data set",
  ["teasel.data.reader.cmu_faces"] = "reads the files of a data set",
  ["teasel.data.reader.coil20"] = "reads the files of a data set",
  ["teasel.data.reader.frey_faces"] = "reads the files of a data set",
  ["teasel.data.reader.isomap_faces"] = "reads the files of a data set",
  ["teasel.data.reader.matlab"] = "reads the files of a data set",
  ["teasel.data.reader.norb"] = "reads the files of a data set",
  ["teasel.data.reader.reed_sprites"] = "reads the files of a data set",
  ["teasel.data.reader.files"] = "reads the files of a data set",
  ["teasel.data.reader.folder"] = "reads the files of a data set",
  ["teasel.data.reader.pictures"] = "reads the files of a data set",
  ["core.disk"] = "writes files, sleeps", ["core.picture"] = "reads files in child processes",
  ["teasel.data.generator.faces"] = "draws many images: spec/data/faces_spec.lua",
  ["teasel.data.generator.house_numbers"] =
    "draws many images: spec/data/house_numbers_spec.lua",
  ["teasel.data.generator.varied_faces"] =
    "draws many images: spec/data/varied_faces_spec.lua",
  ["teasel.data.generator.portraits"] = "draws many images: spec/data/portraits_spec.lua",
  ["teasel.data.generator.shapes3d"] = "draws many images: spec/data/shapes3d_spec.lua",
  ["teasel.data.generator.objects"] = "draws many images: spec/data/objects_spec.lua",
  ["teasel.data.generator.chairs"] = "draws many images: spec/data/chairs_spec.lua",
  ["teasel.data.generator.cars"] = "draws many images: spec/data/cars_spec.lua",
  ["teasel.data.generator.digits"] = "draws many images: spec/data/digits_spec.lua",
  ["teasel.data.generator.sprites"] = "draws many images: spec/data/sprites_spec.lua",
  ["teasel.data.generator.dsprites_variant"] =
    "draws many images: spec/data/dsprites_variant_spec.lua",
  ["teasel.data.generator.xy_squares"] = "draws many images: spec/data/xy_squares_spec.lua",
  ["teasel.data.reader.mnist"] = "reads the files of a data set",
}

-- the folder of the sources: from where the facade was found
local folder = package.searchpath("teasel.op.composed", package.path):match "^(.*)/teasel/op/"

-- the library's own, whose callers pass what they have checked: of the core's no more is asked than
-- that they come back, and those of modules are left out
local INNER = {
  "^core%.file", "^core%.learn", "^core%.png", "^teasel%.lib%.", "^teasel%.plot%.axis",
  "^teasel%.data%.generator%.head", "^teasel%.represent%.code_file", "^teasel%.represent%.digest",
  "^teasel%.represent%.encoding", "^teasel%.report%.followers", "^teasel%.fields",
  "^core%.archive", "^teasel%.format%.kind", "^teasel%.format%.npy_array", "^teasel%.format%.zip",
  "^teasel%.format%.file_array", "^teasel%.format%.file_set", "^teasel%.format%.pickle",
  "^teasel%.format%.torch_pickle",
  "^teasel%.run%.file_name", "^teasel%.model%.gan%.rows", "^teasel%.model%.gan_network%.rows",
  "^teasel%.metric%.%w+%.", "^teasel%.options", "^teasel%.plot%.colour", "^teasel%.plot%.pca",
  "^teasel%.plot%.series", "^teasel%.plot%.tsne", "^teasel%.represent%.probe",
  "^teasel%.run%.about", "^teasel%.run%.contents", "^teasel%.run%.directory",
  "^teasel%.run%.loop", "^teasel%.run%.script",
  "^teasel%.run%.settings", "^teasel%.run%.sweep_table", "^teasel%.show",
  "^teasel%.run%.terms", "^teasel%.tool", "^teasel%.model%.scaled", "^teasel%.data%.drawn%.values",
}

local surface = {}

function surface.inner(name)
  for _, pattern in ipairs(INNER) do if name:find(pattern) then return true end end
  return false
end

local found, seen = {}, {}

local function sorted(t)
  local keys = {}
  for k in pairs(t) do if type(k) == "string" then keys[#keys + 1] = k end end
  table.sort(keys)
  return keys
end

local function walk(path, v, depth)
  if SKIPPED[path] or depth > 4 or surface.inner(path) and path:find "^teasel" then return end
  local meta = type(v) == "table" and getmetatable(v) or nil
  if type(v) == "function" or meta and meta.__call then
    if not seen[v] then found[#found + 1] = {name = path, call = v} end
  end
  if seen[v] then return end
  if type(v) == "table" or type(v) == "function" then seen[v] = true end
  if type(v) == "table" then
    for _, k in ipairs(sorted(v)) do walk(path .. "." .. k, v[k], depth + 1) end
  end
end

walk("T", T, 0)
walk("core", core, 0)
local function lines_of(command)
  local find = "cd '%s/teasel' && find . -name '*.lua' | sort | %s"
  return io.popen(find:format(folder, command)):lines()
end

for line in lines_of "sed 's/^..//'" do
  local name = "teasel." .. line:gsub("%.lua$", ""):gsub("/", ".")
  if not SKIPPED[name] and not name:match "init$" then walk(name, require(name), 0) end
end

-- what options are called anywhere: from the sources, since tables of defaults are local
local words = {}
for line in lines_of "xargs cat" do
  for word in line:gmatch "([%l_]+) = " do words[word] = true end
end
for _, op in ipairs(core.op.registry()) do
  for _, arg in ipairs(op.args) do words[arg.name] = true end
end

surface.functions = found
surface.options = sorted(words)
surface.ops, surface.operations = {}, {}
for _, op in ipairs(core.op.registry()) do surface.ops[op.name] = op end
for _, f in ipairs(found) do
  if surface.ops[f.name:match "^T%.([%w_]+)$" or f.name:match "^T%.op%.([%w_]+)$"] then
    surface.operations[#surface.operations + 1] = f
  end
end

-- the methods of a value, as {name, call}
function surface.methods(v)
  local list = {}
  local meta = getmetatable(v)
  local index = meta == core.tensor.metatable and core.tensor.methods
    or type(meta) == "table" and type(meta.__index) == "table" and meta.__index
    or type(v) == "table" and v
  if type(index) ~= "table" then return list end
  for _, k in ipairs(sorted(index)) do
    if type(index[k]) == "function" then list[#list + 1] = {name = k, call = index[k]} end
  end
  return list
end

return surface
