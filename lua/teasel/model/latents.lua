-- What the generator of an InfoGAN reads, and what Q says about it (Chen et al. 2016, section 5):
-- incompressible noise and a list of latents (the paper's codes c), described by data.
--
--   local c = latents{noise = 62, {"categorical", 10}, {"uniform", 2, weight = 0.1}}
--   local z = c:sample(stream, 128)      -- [128 74]: noise, one-hot category, two numbers
--   local nll = c:nll(q, z)              -- [3]: mean of -log Q(c|x) for each latent, in nats
--   local information = c:information(nll)                         -- [3]: L_I of each latent
--
-- A row of the list is {kind, n, count =, weight =, deviation =}:
--   categorical  `count` latents (default 1) of n equally likely categories each; Q: n logits each
--   uniform      n latents, U(-1, 1); Q: a normal distribution, n means and n log variances
--   gaussian     n latents, N(0, 1); Q as for uniform
-- With a `deviation`, the standard deviation of Q's normal distributions, Q has the n means alone.
-- The noise is U(-1, 1), or N(0, 1) with noise_from = "gaussian".
-- `weight` (1) is lambda, the weight of L_I of these latents in the objective. Latents are numbered
-- from 1 in the order of the list; categories are numbers 1..n.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor

local Latents = {}
Latents.__index = Latents

-- entropy in nats; variance of a number
local KINDS = {
  categorical = {
    entropy = math.log,
    sample = function(stream, n, row)
      return op.reshape(op.one_hot(stream:integers({n, row.count}, 1, row.n), row.n),
        {-1, row.count * row.n})
    end,
    nll = function(q, c, row)
      local shape = {#c, row.count, row.n}
      return op.cross_entropy(op.reshape(q, shape), op.reshape(c, shape))
    end,
  },
  uniform = {
    variance = 1 / 3,
    entropy = function() return math.log(2) end,
    sample = function(stream, n, row) return stream:uniform({n, row.count}, -1, 1) end,
  },
  gaussian = {
    variance = 1,
    entropy = function() return 0.5 * math.log(2 * math.pi * math.exp(1)) end,
    sample = function(stream, n, row) return stream:normal{n, row.count} end,
  },
}

local function normal_nll(q, c, row)
  local mean = ops.slice(q, 2, 1, row.count)
  local logvar = row.deviation and tensor.full(mean:shape(), 2 * math.log(row.deviation))
    or ops.slice(q, 2, row.count + 1, -1)
  return op.gaussian_nll(c, mean, logvar)
end

KINDS.uniform.nll, KINDS.gaussian.nll = normal_nll, normal_nll

-- L_I of a latent when Q knows nothing of it, and at most. A Q that learns its deviation has no
-- most, and is nearly at 0 when it knows nothing; one whose deviation is fixed is below 0 then, and
-- may stay there: at -0.39 and -0.23 for U(-1, 1) and a deviation of 1.
local function range_of(row, variance)
  if row.kind == "categorical" then return 0, row.entropy end
  if not row.deviation then return 0, math.huge end
  local most = row.entropy - 0.5 * math.log(2 * math.pi * row.deviation ^ 2)
  return most - variance / (2 * row.deviation ^ 2), most
end

local function positive(what, value)
  if math.type(value) ~= "integer" or value < 1 then
    fail("latents: %s: got %s, wanted an integer of 1 or more", what, tostring(value))
  end
  return value
end

-- A row of the description, checked: where its numbers are in z and in Q's outputs.
local function read_row(given, at_input, at_output)
  if type(given) ~= "table" then
    fail("latents: got the row %s, wanted one like {\"categorical\", 10}", tostring(given))
  end
  local kind = KINDS[given[1]] or options.unknown("latents", given[1], KINDS)
  local categorical = given[1] == "categorical"
  local named = {}
  for name, value in pairs(given) do
    if name ~= 1 and name ~= 2 then named[name] = value end
  end
  local o = options.read("latents", named, {count = categorical and 1 or nil, weight = 1,
    deviation = not categorical and options.any or nil})
  local row = {kind = given[1], n = positive("n", given[2]), weight = o.weight,
    deviation = o.deviation
      and check.number("latents", "option 'deviation'", o.deviation, 1e-6, 1e6)}
  if not (o.weight >= 0 and o.weight < math.huge) then
    fail("latents: weight: got %s, wanted a number of 0 or more", o.weight)
  end
  row.count = categorical and positive("count", o.count) or row.n
  row.width = categorical and row.n or 1
  row.entropy, row.draw, row.cost = kind.entropy(row.n), kind.sample, kind.nll
  row.least, row.most = range_of(row, kind.variance)
  row.first, row.last = at_input + 1, at_input + row.count * row.width
  row.q_first = at_output + 1
  row.q_last = at_output + row.count * (categorical and row.n or row.deviation and 1 or 2)
  return row
end

-- latents{noise = n, noise_from =, row, row, ...}. Fields: noise; inputs, outputs (numbers that the
-- generator reads, that Q gives); count; by latent names ("c1" ...), kinds, entropies, weights, and
-- least and most, L_I where Q knows nothing and all of it (math.huge where it learns a deviation);
-- categorical, continuous: the numbers of the latents of these kinds.
local function new(given)
  if type(given) ~= "table" then
    fail("latents: got %s, wanted a description", tostring(given))
  end
  local named = {}
  for name, value in pairs(given) do
    if math.type(name) ~= "integer" then
      named[name] = value
    elseif name ~= 1 and given[name - 1] == nil then
      fail("latents: row %d: got none, wanted one in front of row %d", name - 1, name)
    end
  end
  local o = options.read("latents", named, {noise = 0, noise_from = "uniform"})
  if math.type(o.noise) ~= "integer" or o.noise < 0 then
    fail("latents: noise: got %s, wanted an integer of 0 or more", o.noise)
  end
  local from = o.noise_from
  if from == "categorical" or not KINDS[from] then
    fail("latents: noise_from: got '%s', wanted 'uniform' or 'gaussian'", from)
  end
  local self = setmetatable({noise = o.noise, noise_from = from, count = 0, rows = {},
    place = {}, names = {}, kinds = {}, entropies = {}, weights = {}, least = {}, most = {},
    categorical = {}, continuous = {}}, Latents)
  self.inputs, self.outputs = self.noise, 0
  for r, description in ipairs(given) do
    local row = read_row(description, self.inputs, self.outputs)
    self.rows[r] = row
    for i = 1, row.count do
      local k = self.count + i
      self.place[k] = {row = row, at = i}
      self.names[k], self.kinds[k] = "c" .. k, row.kind
      table.insert(row.kind == "categorical" and self.categorical or self.continuous, k)
      self.entropies[k], self.weights[k] = row.entropy, row.weight
      self.least[k], self.most[k] = row.least, row.most
    end
    self.count = self.count + row.count
    self.inputs, self.outputs = row.last, row.q_last
  end
  return self
end

-- "latents of 74 numbers: 62 of noise; c1 of 10 categories; c2, c3 uniform; Q gives 14"
function Latents.__tostring(self)
  local parts = {("%d of noise"):format(self.noise)}
  for _, row in ipairs(self.rows) do
    local names = {}
    for k, p in ipairs(self.place) do
      if p.row == row then names[#names + 1] = self.names[k] end
    end
    parts[#parts + 1] = table.concat(names, ", ") .. (row.kind == "categorical"
      and (" of %d categories"):format(row.n) or " " .. row.kind)
  end
  return ("latents of %d numbers: %s; Q gives %d"):format(self.inputs, table.concat(parts, "; "),
    self.outputs)
end

-- x [n columns], or an error
local function wide(who, name, x, columns)
  if x:rank() ~= 2 or x:shape()[2] ~= columns then
    check.wrong("latents:" .. who, name, x, ("[n %d]"):format(columns))
  end
end

-- nll [count], or an error
local function each(self, who, nll)
  if nll:rank() ~= 1 or #nll ~= self.count then
    check.wrong("latents:" .. who, "nll", nll, ("[%d]"):format(self.count))
  end
  return nll
end

-- sample(stream, n) -> z [n inputs]: noise, then latents from their priors
function Latents:sample(stream, n)
  check.stream("latents: sample", "stream", stream)
  check.integer("latents: sample", "n", n, 0)
  local parts = {}
  if self.noise > 0 then
    parts[1] = KINDS[self.noise_from].sample(stream:split("noise"), n, {count = self.noise})
  end
  for r, row in ipairs(self.rows) do
    parts[#parts + 1] = row.draw(stream:split("codes " .. r), n, row)
  end
  return op.concat(parts, 2)
end

-- nll(q [n outputs], z [n inputs]) -> [count]: for each latent the batch mean of -log Q(c|x)
function Latents:nll(q, z)
  wide("nll", "q", q, self.outputs)
  wide("nll", "z", z, self.inputs)
  local parts = {}
  for r, row in ipairs(self.rows) do
    local said = ops.slice(q, 2, row.q_first, row.q_last)
    local c = ops.slice(z, 2, row.first, row.last)
    parts[r] = ops.mean(row.cost(said, c, row), 1)
  end
  return op.concat(parts)
end

-- information(nll) -> [count]: L_I of each latent, H(c) - nll <= I(c; x)          eq. 5
function Latents:information(nll)
  return tensor.tensor(self.entropies) - each(self, "information", nll)
end

-- loss(nll) -> -lambda L_I, but for the constant H(c), summed over the latents
function Latents:loss(nll)
  return op.sum(each(self, "loss", nll) * tensor.tensor(self.weights))
end

-- where latent k is; with `categorical`, true or false, it has to be of that sort
local function place(self, k, categorical)
  local p = self.place[k] or fail("latents: got latent %s, wanted one of 1..%d", tostring(k),
    self.count)
  if categorical ~= nil and categorical ~= (p.row.kind == "categorical") then
    fail("latents: got latent %d, which is %s, wanted a %s one", k, p.row.kind,
      categorical and "categorical" or "continuous")
  end
  return p
end

-- categories(k) -> how many a categorical latent has
function Latents:categories(k) return place(self, k, true).row.n end

-- mean(q, k) -> [n]: Q's mean of a continuous latent
function Latents:mean(q, k)
  local p = place(self, k, false)
  local at = p.row.q_first + p.at - 1
  return op.reshape(ops.slice(q, 2, at, at), {#q})
end

-- what Q says of a categorical latent, [n categories]
local function logits(self, q, k)
  local p = place(self, k, true)
  local at = p.row.q_first + (p.at - 1) * p.row.n
  return ops.slice(q, 2, at, at + p.row.n - 1)
end

-- category(q, k) -> [n]: the most likely category of a categorical latent, 1..n
function Latents:category(q, k) return op.argmax(logits(self, q, k), 2) end

-- read(q) -> [n count]: a representation of images: Q's mean of each continuous latent, and the
-- number of the most likely category of each categorical one
function Latents:read(q)
  wide("read", "q", q, self.outputs)
  local columns = {}
  for k = 1, self.count do
    local said = self.kinds[k] == "categorical" and self:category(q, k) or self:mean(q, k)
    columns[k] = op.reshape(said, {#q, 1})
  end
  return op.concat(columns, 2)
end

-- represent(q) -> [n D]: a representation of images in which nothing is decided: Q's mean of each
-- continuous latent, and the log probability of each category of each categorical one
function Latents:represent(q)
  wide("represent", "q", q, self.outputs)
  local columns = {}
  for k = 1, self.count do
    if self.kinds[k] == "categorical" then
      columns[k] = op.log_softmax(logits(self, q, k))
    else
      columns[k] = op.reshape(self:mean(q, k), {#q, 1})
    end
  end
  return op.concat(columns, 2)
end

-- list() -> what the generator reads, as teasel.model.view wants it: the noise, then each latent
-- by its name, with the column of represent's [n D] that estimates it, or the first of those of its
-- categories
function Latents:list()
  local list, column = {}, 0
  if self.noise > 0 then
    list[1] = {name = "noise", kind = self.noise_from, width = self.noise, noise = true}
  end
  for k = 1, self.count do
    local width = self.place[k].row.width
    local categorical = self.kinds[k] == "categorical"
    list[#list + 1] = {name = self.names[k], kind = self.kinds[k], width = width,
      [categorical and "probabilities" or "code"] = column + 1}
    column = column + width
  end
  return list
end

-- value(z, k) -> [n width]: what z holds for latent k: a number, or a one-hot category
function Latents:value(z, k)
  local p = place(self, k)
  local at = p.row.first + (p.at - 1) * p.row.width
  return ops.slice(z, 2, at, at + p.row.width - 1)
end

-- put(z, k, values [n]) -> z with latent k set to the values, or to these categories
function Latents:put(z, k, values)
  local p = place(self, k)
  local row = p.row
  local n, at = #z, row.first + (p.at - 1) * row.width
  local new_part = row.kind == "categorical" and op.one_hot(values, row.n)
    or op.reshape(values, {n, 1})
  local parts, last = {}, at + row.width - 1
  if at > 1 then parts[1] = ops.slice(z, 2, 1, at - 1) end
  parts[#parts + 1] = new_part
  if last < self.inputs then parts[#parts + 1] = ops.slice(z, 2, last + 1, self.inputs) end
  return op.concat(parts, 2)
end

-- sweep(z [n inputs], k, values [m]) -> [n * m inputs]: each row m times, latent k going through
-- the values (or categories) and all else fixed along it
function Latents:sweep(z, k, values)
  wide("sweep", "z", z, self.inputs)
  local n, m = #z, #values
  local repeated = op.reshape(op.expand(op.reshape(z, {n, 1, self.inputs}), {n, m, self.inputs}),
    {n * m, self.inputs})
  return self:put(repeated, k, op.reshape(op.expand(op.reshape(values, {1, m}), {n, m}), {n * m}))
end

check.methods("latents", Latents, {
  sample = "stream: stream, n: count", nll = "q: tensor, z: tensor", information = "nll: tensor",
  loss = "nll: tensor", categories = "k: any", mean = "q: tensor, k: any",
  category = "q: tensor, k: any", read = "q: tensor",
  represent = "q: tensor", list = "", value = "z: tensor, k: any",
  put = "z: tensor, k: any, values: tensor", sweep = "z: tensor, k: any, values: tensor",
}, "noise inputs outputs count names kinds entropies weights least most categorical "
  .. "continuous")

return new
