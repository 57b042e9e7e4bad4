-- Modes of a generator of digits, by what a classifier says.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local find = require "teasel.data.find"
local json = require "dkjson"
local scratch = require "spec.scratch"

describe("the coverage of classes", function()
  it("counts those with a sample, and has the divergence from equal shares", function()
    assert.error_matches(function() T.mode_report.coverage(T.zeros{}, 4) end,
      "argument 'classes': got a tensor %[%], wanted %[n%]")
    local found = T.mode_report.coverage(T.tensor{0, 2, 2, 2}, 4)
    assert.equal(2, found.covered)
    assert.same({1, 0, 3, 0}, found.counts)
    assert.near(0.25 * math.log(1) + 0.75 * math.log(3), found.kl, 1e-12)
    assert.near(0, T.mode_report.coverage(T.arange(0, 9), 10).kl, 1e-12)
    assert.near(math.log(10), T.mode_report.coverage(T.zeros{5}, 10).kl, 1e-12)
    assert.has_error(function() T.mode_report.coverage(T.tensor{3}, 3) end)
  end)

  it("is of numbers whose digits are the classes of the colours", function()
    local x = T.stream(1):uniform{6, 2, 2, 3}
    local function classify(flat) return (flat:sum(2) * 2):floor() end
    local wanted = {}
    for i = 1, 6 do
      wanted[i] = 0
      for c = 1, 3 do
        local sum = x:slice(1, i, i):slice(4, c, c):sum():item()
        wanted[i] = wanted[i] * 10 + math.floor(sum * 2)
      end
    end
    assert.same(wanted, T.mode_report.classes(x, classify):table())
  end)

  it("of unrolled GANs is in their scores #slow", function()
    local path, message = find("mnist")
    if not path then pending(message) return end
    local folder = scratch.make()
    local pipe = assert(io.popen(("cd '%s' && %s %s/experiments/unrolled_gan_modes.lua --K 2 "
      .. "--steps 2 --log 1 --batch 4 --width 0.03 --samples 50 --passes 1 --labelled 500 "
      .. "--data %s --run modes 2>&1"):format(folder, child.lua, child.root, path)))
    local text = pipe:read "a"
    local ok = pipe:close()
    local scores = json.decode(core.file.read(folder .. "/modes/scores.json") or "null")
    local samples = core.file.read(folder .. "/modes/figures/samples.png") or ""
    scratch.remove(folder)
    assert(ok, text)
    assert.matches("%d+ of 1000 classes in 50 samples, KL %d%.%d+ nats", text)
    assert.is_true(scores.covered >= 1 and scores.covered <= 50)
    assert.is_true(scores.kl <= math.log(1000))
    assert.equal("\x89PNG", samples:sub(1, 4))
  end)
end)
