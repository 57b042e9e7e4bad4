-- A folder of a spec file's own, and what is done in it:
--
--   local folder
--   setup(function() folder = scratch.make() end)
--   teardown(function() scratch.remove(folder) end)

local child = require "spec.child"
local core = require "teasel.core"

local scratch = {}

-- make() -> the path of a new folder
function scratch.make()
  local folder = os.tmpname()
  os.remove(folder)
  assert(core.system.folder(folder))
  return folder
end

local getenv = {}   -- what os.getenv was before `cached`, by folder

-- cached() -> the path of a new folder, in whose folder "cache" sets are kept until it is removed
function scratch.cached()
  local folder, before = scratch.make(), os.getenv
  getenv[folder] = before
  os.getenv = function(name)
    return name == "TEASEL_CACHE" and folder .. "/cache" or before(name)
  end
  return folder
end

-- remove(folder): the folder with all that is in it
function scratch.remove(folder)
  os.getenv = getenv[folder] or os.getenv
  os.execute("rm -rf '" .. folder .. "'")
end

-- read(folder, path) -> the bytes of a file in it
function scratch.read(folder, path)
  local file <close> = assert(io.open(folder .. "/" .. path, "rb"))
  return file:read "a"
end

-- write(folder, path, ...) -> the whole path of a file in it that has these strings; folders that
-- it needs are made
function scratch.write(folder, path, ...)
  path = folder .. "/" .. path
  assert(core.system.folder(path:match "^(.*)/"))
  os.remove(path)   -- a file that is emptied first may be written to the disk when it is closed
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(...))
  return path
end

-- shell(folder, command) -> what a command of the shell prints in the folder, errors too, and its
-- status
function scratch.shell(folder, command)
  local pipe = assert(io.popen(("cd '%s' && %s 2>&1"):format(folder, command)))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  return text, status
end

-- experiment(folder, script, options) -> what experiments/SCRIPT.lua prints when it is run in the
-- folder, and its status. What sets keep on disk is kept there, too.
function scratch.experiment(folder, script, options)
  return scratch.shell(folder, ("TEASEL_CACHE=cache %s %s/experiments/%s.lua %s"):format(child.lua,
    child.root, script, options))
end

return scratch
