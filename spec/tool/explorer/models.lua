-- Runs whose answers are known, as run.open gives them.
--
--   models.coder(dir)       -- images of 1 x 3 pixels that hold the three codes of a point over 8
--   models.part(dir)        -- the same on every fourth image of its data, from the last one on
--   models.generator(dir)   -- noise, a category of three and a number, drawn as they are
--   models.reader(dir)      -- the generator, which can recognise what is in an image
--   models.plane(dir)       -- points of a plane, without data
--   models.swapper(dir)     -- the coder's images, their first pixel the content, the others style

local T = require "teasel"

local models = {}

local space = T.data.space{names = {"hue", "shape", "size"}, sizes = {4, 2, 6}}
local set = T.data.space.set(space, function(index)
  return (space:levels(index) / 8):reshape{#index, 1, 3, 1}
end)

local function run_of(dir, fields)
  local run = {dir = dir, config = {steps = 3, beta = 4.0}, state = {}, note = {}, step = 3}
  function run.log() return fields.lines or {} end
  for name, value in pairs(fields) do run[name] = value end
  return run
end

-- the third code has the greatest KL, the second none
function models.coder(dir)
  return run_of(dir, {data = set, lines = {{step = 1, loss = 4.0, kl = 1.0, seconds = 1},
    {step = 3, loss = 2.5, kl = 2.0, seconds = 2}},
    view = T.view{
      posterior = function(x)
        local codes = x:reshape{#x, 3} * 8
        return codes * T.tensor{1, 0, 1}, codes * T.tensor{0, 0, 0} + T.tensor{0, 0, -4}
      end,
      decode = function(z) return (z / 8):reshape{#z, 1, 3, 1} end,
      prior = function(stream, n) return stream:uniform({n, 3}, 0, 3) end,
      latents = {{name = "z1", code = 1}, {name = "z2", code = 2}, {name = "z3", code = 3}},
    }})
end

function models.part(dir)
  local run = models.coder(dir)
  run.data = set:subset(52 - 4 * T.arange(1, 12))
  return run
end

function models.generator(dir, recognise)
  return run_of(dir, {lines = {{step = 3, g_loss = 1.0, information = {0.5, 0.75}}},
    view = T.view{
      decode = function(z) return z:reshape{#z, 1, 6, 1} end,
      prior = function(stream, n)
        return T.concat({stream:uniform({n, 2}, 0, 1), T.one_hot(T.ones{n}, 3),
          stream:uniform({n, 1}, 0, 1)}, 2)
      end,
      recognise = recognise,
      latents = {{name = "noise", kind = "uniform", width = 2}, {name = "c1", kind = "categorical",
        width = 3}, {name = "c2", kind = "uniform"}},
    }})
end

-- the generator, with a Q: what is in the image, and noise that was drawn
function models.reader(dir)
  return models.generator(dir, function(images, stream)
    return T.concat({stream:uniform({#images, 2}, 0, 1), images:reshape{#images, 6}:slice(2, 3, 6)},
      2)
  end)
end

function models.plane(dir)
  return run_of(dir, {view = T.view{latents = {{name = "z1"}},
    decode = function(z) return T.concat({z, z * 2}, 2) end,
    prior = function(stream, n) return stream:normal{n, 1} end}})
end

function models.swapper(dir)
  return run_of(dir, {data = set, view = T.content_view{content = 1, style = 2, data = set,
    represent_content = function(x) return x:reshape{#x, 3}:slice(2, 1, 1) end,
    represent_style = function(x) return x:reshape{#x, 3}:slice(2, 2, 3) end,
    decode = function(content, style)
      return T.concat({content, style}, 2):reshape{#content, 1, 3, 1}
    end}})
end

return models
