-- Runs of older scripts, which a run's directory keeps: what these call by name is still there and
-- does the same, and the runs have views and reports.

local T = require "teasel"
local child = require "spec.child"
local scratch = require "spec.scratch"

local folder

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

local HEAD = [[
local T = require "teasel"
local gan, optim, run = T.gan, T.optim, T.run
local config = run.config{steps = 2, batch = 4, width = 0.03, seed = 1}
assert(gan.rows.mnist.codes.noise == 62)
local codes = T.codes{noise = 4, {"categorical", 3}, {"uniform", 2, weight = 0.1}}
local model = gan.rows.mnist.network(codes, {width = config.width})
local params, stats = gan.init(model, T.stream(config.seed, "init"))
local function drawn(stream)
  return stream:split("x"):uniform{config.batch, 28, 28, 1},
    codes:sample(stream:split("z"), config.batch)
end
]]

local INFOGAN = HEAD .. [[
local state, take = gan.infogan{model = model, codes = codes, params = params, stats = stats,
  lr_d = 2e-4, lr_g = 1e-3}
local function step(_, stream) return take(drawn(stream)) end
run.train{config = config, state = state, step = step, model = model, codes = codes}
]]

-- players as scripts wrote them before there were any, with K = 2
local UNROLLED = HEAD .. [[
local adam = optim.adam{lr = 1e-3, b1 = 0.5}
local state = {params = params, stats = stats, d = adam:init(params.critic),
  q = adam:init(params.q_head), g = adam:init(params.generator)}
local critic_step = T.value_and_grad(function(p, real, fake, z)
  return gan.infogan_loss(model, codes, p, real, fake, z, stats)
end)
local slope = T.grad(function(critic, real, fake)
  return (gan.critic_loss(model, critic, real, fake))
end)
local image_step = T.value_and_grad(function(fake, real, z)
  local critic = gan.unroll(adam, 2, params.critic, state.d,
    function(c) return (slope(c, real, fake)) end)
  local _, features = gan.judge(model, params.critic, fake)
  local f = gan.generator_loss((gan.judge(model, critic, fake)))
  return f + codes:loss(codes:nll(gan.guess(model, params.q_head, features), z)), f
end)
local function step(_, stream)
  local real, z = drawn(stream)
  local fake, back = T.vjp(function(g) return gan.generate(model, g, z, stats.generator) end,
    params.generator)
  local _, image_slope, f = image_step(fake, real, z)
  local _, grads, d_loss, nll = critic_step({critic = params.critic, q_head = params.q_head}, real,
    fake, z)
  adam:update(params.critic, grads.critic, state.d)
  adam:update(params.q_head, grads.q_head, state.q)
  adam:update(params.generator, back(image_slope), state.g)
  return {d_loss = d_loss, f = f, information = codes:information(nll)}
end
run.train{config = config, state = state, step = step, model = model, codes = codes}
]]

-- the same in players
local PLAYERS = HEAD .. [[
local net = T.infogan(model, codes, {params = params, stats = stats})
local D, G = net:players{lr_d = 1e-3, lr_q = 1e-3, lr_g = 1e-3,
  D = function(V, L_I) return -V - L_I end,
  G = function(_, L_I, Gz, x)
    local f = -net:log_D(net:ahead(2, x, Gz), Gz)
    return f - L_I, {f = f}
  end}
local function step(_, stream)
  local x, z = drawn(stream)
  return T.game.simultaneous{{D, x, G:forward(z), z}, {G, z, x}}
end
run.train{config = config, state = net.state, step = step, model = model, codes = codes,
  view = net:view()}
]]

-- the run of a script that was trained in a process of its own, opened here
local function trained(name, script)
  local path = ("%s/%s.lua"):format(folder, name)
  local file = assert(io.open(path, "w"))
  file:write(script)
  file:close()
  local pipe = assert(io.popen(("cd '%s' && %s %s.lua --run %s 2>&1"):format(folder, child.lua,
    name, name)))
  local text = pipe:read "a"
  assert(pipe:close(), text)
  return assert(T.run.open(folder .. "/" .. name))
end

local function bits(t)
  local list = {}
  for i, leaf in ipairs((T.tree.leaves(t))) do list[i] = leaf:data() end
  return list
end

describe("a kept script of an InfoGAN", function()
  it("opens, and its run has a view and a report", function()
    local r = trained("infogan", INFOGAN)
    assert.equal(2, r.step)
    local z = r.view.prior(T.stream(1), 3)
    local x = r.view.decode(z)
    assert.same({3, 28, 28, 1}, x:shape())
    local q = T.gan.recognise(r.model, r.state.params, r.state.stats, x)
    assert.equal(r.codes:represent(q):data(), r.view.represent(x):data())
    assert.equal(r.codes, r.latents)
    local print = print
    _G.print = function() end
    local ok, scores = pcall(T.gan_report.view, r)
    _G.print = print
    assert(ok, scores)
    assert.equal(3, #scores.information)
  end)

  it("with unrolling ends where its players end, bit for bit", function()
    local old, new = trained("unrolled", UNROLLED), trained("players", PLAYERS)
    assert.same({2, 2}, {old.step, new.step})
    assert.same(bits(old.state), bits(new.state))
    for i, entry in ipairs(old:log()) do
      local other = new:log()[i]
      assert.same({entry.d_loss, entry.f, entry.information},
        {other.d_loss, other.f, other.information})
    end
  end)
end)
