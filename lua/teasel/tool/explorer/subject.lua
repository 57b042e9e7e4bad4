-- A run as the page sees it: what its latents are called and in which order they stand, what it can
-- do, where its codes lie. All that is drawn is drawn by the verbs of the REPL
-- (teasel.tool.repl.explore); here is what they are asked.
--
--   local s = subject.new(run)       -- run: from run.open
--   s:about()                        -- a table of plain values: what the page shows first
--   s:map{how = "pca"}               -- places of codes, with the factors of their images
--   s:refresh()                      -- takes the newest checkpoint, where training has gone on
--   s:work(0.02)                     -- what was asked and takes longer than others can wait

local core = require "teasel.core"
local directory = require "teasel.run.directory"
local encoding = require "teasel.represent.encoding"
local explore = require "teasel.tool.repl.explore"
local fail = require "teasel.lib.fail"
local followers = require "teasel.report.followers"
local json = require "teasel.lib.json"
local metric = require "teasel.metric.all"
local ops = require "teasel.op.composed"
local pca = require "teasel.plot.pca"
local task = require "teasel.tool.explorer.task"
local tree = require "teasel.tree"
local tsne = require "teasel.plot.tsne"
local vae = require "teasel.model.vae"

local op, tensor = core.op, core.tensor
local subject = {POINTS = 1000}   -- images whose codes are looked at

-- what else stands among the scores
local NO_SCORE = {images = true, of = true, peak_bytes = true, seconds = true, factor_bins = true}
local TSNE = {points = 600, steps = 500}   -- some seconds beside the serving

local Subject = {}
Subject.__index = Subject

local function nothing() end
local QUIET = {show = nothing, plot = nothing, print = nothing}

function subject.new(run)
  return setmetatable({run = run, dir = run.dir, version = 0, tasks = {},
    verbs = explore.of(run, QUIET)}, Subject)
end

-- What f(tick) gives, which is computed once for each state of the run, by `work` (see
-- teasel.tool.explorer.task); until then {done =, of =}.
local function beside(self, name, f)
  self.tasks[name] = self.tasks[name] or task.new(f)
  local value, done, of = self.tasks[name]:result()
  return value or {done = done, of = of}
end

-- work(seconds) -> whether there is more to do of what was asked
function Subject:work(seconds)
  for _, name in ipairs(tree.keys(self.tasks)) do
    if self.tasks[name]:work(seconds) then return true end
  end
  return false
end

-- found() -> {data =, codes =, factors =, logvar =, items =} of some images of the run's data,
-- which have the numbers `items`; nil where there is no data or the model represents nothing
function Subject:found()
  local run = self.run
  if self.codes == nil then
    self.codes = false
    if run.data and run.view.represent then
      local data, items = explore.part(run.data, subject.POINTS)
      local codes, factors, logvar = encoding.of_view(run, data)
      self.codes = {data = data, codes = codes, factors = factors, logvar = logvar, items = items}
    end
  end
  return self.codes or nil
end

-- By what latents are ordered: a list with a number for each that has one, and what the number is:
-- the mean KL of its code; L_I of the log's last line, which has one for each but noise; or else
-- the standard deviation of its code.
local function amounts(self, found)
  local view, list = self.run.view, {}
  if found and found.logvar then
    local kl = vae.unit_kl(found.codes, found.logvar):table()
    for i, latent in ipairs(view.latents) do list[i] = latent.code and kl[latent.code] end
    return list, "KL", kl
  end
  local log = self.run:log()
  local told, swept = (log[#log] or {}).information, view:swept()
  if type(told) == "table" and #told == #swept then
    for i, k in ipairs(swept) do list[k] = told[i] end
    return list, "L_I"
  end
  if not found then return list end
  local deviation = op.sqrt(ops.var(found.codes, 1)):table()
  for i, latent in ipairs(view.latents) do list[i] = latent.code and deviation[latent.code] end
  return list, "sd"
end

-- latents() -> the latents that can be swept, those that matter most first, a list of {number,
-- name, kind, first, last, from, to, code, amount, follows}; and what the amounts are
function Subject:latents()
  local view, found, list = self.run.view, self:found(), {}
  local amount, what, kl = amounts(self, found)
  local names = {}
  if found and found.factors then
    local scores = followers.of(found.codes, found.factors, found.data, {})
    names = followers.learned(scores.followers, kl)
  end
  for _, k in ipairs(view:swept()) do
    local latent = view.latents[k]
    list[#list + 1] = {number = k, name = latent.name, kind = latent.kind, first = latent.first,
      last = latent.last, from = latent.range[1], to = latent.range[2], code = latent.code,
      amount = amount[k], follows = latent.code and names[latent.code] or nil}
  end
  table.sort(list, function(a, b)
    if a.amount ~= b.amount then return (a.amount or -math.huge) > (b.amount or -math.huge) end
    return a.number < b.number
  end)
  return list, what
end

-- shape() -> {h, w, c} of the images that are drawn; nil where there are none
function Subject:shape()
  local data, view = self.run.data, self.run.view
  if data and data.shape then return data.shape end
  return view.decode
    and {table.unpack(view.decode(view.prior(core.rand.stream(1, "shape"), 1)):shape(), 2)} or nil
end

-- draws() -> what the model draws: "images", "points" of a plane, or nothing
function Subject:draws()
  local shape = self.run.view.decode and self:shape()
  return shape and (#shape == 3 and "images" or #shape == 1 and shape[1] == 2 and "points") or nil
end

-- points(seed, n) -> {x =, y =} of n generated points, and in `data` of as many real ones, where
-- there are some
function Subject:points(seed, n)
  local run, stream = self.run, core.rand.stream(seed, "samples")
  local function of(points)
    return {x = points:select(2, 1):table(), y = points:select(2, 2):table()}
  end
  local found = of(run.view.decode(run.view.prior(stream, n)))
  found.data = run.data and of((run.data:batch(stream:split "data", n))) or nil
  return found
end

-- the run's settings as texts
local function settings_of(config)
  local list = {}
  for _, name in ipairs(tree.keys(config)) do
    list[#list + 1] = {name = name, value = tostring(config[name])}
  end
  return list
end

-- name() -> what tells the run from others: the end of its directory
function Subject:name() return self.dir:gsub("/+$", ""):match "[^/]+$" or self.dir end

-- about() -> {name, step, shape, latents, amount, can ...} of plain values
function Subject:about()
  local run, view = self.run, self.run.view
  local draws = self:draws() == "images"
  local latents, what = {}, nil
  if draws then latents, what = self:latents() end
  local last = view.latents[#view.latents]
  return {name = self:name(), dir = self.dir, step = run.step, steps = run.config.steps,
    text = tostring(run), settings = settings_of(run.config), version = self.version,
    shape = self:shape(), latents = latents, amount = what, width = last and last.last or 0,
    images = run.data and run.data:count() or 0, factors = run.data and run.data.factor_names,
    can = {decode = draws, points = self:draws() == "points" or nil,
      encode = draws and (view:decodes_codes() or view.recognise ~= nil),
      swap = draws and view.represent_content and view.represent_style and run.data ~= nil,
      map = self:found() ~= nil, score = self:found() ~= nil and self:found().factors ~= nil}}
end

-- begin{image = number} or {pixels = bytes} -> latents [1 L] of an image of the data, or of given
-- pixels, height x width x channels bytes (of a GAN what Q reads, and a draw of the noise);
-- begin{seed =, count = n} -> latents [n L] of the prior
function Subject:begin(o)
  local view, data = self.run.view, self.run.data
  if not o.image and not o.pixels then
    return view.prior(core.rand.stream(o.seed or 1, "samples"), o.count or 1)
  end
  local own = view:decodes_codes()
  if not (own or view.recognise) then
    fail "begin: got an image, but this model decodes other numbers than its codes"
  end
  local function latents(x)
    return own and view.represent(x) or view.recognise(x, core.rand.stream(1, "recognise"))
  end
  if o.image then return latents(data:images(tensor.tensor{o.image})) end
  local h, w, c = table.unpack(self:shape())
  if #o.pixels ~= h * w * c then
    fail("begin: got %d bytes of pixels, wanted %d x %d x %d", #o.pixels, h, w, c)
  end
  return latents(core.bytes.bytes(o.pixels, {1, h, w, c}):take())
end

-- nearest(z [1 L], n) -> the numbers of n images of the data whose codes are nearest to those of
-- what is drawn from these latents
function Subject:nearest(z, n)
  local view = self.run.view
  local found = self:found() or fail "nearest: got a run without codes of its data"
  local codes = view:decodes_codes() and z or view.represent(view.decode(z))
  return found.items[explore.closest(found.codes, codes, n)]
end

-- The codes of some images by t-SNE [n 2], or {done, of}.
local function neighbours(self, codes)
  local n = math.min(#codes, TSNE.points)
  return beside(self, "tsne", function(tick)
    return (tsne(ops.slice(codes, 1, 1, n), {steps = TSNE.steps, perplexity = math.min(30, n - 1),
      each = tick}))
  end)
end

-- map{how = "pca", "tsne", or "latents" with the codes' numbers x and y} -> {x, y, image = lists,
-- variances, factors = {{name, values}}}: where the codes of some images lie, and what is known of
-- these; or {done, of}, how far it is
function Subject:map(o)
  local found = self:found() or fail "map: got a run without codes of its data"
  local codes, n, details, at = found.codes, #found.codes, nil, nil
  if o.how == "tsne" then
    at = neighbours(self, codes)
    if not tree.is_tensor(at) then return at end
    n = #at
  elseif o.how == "pca" and codes:shape()[2] > 1 then
    at, details = pca(codes)
  else
    local D = codes:shape()[2]
    local x, y = math.min(o.x or 1, D), math.min(o.y or 2, D)
    at = op.concat({ops.slice(codes, 2, x, x), ops.slice(codes, 2, y, y)}, 2)
  end
  local data, known = found.data, {}
  for k, name in ipairs(found.factors and data.factor_names or {}) do
    known[k] = {name = name, values = ops.slice(found.factors, 2, k, k):reshape{#codes}:table()}
  end
  if data.labels and data.classes then
    known[#known + 1] = {name = "class", classes = data.classes,
      values = data:labels(tensor.arange(1, data:count())):table()}
  end
  local function column(k) return ops.slice(at, 2, k, k):reshape{n}:table() end
  return {x = column(1), y = column(2), image = ops.slice(found.items, 1, 1, n):table(),
    factors = known, variances = details and details.variances:table()}
end

-- curves() -> {step = list, terms = {name = list}} of the log; a NaN where a line lacks the term
function Subject:curves()
  if #self.run:log() == 0 then return {step = {}, terms = {}} end
  local told, terms = self.verbs:curves(), {}
  for name, values in pairs(told) do
    if name ~= "step" then terms[name] = values:table() end
  end
  return {step = told.step:table(), terms = terms}
end

-- scores() -> {rows = {{name, value}}, learned}: the numbers of the run's scores.json, those of a
-- table as "dci.disentanglement"
function Subject:scores()
  local kept = json.decode(core.file.read(self.dir .. "/scores.json") or "") or {}
  local rows = {}
  local function add(name, value)
    if type(value) == "number" and not NO_SCORE[name] then
      rows[#rows + 1] = {name = name, value = value}
    end
  end
  for _, name in ipairs(tree.keys(kept)) do
    local value = kept[name]
    if type(value) ~= "table" then add(name, value)
    elseif type(value.value) == "number" then add(name, value.value)
    elseif #value == 0 then
      for _, part in ipairs(tree.keys(value)) do add(name .. "." .. part, value[part]) end
    end
  end
  return {rows = rows, learned = kept.learned}
end

-- the metrics of the rows of a table of scores, each once
local function metrics_of(rows)
  local list, seen = {}, {}
  for _, row in ipairs(rows) do
    if not seen[row[2]] then list[#list + 1], seen[row[2]] = row[2], true end
  end
  return list
end

-- measure() -> {rows = {{name, value, interval, error}}}: the default metrics of some images; or
-- {done, of}, how far it is
function Subject:measure()
  return beside(self, "measure", function(tick)
    local metrics, rows = metrics_of(metric.rows()), {}
    for i, name in ipairs(metrics) do
      tick(i - 1, #metrics)
      for _, row in ipairs(self.verbs:score(name, subject.POINTS)) do
        rows[#rows + 1] = {name = row.name, value = row.value, interval = row.interval,
          error = row.error}
      end
    end
    return {rows = rows, points = math.min(subject.POINTS, self.run.data:count())}
  end)
end

-- status() -> what changes while the run is trained: its step, our version, the size of its log
function Subject:status()
  return {step = self.run.step, version = self.version, log = directory.log_bytes(self.dir)}
end

-- refresh() -> whether there was a newer checkpoint, which is the run's state now. While something
-- is computed of the one there is, it stays: else what takes longer than a checkpoint never ends.
function Subject:refresh()
  for _, t in pairs(self.tasks) do
    if t:is_open() then return false end
  end
  local steps = directory.steps(self.dir)
  if #steps == 0 or steps[#steps] <= self.run.step then return false end
  local ok, note = pcall(directory.load_newest, self.dir, self.run.state)
  if not ok or note.step <= self.run.step then return false end   -- one was removed meanwhile
  self.run.note, self.run.step = note, math.tointeger(note.step)
  self.codes, self.tasks, self.version = nil, {}, self.version + 1
  return true
end

return subject
