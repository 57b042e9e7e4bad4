-- Jupyter with this build's kernel, for the specs that need it.

local child = require "spec.child"
local core = require "teasel.core"
local scratch = require "spec.scratch"

local jupyter = {}

-- missing(command) -> what the machine lacks to run a command of Jupyter's, or nil
function jupyter.missing(command)
  if not package.searchpath("teasel.zmq", package.cpath) then
    return "libzmq was not there when teasel was built (make jupyter)"
  elseif not os.execute(command .. " > /dev/null 2>&1") then
    return "Jupyter is not installed (make jupyter)"
  end
end

-- run(command) -> whether it succeeds where the kernel "teasel" is known, and what it prints; $OUT
-- is a folder that is gone afterwards
function jupyter.run(command)
  local folder = scratch.make()
  assert(os.execute(("mkdir -p '%s/kernels/teasel'"):format(folder)))
  assert(core.file.save(folder .. "/kernels/teasel/kernel.json", ([[{"argv": ["%s/build/teasel",
    "kernel", "{connection_file}"], "display_name": "teasel", "language": "lua"}]]):format(
    child.root)))
  local pipe = io.popen(("export OUT='%s' JUPYTER_PATH='%s' PYDEVD_DISABLE_FILE_VALIDATION=1; "
    .. "%s 2>&1"):format(folder, folder, command))
  local text = pipe:read "a"
  local ok = pipe:close()
  scratch.remove(folder)
  return ok, text
end

return jupyter
