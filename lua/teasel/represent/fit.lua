-- One network, learned by Adam from batches that a function gives: what needs neither a run's
-- directory nor an opponent.
--
--   local read = T.fit(net, {loss = function(params, x, y) ... end, steps = 1000, lr = 1e-3,
--     stream = T.stream(1), batch = function(step) return data:batch(stream, 64) end})
--   read(images)                                         -- net with what it learned

local check = require "teasel.lib.check"
local grad = require "teasel.grad"
local optim = require "teasel.optim"
local options = require "teasel.options"

-- fit(net, options) -> a function x -> net(params, x), with params as they are after the steps, and
-- the params. Options:
--   loss    loss(params, ...) -> a number, of what a batch is
--   batch   batch(step) -> what the loss takes beside the params
--   stream  that net:init draws from
--   steps   of Adam (1000)
--   lr      its rate, a number or a function of the step (1e-3)
--   every   steps after which the mean loss since is printed, and after the last (0: never)
local function fit(net, given)
  local o = options.read("fit", given, {loss = options.any, batch = options.any,
    stream = options.any, steps = 1000, lr = options.any, every = 0})
  check.callable("fit", "option 'loss'", o.loss)
  check.callable("fit", "option 'batch'", o.batch)
  check.stream("fit", "option 'stream'", o.stream)
  check.count("fit", "option 'steps'", o.steps)
  check.integer("fit", "option 'every'", o.every, 0)
  local params = net:init(o.stream)
  local adam = optim.adam{lr = o.lr or 1e-3}
  local state, slope = adam:init(params), grad.value_and_grad(o.loss)
  local sum, count = 0, 0
  for step = 1, o.steps do
    local value, grads = slope(params, o.batch(step))
    adam:update(params, grads, state)
    if o.every > 0 then
      sum, count = sum + value:item(), count + 1
      if step % o.every == 0 or step == o.steps then
        print(("step %5d   loss %.4f"):format(step, sum / count))
        sum, count = 0, 0
      end
    end
  end
  return function(x) return net(params, x) end, params
end

return check.called("fit", fit, "net: table(init), given: table")
