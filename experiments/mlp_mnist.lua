-- A classifier of MNIST digits: 784-256-10, ReLU, softmax cross-entropy.
--
-- Claim    at least 97.5 % of the 10,000 test images are right after five passes over the 60,000
--          training images. (LeCun et al. 1998 report 95.3 % for two layers with 300 units,
--          trained by plain gradient descent on the squared error.)
-- Run      build/teasel experiments/mlp_mnist.lua [--data FOLDER] [--epochs 5] [--seed 1]
-- Time     under a minute on 2 cores

local T = require "teasel"
local nn, optim = T.nn, T.optim
local mnist = require "teasel.data.reader.mnist"

local config = T.command.read(arg, {
  data = "",    -- folder of MNIST's files; none: looked for, see README.md
  epochs = 5,   -- passes over the training images
  batch = 100,  -- images in a step
  lr = 1e-3,    -- learning rate
  seed = 1,     -- seed of the weights and of the order of the images
})
T.command.at_least(config, {epochs = 1, batch = 1})
local train = assert(mnist.open{part = "train", folder = config.data})
local test = assert(mnist.open{part = "test", folder = config.data})

local stream = T.stream(config.seed, "mlp_mnist")
local net = nn.chain{nn.flatten, nn.linear(784, 256, {init = nn.init.he_normal()}), nn.relu,
  nn.linear(256, 10)}
local params = net:init(stream:split("init"))
local adam = optim.adam{lr = config.lr}
local state = adam:init(params)

local loss = T.value_and_grad(function(p, images, digits)
  return T.cross_entropy(net(p, images), T.one_hot(digits + 1, 10)):mean()
end)

local function accuracy(set)
  local guess = net(params, set:images()):argmax(2) - 1
  return guess:eq(set:digits()):mean():item()
end

print(net)
local started = os.time()
for epoch = 1, config.epochs do
  local order = stream:split("epoch " .. epoch)
  local sum, batches = 0, 0
  for images, digits in train:epoch(order, config.batch) do
    local value, grads = loss(params, images, digits)
    adam:update(params, grads, state)
    sum, batches = sum + value:item(), batches + 1
  end
  print(("epoch %d  loss %.4f  test accuracy %.2f %%  %d s"):format(epoch, sum / batches,
    100 * accuracy(test), os.time() - started))
end
