-- A network that reads known factors off images. It is trained on a set whose factors are known,
-- drawn ones above all, and then says of any pictures what nobody has noted down: of those that a
-- generator makes, which latent turns the head.
--
--   local net = factor_net.train(T.data.faces{size = 32}, {numbers = {"azimuth", "light"}})
--   net.names                       -- {"azimuth", "light"}
--   net:read(images)                -- [n 2], in the units of the set's factors
--   net.test                        -- {azimuth = .98, light = .99}: how well, on images held out
--
-- Factors that are kinds (glasses: none, clear, dark) have a column for each kind, its probability,
-- called "glasses 0" and so on.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local grad = require "teasel.grad"
local in_batches = require "teasel.model.in_batches"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local optim = require "teasel.optim"
local options = require "teasel.options"
local sequential = require "teasel.model.sequential"
local statistic = require "teasel.metric.lib.statistic"
local tree = require "teasel.tree"

local op = core.op
local factor_net = {}

local READ = 250              -- images that are read at a time
local SHARE = 0.9             -- of the set's images that are learned from
local MOST, SMALL = 64, 8     -- channels at most; images are halved until they have so many pixels

local Net = {}
Net.__index = Net

-- {name, column in the set's factors, kinds or nil, first, last} of all that is read
local function plan(who, data, numbers, kinds)
  local at, list, names = {}, {}, {}
  for k, name in ipairs(data.factor_names) do at[name] = k end
  local function add(name, count)
    local first = #names + 1
    list[#list + 1] = {name = name, column = at[name] or options.unknown(who, name, at),
      kinds = count, first = first, last = first + (count or 1) - 1}
    for kind = 1, count or 1 do names[#names + 1] = count and name .. " " .. kind - 1 or name end
  end
  for _, name in ipairs(numbers) do add(name) end
  for _, name in ipairs(tree.keys(kinds)) do add(name, check.count(who, "kinds", kinds[name])) end
  if #list == 0 then fail("%s: got no factors, wanted 'numbers' or 'kinds'", who) end
  return list, names
end

local function layers(shape, outputs)
  local s = sequential(shape, {activation = nn.leaky_relu(0.1), norm = nn.batch_norm,
    init = nn.init.he_normal()})
  local side, channels = math.min(shape[1], shape[2]), MOST // 4
  while side > SMALL // 2 do
    s:conv(channels)
    side, channels = side // 2, math.min(MOST, 2 * channels)
  end
  return s:linear(MOST):linear(outputs, {last = true}):chain()
end

-- the loss of what the network says [n outputs] beside the factors [n K]: squares of standardised
-- numbers, cross-entropies of kinds
local function loss_of(list, standardised)
  return function(said, factors)
    local sum, normal = 0, standardised(factors)
    for _, f in ipairs(list) do
      local y = ops.slice(said, 2, f.first, f.last)
      if f.kinds then
        local kind = ops.slice(factors, 2, f.column, f.column):reshape{#factors}
        sum = sum + ops.mean(op.cross_entropy(y, op.one_hot(kind + 1, f.kinds)))
      else
        sum = sum + ops.mean(op.square(y - ops.slice(normal, 2, f.column, f.column)))
      end
    end
    return sum
  end
end

-- net:read(images [n h w c] in [0, 1]) -> [n columns], one for each of net.names
function Net:read(images)
  return in_batches(function(x)
    local said, columns = self.net(self.params, x, {stats = self.stats}), {}
    for j, f in ipairs(self.list) do
      local y = ops.slice(said, 2, f.first, f.last)
      columns[j] = f.kinds and op.softmax(y) or y * f.scale + f.mean
    end
    return op.concat(columns, 2)
  end, READ, images)
end

-- How well it reads: of numbers the rank correlation, of kinds the share that is right.
local function tested(self, data, stream, n)
  local x, factors = data:batch(stream, n)
  local said, test = self:read(x), {}
  for _, f in ipairs(self.list) do
    local y, wanted = ops.slice(said, 2, f.first, f.last), ops.slice(factors, 2, f.column, f.column)
    test[f.name] = f.kinds
      and statistic.agreement(op.argmax(y, 2) - 1, wanted:reshape{n})
      or statistic.spearman(y, wanted)[1][1]
  end
  return test
end

-- train(data, options) -> a network. data: a set with known factors. Options:
--   numbers   names of factors that are numbers, learned by squared error ({})
--   kinds     how many kinds there are of each factor that is one of 0, 1 ..., by name ({})
--   steps     of Adam, 1e-3 falling to 0 (1500)
--   batch     images in a step (64)
--   images    that it is tested with, of the tenth that is held out (1000)
--   seed      (0)
-- Fields: names, test (see above). Unknown factors and sets without factors are errors.
function factor_net.train(data, given)
  local who = "factor_net.train"
  local o = options.read(who, given, {numbers = {}, kinds = {}, steps = 1500, batch = 64,
    images = 1000, seed = 0})
  if not data.factor_names then fail("%s: got a set without factors, wanted one with", who) end
  for _, name in ipairs{"steps", "batch", "images"} do
    check.count(who, ("option '%s'"):format(name), o[name])
  end
  check.integer(who, "option 'seed'", o.seed, 0)
  local list, names = plan(who, data, o.numbers, o.kinds)
  local stream = core.rand.stream(o.seed, "factor_net")
  local learned, held = data:split({SHARE, 1 - SHARE}, stream:split "split")
  local _, some = learned:batch(stream:split "scale", o.images)
  local mean, deviation = ops.mean(some, 1):table(), op.sqrt(ops.var(some, 1)):table()
  for _, f in ipairs(list) do
    f.mean, f.scale = mean[f.column], math.max(deviation[f.column], 1e-6)
  end
  local net = layers(data.shape, #names)
  local params, stats = net:init(stream:split "init")
  local adam = optim.adam{lr = optim.schedule.cosine(1e-3, 0, o.steps)}
  local state, loss = adam:init(params), loss_of(list, statistic.standardiser(some))
  local slope = grad.grad(function(p, x, factors)
    return loss(net(p, x, {train = true, stats = stats}), factors)
  end)
  for step = 1, o.steps do
    local x, factors = learned:batch(stream:split("step " .. step), o.batch)
    adam:update(params, (slope(params, x, factors)), state)
  end
  local self = setmetatable({net = net, params = params, stats = stats, list = list,
    names = names}, Net)
  self.test = tested(self, held, stream:split "test", o.images)
  return self
end

check.functions("factor_net.", factor_net, {train = "data: set, given: table"})
check.methods("factor_net", Net, {read = "images: tensor"})

return factor_net
