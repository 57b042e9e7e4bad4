-- The notebook's kernel, spoken to by Jupyter's own client: see kernel.py beside this file.

local core = require "teasel.core"
local child = require "spec.child"

local function succeeds(command) return os.execute(command .. " > /dev/null 2>&1") == true end

if core.double then return end   -- build/teasel, which Jupyter starts, is of the other build

describe("the kernel of a notebook #slow", function()
  it("keeps to Jupyter's protocol", function()
    if not package.searchpath("teasel.zmq", package.cpath) then
      pending "libzmq was not there when teasel was built (Debian: libzmq3-dev)"
      return
    elseif not succeeds "/usr/bin/python3 -c 'import jupyter_kernel_test, jupyter_client'" then
      pending "Jupyter's client is not installed (Debian: python3-jupyter-kernel-test)"
      return
    end
    local pipe = io.popen("mktemp -d")
    local folder = pipe:read "l"
    pipe:close()
    assert(os.execute(("mkdir -p '%s/kernels/teasel'"):format(folder)))
    assert(core.file.save(folder .. "/kernels/teasel/kernel.json", ([[{"argv": ["%s/build/teasel",
      "kernel", "{connection_file}"], "display_name": "teasel", "language": "lua"}]]):format(
      child.root)))
    pipe = io.popen(("JUPYTER_PATH='%s' PYDEVD_DISABLE_FILE_VALIDATION=1 timeout 300 "
      .. "/usr/bin/python3 spec/tool/kernel.py %s 2>&1"):format(folder,
      os.getenv "TEASEL_FRAMES" or ""))
    local text = pipe:read "a"
    os.execute(("rm -r '%s'"):format(folder))
    assert(pipe:close(), text)
    assert.matches("\nOK", text)
  end)
end)
