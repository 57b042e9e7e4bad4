-- The Notebook page in a real browser: see page.py beside this file.

local chromium = require "spec.chromium"
local core = require "teasel.core"
local jupyter = require "spec.jupyter"

if core.double then return end   -- build/teasel, which Jupyter starts, is of the other build

describe("the page of a notebook in a browser #slow", function()
  it("runs cells, shows images, redraws one by a slider, is stopped and restarted", function()
    local lacks = jupyter.missing "jupyter notebook --version" or chromium.missing()
    if lacks then return pending(lacks) end
    local ok, text = jupyter.run("timeout 200 " .. chromium.PYTHON .. " spec/tool/page.py $OUT")
    assert(ok, text)
    assert.matches("driven", text)
  end)
end)
