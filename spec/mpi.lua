-- How specs start ranks: by the MPI that the module was built with, or by one of both with a module
-- that is built for it.

local core = require "teasel.core"
local child = require "spec.child"
local scratch = require "spec.scratch"

local mpi = {}

local ROOT = "env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
local OPTIONS = {openmpi = "--oversubscribe --bind-to none", mpich = ""}

local function output(command) return scratch.shell(".", command) end

-- launcher() -> the command that starts processes by the MPI of build/lib/teasel/mpi.so, without
-- their number; or nil and why there is none
function mpi.launcher()
  if output "command -v mpirun" == "" then
    return nil, "there is no mpirun (Debian: openmpi-bin, or mpich)"
  elseif not core.file.read(child.root .. "/build/lib/teasel/mpi.so") then
    return nil, "there is no build/lib/teasel/mpi.so (make builds it where mpicc is)"
  end
  local open = output "mpirun --version":find "Open MPI"
  return ROOT .. "mpirun " .. (open and OPTIONS.openmpi or "")
end

-- by(name, folder) -> the same of "openmpi" or "mpich", and the path of a module of it in the
-- folder, as LUA_CPATH_5_4 wants it; or nil and why there is none
function mpi.by(name, folder)
  local mpicc, run = "mpicc." .. name, "mpirun." .. name
  if output("command -v " .. mpicc) == "" or output("command -v " .. run) == "" then
    return nil, ("there is no %s or no %s"):format(mpicc, run)
  end
  local own = ("%s/%s"):format(folder, name)
  local text, status = output(("make -s -C %s B=%s MPICC=%s %s/lib/teasel/mpi.so"):format(
    child.root, own, mpicc, own))
  assert(status == 0, text)
  return ("%s%s %s"):format(ROOT, run, OPTIONS[name]), own .. "/lib/?.so"
end

return mpi
