-- core.file with what its specs need besides, under one name that child processes can load too.

local core = require "teasel.core"

local files = {failat = core.fail_at, live = function() return core.memory().live end}

function files.pid()
  local stat = assert(io.open("/proc/self/stat"))
  local id = stat:read("n")
  stat:close()
  return id
end

-- put(path, bytes): writes a file as any program does
function files.put(path, bytes)
  local f = assert(io.open(path, "wb"))
  f:write(bytes)
  f:close()
end

-- get(path) -> the bytes of a file, nil where there is none
function files.get(path)
  local f = io.open(path, "rb")
  if not f then return nil end
  local bytes = f:read "a"
  f:close()
  return bytes
end

-- printed(command) -> what a command of the shell prints
function files.printed(command)
  local pipe = io.popen(command)
  local text = pipe:read "a"
  pipe:close()
  return text
end

-- descriptors() -> how many this process has open
function files.descriptors() return #core.system.list "/proc/self/fd" end

return setmetatable(files, {__index = core.file})
