-- Which of several trained models is likely to be disentangled, without any label: scores of the
-- models among each other.
--
--   local c = choice.of("runs/beta_vae_dsprites-sweep/*")
--   print(c:text())                                    -- a line for each run, the best first
--
-- udr          unsupervised disentanglement ranking (Duan et al. 2020; teasel.metric.udr): the
--              median over the other models of how far the codes agree one to one
-- centrality   ModelCentrality (Lin et al. 2020, section 5): the mean over the other models of how
--              well one model finds out which latent of the other was fixed, as the metric of Kim
--              & Mnih (2018) has it, taken both ways
-- A model is compared with all others that are given. Duan et al. give those that differ in nothing
-- but the seed, so that a bad setting cannot agree with itself; what most models have in common is
-- what is rewarded, right or wrong.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local encoding = require "teasel.represent.encoding"
local fail = require "teasel.lib.fail"
local in_batches = require "teasel.model.in_batches"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local progress = require "teasel.lib.progress"
local summary = require "teasel.report.summary"
local udr = require "teasel.metric.udr"
local vae = require "teasel.model.vae"
local votes = require "teasel.metric.lib.votes"

local op = core.op
local choice = {}

local Choice = {}
Choice.__index = Choice

local ACTIVE = 0.01   -- nats: a unit of less says nothing
local PIECE = 512     -- images that are decoded at a time

-- The latents of a view that can be fixed: those that are swept and, where their KL is known, are
-- in use.
local function in_use(view, kl)
  local list = {}
  for _, i in ipairs(view:swept()) do
    local code = view.latents[i].code
    if not (kl and code) or kl[code] > ACTIVE then list[#list + 1] = i end
  end
  return list
end

-- Latents for votes, in groups of rows that share one latent: z [m * batch L], which was shared [m]
local function groups(view, latents, m, batch, stream)
  local z = view.prior(stream:split "prior", m * batch)
  local which = stream:split("which"):integers({m}, 1, #latents):table()
  local L = z:shape()[2]
  local shaped = op.reshape(z, {m, batch, L})
  local first = op.expand(ops.slice(shaped, 2, 1, 1), {m, batch, L})
  local rows = {}
  for i, k in ipairs(which) do
    local latent, row = view.latents[latents[math.tointeger(k)]], {}
    for c = 1, L do row[c] = c >= latent.first and c <= latent.last and 1 or 0 end
    rows[i] = row
  end
  local mask = op.reshape(core.tensor.tensor(rows), {m, 1, L})
  return op.reshape(op.where(mask, first, shaped), {m * batch, L}),
    core.tensor.tensor(which) - 1
end

-- similarity(codes [m * batch D], which [m], K, batch, train) -> 0..1: how often the code that
-- varies least, for its scale, in a group of `batch` rows tells which of K latents was shared, by
-- the rule that the first `train` groups give
function choice.similarity(codes, which, K, batch, train)
  local m, D = #which, codes:shape()[2]
  if m <= train or #codes ~= m * batch then
    fail("choice.similarity: got %d rows of codes for %d groups of %d, %d of them for the rule, "
      .. "wanted as many rows, and more groups", #codes, m, batch, train)
  end
  local next_group = 0
  return votes.score("choice", codes, {batch = batch, train = train, test = m - train, seed = 0,
    threshold = votes.defaults.threshold}, K, function(scale)
    local variance = ops.var(op.reshape(codes, {m, batch, D}), 2, false, 1)
    for d, v in ipairs(scale) do scale[d] = v > 0 and v or math.huge end
    local share = variance / op.reshape(core.tensor.tensor(scale), {1, D})
    -- codes without a vote come last
    local unused = op.reshape(op.ge(core.tensor.tensor(scale), math.huge), {1, D})
    local winners = op.argmax(-(share + unused * 1e30), 2) - 1
    return function(n)
      local from = next_group + 1
      next_group = next_group + n
      return ops.slice(winners, 1, from, next_group),
        ops.slice(which, 1, from, next_group)
    end
  end)
end

-- what all models but the i-th say of its images of the latents z, which it draws once: a list of
-- codes
local function seen_by_others(models, i, z)
  local widths = {}
  local all = in_batches(function(some)
    local x, parts = models[i].view.decode(some), {}
    for j, model in ipairs(models) do
      if j ~= i then
        local codes = model.view.represent(x)
        parts[#parts + 1], widths[j] = codes, codes:size(2)
      end
    end
    return op.concat(parts, 2)
  end, PIECE, z)
  local list, last = {}, 0
  for j = 1, #models do
    if widths[j] then
      list[j] = ops.slice(all, 2, last + 1, last + widths[j])
      last = last + widths[j]
    end
  end
  return list
end

-- similarities of all models [i][j]: model j finds out which latent of model i was fixed
local function matrix(models, o)
  local B = {}
  local shown = progress(#models, 0, "models")
  for i, model in ipairs(models) do
    B[i] = {}
    for j = 1, #models do B[i][j] = 0 end
    if #model.latents > 0 then
      local z, which = groups(model.view, model.latents, o.votes + o.votes // 2, o.batch,
        core.rand.stream(o.seed, "model " .. i))
      for j, codes in pairs(seen_by_others(models, i, z)) do
        B[i][j] = choice.similarity(codes, which, #model.latents, o.batch, o.votes)
      end
    end
    shown:show(i, "ModelCentrality", i == #models)
  end
  return B
end

-- of(patterns, options) -> what is found: a list {run, udr, centrality} by the mean of both ranks,
-- and similarity [i][j] of the runs in the order of the patterns. patterns as in
-- teasel.report.summary, of two runs or more. Options:
--   points   images that UDR compares (1000)
--   votes    for the rule of ModelCentrality; half as many test it (400)
--   batch    images of a vote (16)
--   seed     of what is drawn (0)
-- A run without data or a view that represents is an error; centrality is nil where one cannot
-- decode. What is under way goes to the error stream.
function choice.of(patterns, given)
  local o = options.read("choice", given, {points = 1000, votes = 400, batch = 16, seed = 0})
  for _, name in ipairs{"points", "votes", "batch"} do
    check.integer("choice", "option '" .. name .. "'", o[name], 2)
  end
  if type(patterns) ~= "string" and type(patterns) ~= "table" then
    check.wrong("choice.of", "patterns", patterns, "a text like 'runs/NAME/*'")
  end
  local runs = summary.open(patterns)
  if #runs < 2 then fail("choice: got %d run, wanted two or more to compare", #runs) end
  local models, codes, kl, decodes, posteriors = {}, {}, {}, true, true
  local function say(...) io.stderr:write("choice: ", string.format(...), "\n") end
  say("codes of %d images by %d runs", o.points, #runs)
  for i, r in ipairs(runs) do
    local view, data = r.view, r.data
    if not (view and view.represent and type(data) == "table" and data.images) then
      fail("choice: %s: its script hands no `view` that represents images, or no `data`", r.dir)
    end
    local _, logvar
    codes[i], _, logvar = encoding.of_view(r, data:subset(core.rand.stream(o.seed, "points")
      :integers({o.points}, 1, data:count())))
    kl[i] = logvar and vae.unit_kl(codes[i], logvar):table()
    posteriors = posteriors and logvar
    models[i] = {view = view, latents = view.decode and in_use(view, kl[i]) or {}}
    decodes = decodes and view.decode
  end
  local self = setmetatable({}, Choice)
  say("UDR of %d pairs", #runs * (#runs - 1))
  local first = udr(codes, nil, {kl = posteriors and kl or nil})
  if decodes then
    say("ModelCentrality of %d pairs", #runs * (#runs - 1))
    self.similarity = matrix(models, o)
  end
  for i, r in ipairs(runs) do
    local sum = 0
    for j = 1, decodes and #runs or 0 do
      sum = sum + (self.similarity[i][j] + self.similarity[j][i]) / 2 / (#runs - 1)
    end
    self[i] = {run = r.dir, udr = first[i], centrality = decodes and sum or nil, rank = 0}
  end
  for _, name in ipairs{"udr", decodes and "centrality" or nil} do
    for _, a in ipairs(self) do
      for _, b in ipairs(self) do a.rank = a.rank + (b[name] > a[name] and 1 or 0) end
    end
  end
  table.sort(self, function(a, b)
    if a.rank ~= b.rank then return a.rank < b.rank end
    return a.udr > b.udr or a.udr == b.udr and a.run < b.run
  end)
  return self
end

-- text() -> a line for each run, the best first
function Choice:text()
  local lines = {{"run", "udr", "centrality"}}
  for i, row in ipairs(self) do
    lines[i + 1] = {row.run, ("%.3f"):format(row.udr),
      row.centrality and ("%.3f"):format(row.centrality) or "-"}
  end
  return summary.aligned(lines)
end

check.methods("choice", Choice, {text = ""}, "similarity")
check.functions("choice.", choice, {
  similarity = "codes: tensor, which: tensor, K: count, batch: count, train: count",
  of = "patterns: any, given: table?",
})

return choice
