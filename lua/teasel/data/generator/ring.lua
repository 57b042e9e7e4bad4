-- A ring of normal distributions in the plane, the toy data of unrolled GANs: as many modes, all
-- equally likely, at equal angles on a circle (Metz et al. 2017, section 3.1).
--
--   local ring = T.data.ring{modes = 8}               -- a set whose "images" are points
--   local points, mode = ring:batch(stream, 64)       -- [64 2], [64 1]

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local set = require "teasel.data.set"

local op, tensor = core.op, core.tensor

local MOST = 1000000   -- modes
local COUNT = 65536    -- points that have numbers

-- ring:coverage(samples [n 2]) -> how samples of a model cover the modes:
--   covered  modes that have at least a fifth of their share of good samples: those within 3
--            standard deviations
--   good     share of good samples
--   kl       KL(model || truth) in nats over cells: within 3 standard deviations of each mode, and
--            elsewhere, where the truth has e^-4.5 of its mass: 0 to 4.5
--   counts   good samples of each mode
local function coverage(self, samples)
  local n, k = #samples, self.modes
  if samples:rank() ~= 2 or samples:shape()[2] ~= 2 then
    check.wrong("ring:coverage", "samples", samples, "[n 2]")
  end
  if n == 0 then fail "coverage: got no samples, wanted one or more" end
  local gap = op.reshape(samples, {n, 1, 2}) - op.reshape(self.centres, {1, k, 2})
  local distance = op.sqrt(op.sum(op.square(gap), 3))
  local nearest = op.one_hot(op.argmax(-distance, 2), k)
  local near = op.le(op.min(distance, 2, true), 3 * self.sd)
  local counts = op.sum(nearest * near, 1):table()
  local outside = math.exp(-4.5)   -- of a normal distribution in the plane, beyond 3 deviations
  local covered, kl, good = 0, 0, 0
  local function add(share, truth)
    if share > 0 then kl = kl + share * math.log(share / truth) end
  end
  for _, count in ipairs(counts) do
    if count >= n / (5 * k) then covered = covered + 1 end
    add(count / n, (1 - outside) / k)
    good = good + count / n
  end
  add(1 - good, outside)
  return {covered = covered, good = good, kl = kl, counts = counts}
end

-- ring:film(frames, steps) -> how many modes the samples of each frame cover, and a panel of each
-- for chart.panels; frames: list of [n 2], steps: after which each was taken
local function film(self, frames, steps)
  local covered, panels, reach = {}, {}, 1.6 * self.radius
  for i, xy in ipairs(frames) do
    local columns = op.permute(xy, {2, 1}):table()
    covered[i] = coverage(self, xy).covered
    panels[i] = {title = ("step %d"):format(steps[i]), x = {range = {-reach, reach}},
      y = {range = {-reach, reach}}, series = {{x = columns[1], y = columns[2]}}}
  end
  return covered, panels
end

coverage = check.called("ring:coverage", coverage,
  "self: table(modes sd centres), samples: tensor")
film = check.called("ring:film", film,
  "self: table(modes radius sd centres), frames: table, steps: table")

-- ring{modes = 8, radius = 1, sd = 0.05} -> the set of its points, shape {2}, with their modes as
-- the factor "mode" (0 .. modes - 1) and as classes. Batches are new points each time; 65,536
-- points have numbers, and are always the same. Fields: modes, radius, sd, centres [modes 2];
-- methods: coverage, film.
local function ring(given)
  local o = options.read("ring", given, {modes = 8, radius = 1, sd = 0.05})
  for _, name in ipairs{"modes", "radius", "sd"} do
    if not (o[name] > 0 and o[name] < math.huge) then
      fail("ring: option '%s': got %s, wanted more than 0 and finite", name, o[name])
    end
  end
  if not math.tointeger(o.modes) or o.modes > MOST then
    fail("ring: option 'modes': got %s, wanted an integer in 1..%d", o.modes, MOST)
  end
  local centres = {}
  for i = 1, o.modes do
    local angle = 2 * math.pi * (i - 1) / o.modes
    centres[i] = {o.radius * math.cos(angle), o.radius * math.sin(angle)}
  end
  local at = tensor.tensor(centres)
  local noise = core.rand.stream(0, "ring"):normal({COUNT, 2}, 0, o.sd)   -- of numbered points
  local function modes(index)
    return index - 1 - op.floor(op.div(index - 1, o.modes)) * o.modes
  end
  local made = set.new{count = COUNT, shape = {2}, classes = o.modes, labels = modes,
    factor_names = {"mode"},
    factors = function(index) return op.reshape(modes(index), {-1, 1}) end,
    images = function(index)
      return op.take(at, modes(index) + 1, 1) + op.take(noise, index, 1)
    end,
    fresh = function(stream, n)
      local mode = stream:split("mode"):integers({n}, 1, o.modes)
      local x = op.take(at, mode, 1) + stream:split("normal"):normal({n, 2}, 0, o.sd)
      return x, op.reshape(mode - 1, {-1, 1}), mode - 1
    end,
    key = function() return ("ring %d %.17g %.17g"):format(o.modes, o.radius, o.sd) end}
  made.modes, made.radius, made.sd, made.centres = o.modes, o.radius, o.sd, at
  made.coverage, made.film = coverage, film
  return made
end

return ring
