-- Every notebook runs from its first cell to its last, in a kernel of its own. What it says of
-- numbers it asserts itself.

local core = require "teasel.core"
local jupyter = require "spec.jupyter"

local LARGEST = 500000   -- bytes: notebooks are kept with what they show

if core.double then return end   -- build/teasel, which Jupyter starts, is of the other build

describe("a notebook #slow", function()
  for _, name in ipairs(core.system.list "notebooks") do
    if name:find "%.ipynb$" then
      it(name .. " runs to its end", function()
        assert(#core.file.read("notebooks/" .. name) < LARGEST)
        local lacks = jupyter.missing "jupyter nbconvert --version"
        if lacks then
          pending(lacks)
          return
        end
        local ok, text = jupyter.run(("timeout 400 jupyter nbconvert --execute --to notebook "
          .. "--output-dir $OUT --ExecutePreprocessor.timeout=300 notebooks/%s"):format(name))
        assert(ok, text)
      end)
    end
  end
end)
