-- Do drawn digits stand in for MNIST? A network trained on drawn ones alone reads MNIST's test
-- images, and one trained on MNIST reads drawn ones.
--
-- Claim    both are right on more than 90 % of the images
-- Data     T.data.digits, of MNIST's size and centred, with all styles, slants, widths, thicknesses
--          and the hands of eight seeds; MNIST (LeCun et al. 1998)
-- Run      build/teasel experiments/drawn_digits.lua [--data FOLDER] [--network mlp] [--steps 3000]
-- Time     two minutes on 2 cores

local T = require "teasel"
local nn = T.nn

local config = T.command.read(arg, {
  data = "",          -- folder of MNIST's files; none: looked for, see README.md
  network = "conv",   -- two layers of convolutions, or mlp: 784-256-10
  steps = 3000,       -- of the optimizer, each
  batch = 100,        -- images in a step
  test = 10000,       -- images to test with
  lr = 1e-3,          -- learning rate
  seed = 1,           -- of the weights, the images and the first of the hands
})
T.command.at_least(config, {steps = 1, batch = 1, test = 1})

local function layers()
  return T.sequential({28, 28, 1}, {activation = nn.relu, init = nn.init.he_normal()})
end
local NETWORKS = {
  mlp = function() return layers():linear(256):add(nn.linear(256, 10)):chain() end,
  conv = function()
    return layers():conv(16):conv(32):linear(128):add(nn.linear(128, 10)):chain()
  end,
}
local make = NETWORKS[config.network] or T.options.unknown("--network", config.network, NETWORKS)

-- a set as a function that gives n images and their digits; drawn ones are of the hands of some
-- seeds in turns
local function drawn(first, seeds)
  local sets, calls = {}, 0
  for i = 1, seeds do
    sets[i] = T.data.digits{size = 2, posX = 1, posY = 1, seed = first + i - 1}
  end
  return function(stream, n)
    calls = calls + 1
    local x, _, digits = sets[calls % seeds + 1]:batch(stream, n)
    return x, digits
  end
end

local function real(part)
  local set = assert(T.data.mnist.open{part = part, folder = config.data})
  return function(stream, n) return set:batch(stream, n) end
end

local function train(name, batch)
  local stream, net = T.stream(config.seed, "drawn_digits " .. name), make()
  local logits = T.fit(net, {stream = stream:split("init"), steps = config.steps, lr = config.lr,
    batch = function() return batch(stream, config.batch) end,
    loss = function(p, x, digits)
      return T.cross_entropy(net(p, x), T.one_hot(digits + 1, 10)):mean()
    end})
  return function(images) return logits(images):argmax(2) - 1 end
end

-- drawn digits to test with are those of other hands
local tests = {{"MNIST", real "test"}, {"drawn digits", drawn(config.seed + 1000, 1)}}
for _, source in ipairs{{"MNIST", real "train"}, {"drawn digits", drawn(config.seed, 8)}} do
  local read = train(source[1], source[2])
  for _, test in ipairs(tests) do
    local x, digits = test[2](T.stream(config.seed, "test"), config.test)
    print(("trained on %s, tested on %s: %.2f %%"):format(source[1], test[1],
      100 * read(x):eq(digits):mean():item()))
  end
end
