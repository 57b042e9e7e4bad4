-- The Notebook page in a real browser: see page.py beside this file. (Debian: chromium,
-- chromium-driver, python3-selenium.)

local core = require "teasel.core"
local jupyter = require "spec.jupyter"

if core.double then return end   -- build/teasel, which Jupyter starts, is of the other build

local function has_driver()
  return os.execute "command -v chromium chromedriver > /dev/null"
    and os.execute "/usr/bin/python3 -c 'import selenium' 2> /dev/null"
end

describe("the page of a notebook in a browser #slow", function()
  it("runs cells, shows images, redraws one by a slider, is stopped and restarted", function()
    local lacks = jupyter.missing "jupyter notebook --version"
      or not has_driver()
        and "no browser can be driven (apt-get install chromium-driver python3-selenium)"
    if lacks then return pending(lacks) end
    local ok, text = jupyter.run "timeout 200 /usr/bin/python3 spec/tool/page.py $OUT"
    assert(ok, text)
    assert.matches("driven", text)
  end)
end)
