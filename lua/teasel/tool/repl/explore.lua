-- A run, explored by typing: verbs that work on any model through its view alone. Each prints an
-- image or a table and returns tensors.
--
--   r = open "runs/demo"      -- asks first where the run is not of this machine, see trust
--   r:samples()               -- images of the prior
--   r:traverse(4)             -- latent 4 through its range
--   r:traverse{units = {4, 6}, range = 3, count = 7, seed = 17}   -- seed: an image's number, or z
--   r:latent "c2"             -- a latent by its name, over several draws of the others
--   r:sliders()               -- the same by hand, in a notebook
--   r:interpolate(3, 17)      -- between two images, or draws, of these numbers
--   r:mix(3, 17, {4, "z6"})   -- these two, each with some latents of the other
--   r:encode(images)  r:decode(z)  r:reconstruct()
--   r:encode(r:picture "photo.jpg")   -- of a file, in the shape of the data's images
--   r:factors()               -- which code follows which factor
--   r:nearest(z)              -- the images of the data whose codes are nearest
--   r:swap()                  -- the contents of some images in the styles of others
--   r:score "mig"  r:curves()  r:compare "runs/other"
--
-- All that a run has itself (config, state, view, data, dir, log ...) is there too.

local check = require "teasel.lib.check"
local compare = require "teasel.tool.repl.compare"
local core = require "teasel.core"
local diagnosis = require "teasel.report.diagnosis"
local encoding = require "teasel.represent.encoding"
local fail = require "teasel.lib.fail"
local followers = require "teasel.report.followers"
local lacks = require "teasel.run.lacks"
local names = require "teasel.lib.names"
local options = require "teasel.options"
local score = require "teasel.report.score"
local terms = require "teasel.run.terms"
local tree = require "teasel.tree"

local op, tensor = core.op, core.tensor
local any = options.any
local LARGE = 50000   -- images that take long to represent
local SHOWN, POINTS = 20, 500   -- samples, where nobody says how many
local SOME = 5000   -- images whose codes are looked at, where nobody says how many
local explore = {}

local Explored = {}
local home = setmetatable({}, {__mode = "k"})   -- runs and what shows, by what explores them

Explored.__index = names.object("run", lacks, function(self)
  local run = home[self].run
  local meta = getmetatable(run)
  return {Explored, run, meta and meta.__complete}
end)

Explored.__complete = Explored   -- what a tab offers
Explored.__name = "run"   -- what who() says it is

Explored.__tostring = function(self) return tostring(home[self].run) end

-- of(run, see) -> the run with these verbs; see: {show = f(images, options), plot = f(options),
-- print = f(text), brief = a table that the tensors that were shown are put into, quiet = whether
-- nobody looks}
function explore.of(run, see)
  local self = setmetatable({}, Explored)
  home[self] = {run = run, see = see}
  return self
end

local function view_of(self, who, ...)
  local view = self.view
  for _, name in ipairs{...} do
    if not (view and view[name]) then
      fail("%s: got a run whose view has no '%s', wanted one that has", who, name)
    end
  end
  return view
end

local function data_of(self, who)
  return self.data or fail("%s: got a run without 'data', wanted one whose script hands it to "
    .. "run.train", who)
end

-- Notes that a value was seen, and returns it.
local function noted(self, value)
  local brief = home[self].see.brief
  if brief then brief[value] = true end
  return value
end

-- Prints images, and returns them.
local function seen(self, images, columns)
  home[self].see.show(images, {columns = columns})
  return noted(self, images)
end

local function say(self, form, ...) home[self].see.print(form:format(...)) end

-- latents [1 L] to begin at: those given; or those of an image of the data, where codes are
-- latents; else a draw
local function base(self, number, who, argument)
  local view = self.view
  if tree.is_tensor(number) then return number end
  who, argument = who or "explore", argument or "seed"
  if self.data and view:decodes_codes() then
    local n = self.data:count()
    check.integer(who, argument, number, 1, n)
    return view.represent(self.data:images(tensor.tensor{number}))
  end
  check.integer(who, argument, number)
  return view.prior(core.rand.stream(number, "explore"), 1)
end

-- what rows call a latent: of a run that has logged the KL of its units, whether it is unused, too
local function called(self, k)
  local log, view = self.log and self:log() or {}, self.view
  local kl = (log[#log] or {}).unit_kl
  local known = type(kl) == "table" and #kl == #view.latents and view:decodes_codes()
  return diagnosis.called(view.latents[k].name, known and kl[view.latents[k].code] or nil)
end

-- the number of a latent that can be swept, given by it or by its name
local function latent_of(view, who, what)
  for i, latent in ipairs(view.latents) do
    if what == i or what == latent.name then
      if latent.noise or latent.kind == "content" then
        fail("%s: got the latent %s, which is %s, wanted one that can be swept", who, latent.name,
          latent.noise and "noise" or "content")
      end
      return i
    end
  end
  local names = {}
  for i, latent in ipairs(view.latents) do names[i] = latent.name end
  fail("%s: got the latent %s, wanted 1..%d or one of %s", who, tostring(what), #names,
    table.concat(names, ", "))
end

-- points [n 2] of a generator beside as many of its data, where it has some
local function scattered(self, points)
  local series = {{name = "generated", x = points:select(2, 1), y = points:select(2, 2)}}
  if self.data then
    local real = self.data:batch(core.rand.stream(1, "data"), #points)
    table.insert(series, 1, {name = "data", x = real:select(2, 1), y = real:select(2, 2)})
  end
  home[self].see.plot{kind = "scatter", series = series}
  return noted(self, points)
end

-- samples(n = 20, seed = 1) -> images [n h w c] of the prior; or the points [n 2] of a generator of
-- points (500 where n is left out), beside as many of the data
function Explored:samples(n, seed)
  local view = view_of(self, "samples", "decode", "prior")
  if n ~= nil then check.count("samples", "n", n) end
  if seed ~= nil then check.integer("samples", "seed", seed) end
  local function drawn(count)
    return view.decode(view.prior(core.rand.stream(seed or 1, "samples"), count))
  end
  local x = drawn(n or SHOWN)
  if x:rank() == 2 and x:size(2) == 2 then return scattered(self, n and x or drawn(POINTS)) end
  return seen(self, x)
end

-- traverse(latent or options) -> images [rows * count h w c]: a row for each latent, which goes
-- through its range, and a categorical one through its categories; shorter rows end in white.
-- Options: units (numbers or names; default: all that can be swept), count (8, or as many as one
-- has categories, where these are more), range (a number for both ends, or {least, greatest};
-- default: each latent's), seed (1): the image, or the draw, to begin at, by its number; or
-- latents [1 L]
function Explored:traverse(given)
  local view = view_of(self, "traverse", "decode", "prior")
  if type(given) ~= "table" then given = {units = given ~= nil and {given} or nil} end
  local o = options.read("traverse", given, {units = view:swept(), count = any, range = any,
    seed = any})
  local range = type(o.range) == "number" and {-o.range, o.range} or o.range
  if range then check.numbers("traverse", "option 'range'", range) end
  local count = o.count and check.count("traverse", "option 'count'", o.count)
  local z, rows, names, columns = base(self, o.seed or 1, "traverse", "option 'seed'"), {}, {}, 1
  local numbers = count or 8   -- that a latent goes through, if it is a number
  for i, unit in ipairs(o.units) do
    rows[i] = latent_of(view, "traverse", unit)
    local latent = view.latents[rows[i]]
    if latent.kind == "categorical" and not count then numbers = math.max(numbers, latent.width) end
  end
  if #rows == 0 then fail "traverse: got no latent, wanted one or more" end
  for i, k in ipairs(rows) do
    names[i] = called(self, k)
    rows[i] = view.decode(view:sweep(z, k, view:line(k, numbers, range)))
    columns = math.max(columns, #rows[i])
  end
  for i, row in ipairs(rows) do
    local shape = row:shape()
    shape[1] = columns - #row
    if shape[1] > 0 then rows[i] = op.concat({row, tensor.ones(shape)}, 1) end
  end
  say(self, "rows: %s", table.concat(names, ", "))
  return seen(self, op.concat(rows, 1), columns)
end

-- sliders{units =, seed = 1}, in a notebook: a slider for each latent (default: all that can be
-- swept) beside the image of them, which begins at that of number `seed`
function Explored:sliders(given)
  local view = view_of(self, "sliders", "decode", "prior")
  local sliders = home[self].see.sliders
  if not sliders then
    fail "sliders: got a terminal, wanted a notebook; r:traverse() shows the same in rows"
  end
  local o = options.read("sliders", given, {units = view:swept(), seed = 1})
  local z, lines, rows = base(self, o.seed), {}, {}
  local numbers = z:table()[1]
  for i, unit in ipairs(o.units) do
    local k = latent_of(view, "sliders", unit)
    local l = view.latents[k]
    local whole, value = l.kind == "categorical", numbers[l.first]
    for c = l.first, whole and l.last or 0 do
      if numbers[c] == 1 then value = c - l.first + 1 end
    end
    lines[i] = {name = l.name, latent = k, whole = whole, from = l.range[1], to = l.range[2],
      value = math.max(l.range[1], math.min(l.range[2], value))}
    rows[i] = view.decode(view:sweep(z, k, view:line(k, 8)))
  end
  if #lines == 0 then fail "sliders: got no latent, wanted one or more" end
  sliders(lines, function(values)
    local moved = z
    for i, line in ipairs(lines) do
      moved = view:put(moved, line.latent, tensor.tensor{values[i]})
    end
    return view.decode(moved)
  end, op.concat(rows, 1))
end

-- latent(name, rows = 5) -> images [rows * count h w c]: one latent through its range, in each row
-- with another draw of the others
function Explored:latent(name, rows)
  local view = view_of(self, "latent", "decode", "prior")
  if rows ~= nil then check.count("latent", "rows", rows) end
  local k = latent_of(view, "latent", name)
  local line = view:line(k)
  local z = view.prior(core.rand.stream(1, "codes"), rows or 5)
  return seen(self, view.decode(view:sweep(z, k, line)), #line)
end

-- codes(name, rows = 5): the same: papers on GANs call these latents codes
Explored.codes = Explored.latent

-- interpolate(i, j, count = 8) -> images [count h w c] from image, or draw, i to j
function Explored:interpolate(i, j, count)
  local view = view_of(self, "interpolate", "decode", "prior")
  check.count("interpolate", "count", count or 8)
  local from, to = base(self, i, "interpolate", "i"), base(self, j, "interpolate", "j")
  local t = op.reshape(tensor.linspace(0, 1, count or 8), {count or 8, 1})
  return seen(self, view.decode(from + t * (to - from)), count or 8)
end

-- mix(i, j, units) -> images [4 h w c]: of number i and j, or draws, as they are, then i with these
-- latents of j, and j with those of i; units: a number or a name, or a list of them
function Explored:mix(i, j, units)
  local view = view_of(self, "mix", "decode", "prior")
  local a, b = base(self, i, "mix", "i"), base(self, j, "mix", "j")
  local last, taken, names = view.latents[#view.latents].last, {}, {}
  for c = 1, last do taken[c] = 0 end
  for k, unit in ipairs(type(units) == "table" and units or {units}) do
    local latent = view.latents[latent_of(view, "mix", unit)]
    for c = latent.first, latent.last do taken[c] = 1 end
    names[k] = latent.name
  end
  if #names == 0 then fail "mix: got no latent, wanted one or more" end
  taken = tensor.tensor{taken}
  say(self, "two as they are; with %s of each other", table.concat(names, ", "))
  return seen(self, view.decode(op.concat({a, b, op.where(taken, b, a), op.where(taken, a, b)}, 1)),
    4)
end

-- picture(files) -> images [n h w c] in the shape of the data's, of a PNG, JPEG, PGM or PPM, or of
-- a list of such: the middle of each, scaled as teasel.data.folder does
function Explored:picture(files)
  local paths = type(files) == "string" and {files} or files
  local _, h, w, c = table.unpack(data_of(self, "picture"):images(tensor.tensor{1}):shape())
  if type(paths) ~= "table" or #paths == 0 then
    check.wrong("picture", "files", files, "the path of a file, or a list of such")
  end
  check.list("picture", "files", paths, check.string)
  local bytes, message = core.picture.many(paths, {w, h, c}, {width = w, height = h, channels = c})
  if not bytes then fail("picture: %s", message) end
  return seen(self, core.bytes.bytes(bytes, {#paths, h, w, c}):take())
end

-- encode(images [n h w c]) -> codes [n D]
function Explored:encode(images)
  local view = view_of(self, "encode", "represent")
  if not tree.is_tensor(images) then
    check.wrong("encode", "images", images, "images [n h w c], as r:picture(files) gives of files")
  end
  return view.represent(images)
end

-- decode(latents [n L]) -> images
function Explored:decode(z)
  local view = view_of(self, "decode", "decode")
  local last = view.latents[#view.latents].last
  check.tensor("decode", "latents", z)
  if z:rank() ~= 2 or z:size(2) ~= last then
    check.wrong("decode", "latents", z, ("[n %d]"):format(last))
  end
  return seen(self, view.decode(z))
end

-- images, or how many of the data
local function images_of(self, who, what, name)
  if tree.is_tensor(what) then return what end
  if type(what) ~= "number" then check.wrong(who, name, what, "images, or how many of the data") end
  return (data_of(self, who):batch(core.rand.stream(1, who):split(name),
    check.count(who, name, what)))
end

-- reconstruct(images = 10) -> images: in the second row what is left of the first; images
-- [n h w c], or how many of the data
function Explored:reconstruct(images)
  local view = view_of(self, "reconstruct", "decode", "represent")
  if not view:decodes_codes() then
    fail("reconstruct: got a model that decodes other numbers than its codes, wanted an "
      .. "autoencoder (whose view says of each latent which column of the codes it is, `code`)")
  end
  images = images_of(self, "reconstruct", images or 10, "images")
  local again = view.decode(view.represent(images))
  seen(self, op.concat({images, again}, 1), #images)
  return noted(self, again)
end

-- swap(contents = 6, styles = 6) -> images [m * n h w c]: in row i, of m, image j, of n, has the
-- content of image j of the first and the style of image i of the second; both are images
-- [n h w c], or how many of the data. Above and beside them stand the images they are made of.
function Explored:swap(contents, styles)
  local view = view_of(self, "swap", "decode", "represent_content", "represent_style")
  contents = images_of(self, "swap", contents or 6, "contents")
  styles = images_of(self, "swap", styles or 6, "styles")
  local swapped, n = view:swap(contents, styles), #contents
  local rows = {tensor.ones(styles:slice(1, 1, 1):shape()), contents}
  for i = 1, #styles do
    rows[#rows + 1] = styles:slice(1, i, i)
    rows[#rows + 1] = swapped:slice(1, (i - 1) * n + 1, i * n)
  end
  say(self, "columns: contents; rows: styles")
  seen(self, op.concat(rows, 1), n + 1)
  return noted(self, swapped)
end

-- part(data, n) -> n images of a set at random, the same each time, or all where there are no more;
-- and their numbers in it
function explore.part(data, n)
  if data:count() <= n then return data, tensor.arange(1, data:count()) end
  local index = core.rand.stream(1, "some"):integers({n}, 1, data:count())
  return data:subset(index), index
end

-- closest(codes [m D], z [D] or [1 D], n) -> the numbers of the n codes nearest to z, or of all
-- where there are no more
function explore.closest(codes, z, n)
  local m, D = table.unpack(codes:shape())
  check.tensor("nearest", "z", z)
  if z:size() ~= D then check.wrong("nearest", "z", z, ("[%d]"):format(D)) end
  local distance = op.square(codes - op.reshape(z, {1, D})):sum(2)
  local _, index = (-distance):topk(math.min(n, m))
  return index
end

local function some(self, who, n)
  return explore.part(data_of(self, who), check.count(who, "n", n or SOME))
end

-- factors(n = 5000) -> codes [n D], factors [n K] of n images at random; prints which code follows
-- which factor. Where there are no more than n: of all.
function Explored:factors(n)
  local view, data = view_of(self, "factors", "represent"), (some(self, "factors", n))
  if not data.factor_names then
    fail "factors: got a run whose data has no known factors, wanted one with factor_names"
  end
  local codes, factors = encoding.of_view(home[self].run, data)
  for _, f in ipairs(followers.of(codes, factors, data, {}).followers) do
    say(self, "%-12s %-4s r = %+.2f", f.factor, view:code_name(f.unit), f.r)
  end
  return codes, factors
end

-- nearest(codes [D] or [1 D], n = 8, among = 5000) -> images [n h w c], their numbers [n] in the
-- data: those of so many images at random whose codes are nearest
function Explored:nearest(z, n, among)
  local data, numbers = some(self, "nearest", among)
  view_of(self, "nearest", "represent")
  local codes = encoding.of_view(home[self].run, data)
  local index = explore.closest(codes, z, n or 8)
  return seen(self, data:images(index)), numbers[index]
end

-- score(names = the default metrics, points) -> a list of {name =, value =, details =, ...}, of so
-- many images at random, 0: of all; default: all, but of a large set 5000, which takes seconds
function Explored:score(names, points)
  if home[self].see.quiet then return {} end
  local run = home[self].run
  local n = run.data and run.data:count() or 0
  if not points and n > LARGE then
    points = SOME
    say(self, "of %d images at random; r:score(names, 0) takes all %d", points, n)
  end
  local results = score.of(run, {metrics = names or "", points = points or 0})
  say(self, "%s", results)
  return noted(self, results)
end

-- Series by their size, the largest first: in one chart none is a tenth of another.
local function by_size(series)
  local sizes, charts, largest = {}, {}, nil
  for _, s in ipairs(series) do
    sizes[s] = 0
    for _, y in ipairs(s.y) do
      if y - y == 0 then sizes[s] = math.max(sizes[s], math.abs(y)) end
    end
  end
  table.sort(series, function(a, b)
    if sizes[a] ~= sizes[b] then return sizes[a] > sizes[b] end
    return a.name < b.name
  end)
  for _, s in ipairs(series) do
    if not largest or sizes[s] > 0 and sizes[s] < largest / 10 then
      charts[#charts + 1], largest = {}, sizes[s]
    end
    table.insert(charts[#charts], s)
  end
  return charts
end

-- curves(terms = all that are numbers) -> {step = [n], term = [n] ...}; terms of very different
-- sizes are drawn in charts of their own
function Explored:curves(...)
  local log, names = self:log(), {...}
  local last = log[#log] or fail("curves: %s has no line in its log yet", self.dir)
  if #names == 0 then names = terms.numbers(last) end
  local steps, series, found = {}, {}, {}
  for i, entry in ipairs(log) do steps[i] = entry.step end
  found.step = tensor.tensor(steps)
  for k, name in ipairs(names) do
    local values = {}
    for i, entry in ipairs(log) do values[i] = tonumber(entry[name]) or 0 / 0 end
    if type(last[name]) ~= "number" then
      options.unknown("curves", name, last)
    end
    found[name], series[k] = tensor.tensor(values), {name = name, x = steps, y = values}
  end
  for _, chart in ipairs(by_size(series)) do
    home[self].see.plot{series = chart, x = {label = "step"}}
  end
  return found
end

-- compare(other): a run or its directory: the images of both, and the scores, settings and last
-- terms that differ, side by side
function Explored:compare(other)
  if type(other) == "string" then
    local path, message = other, nil
    other, message = home[self].see.open(path)
    if not other then fail("compare: %s", message) end
  end
  check.fields("compare", "other", other, {"dir", "config", "log"})
  for _, shown in ipairs(compare.images(self, other)) do
    say(self, "%s", shown[3])
    seen(self, shown[1], shown[2])
  end
  for _, text in ipairs(compare.texts(self, other)) do say(self, "%s", text) end
end

return explore
