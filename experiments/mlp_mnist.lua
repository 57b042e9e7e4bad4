-- A classifier of MNIST digits: 784-256-10, ReLU, softmax cross-entropy.
--
-- Claim    at least 97.5 % of the 10,000 test images are right after five passes over the 60,000
--          training images. (LeCun et al. 1998 report 95.3 % for two layers with 300 units,
--          trained by plain gradient descent on the squared error.)
-- Run      build/teasel experiments/mlp_mnist.lua [--data FOLDER] [--steps 5] [--seed 1]
--          A step is a pass over the training images.
-- Time     under a minute on 2 cores

local T = require "teasel"
local nn, optim, run = T.nn, T.optim, T.run

local config = run.config({
  data = "",        -- folder of MNIST's files; none: looked for, see README.md
  steps = 5,        -- passes over the training images
  batch = 100,      -- images in a step of the optimizer
  lr = 1e-3,        -- learning rate
  seed = 1,         -- seed of the weights and of the order of the images
  log = 1,          -- steps to a line of the log
  checkpoint = 1,   -- steps to a checkpoint
}, {"data"})
local train = assert(T.data.mnist.open{part = "train", folder = config.data})
local test = assert(T.data.mnist.open{part = "test", folder = config.data})

local stream = T.stream(config.seed, "mlp_mnist")
local net = nn.chain{nn.flatten, nn.linear(784, 256, {init = nn.init.he_normal()}), nn.relu,
  nn.linear(256, 10)}
local params = net:init(stream:split("init"))
local adam = optim.adam{lr = config.lr}
local state = {params = params, adam = adam:init(params)}

local loss = T.value_and_grad(function(p, images, digits)
  return T.cross_entropy(net(p, images), T.one_hot(digits + 1, 10)):mean()
end)

local function represent(images) return net(params, images) end

local function accuracy(set)
  local guess = represent(set:images()):argmax(2) - 1
  return 100 * guess:eq(set:labels()):mean()
end

local function step(pass)
  local sum, batches = 0, 0
  for images, digits in train:epoch(stream:split("epoch " .. pass), config.batch) do
    local value, grads = loss(params, images, digits)
    adam:update(params, grads, state.adam)
    sum, batches = sum + value:item(), batches + 1
  end
  return {loss = sum / batches, accuracy = accuracy(test)}
end

local r = run.train{config = config, state = state, step = step, net = net, data = test,
  view = T.view{represent = represent}}
print(net)
for _, entry in ipairs(r:log()) do
  print(("epoch %d  loss %.4f  test accuracy %.2f %%  %.0f s"):format(entry.step, entry.loss,
    entry.accuracy, entry.seconds))
end
