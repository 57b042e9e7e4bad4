-- The notebook's kernel, spoken to by Jupyter's own client: see kernel.py beside this file.

local core = require "teasel.core"
local jupyter = require "spec.jupyter"

if core.double then return end   -- build/teasel, which Jupyter starts, is of the other build

describe("the kernel of a notebook #slow", function()
  it("keeps to Jupyter's protocol", function()
    local lacks = jupyter.missing "/usr/bin/python3 -c 'import jupyter_kernel_test, jupyter_client'"
    if lacks then
      pending(lacks)
      return
    end
    local ok, text = jupyter.run("timeout 300 /usr/bin/python3 spec/tool/kernel.py "
      .. (os.getenv "TEASEL_FRAMES" or ""))
    assert(ok, text)
    assert.matches("\nOK", text)
  end)
end)
