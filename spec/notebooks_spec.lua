-- Every notebook runs from its first cell to its last, in a kernel of its own. What it says of
-- numbers it asserts itself.

local core = require "teasel.core"
local child = require "spec.child"

local function succeeds(command) return os.execute(command .. " > /dev/null 2>&1") == true end

if core.double then return end   -- build/teasel, which Jupyter starts, is of the other build

local function missing()
  if not package.searchpath("teasel.zmq", package.cpath) then
    return "libzmq was not there when teasel was built (Debian: libzmq3-dev)"
  elseif not succeeds "jupyter nbconvert --version" then
    return "Jupyter is not installed: make jupyter"
  end
end

describe("a notebook #slow", function()
  local folder

  setup(function()
    local pipe = io.popen "mktemp -d"
    folder = pipe:read "l"
    pipe:close()
    assert(os.execute(("mkdir -p '%s/kernels/teasel'"):format(folder)))
    assert(core.file.save(folder .. "/kernels/teasel/kernel.json", ([[{"argv": ["%s/build/teasel",
      "kernel", "{connection_file}"], "display_name": "teasel", "language": "lua"}]]):format(
      child.root)))
  end)

  teardown(function() os.execute(("rm -r '%s'"):format(folder)) end)

  for _, name in ipairs(core.system.list "notebooks") do
    if name:find "%.ipynb$" then
      it(name .. " runs to its end", function()
        local lacks = missing()
        if lacks then
          pending(lacks)
          return
        end
        local pipe = io.popen(("JUPYTER_PATH='%s' PYDEVD_DISABLE_FILE_VALIDATION=1 timeout 400 "
          .. "jupyter nbconvert --execute --to notebook --output-dir '%s' "
          .. "--ExecutePreprocessor.timeout=300 notebooks/%s 2>&1"):format(folder, folder, name))
        local text = pipe:read "a"
        assert(pipe:close(), text)
        local size = #core.file.read("notebooks/" .. name)
        assert(size < 500000, name .. ": larger than half a megabyte")
      end)
    end
  end
end)
