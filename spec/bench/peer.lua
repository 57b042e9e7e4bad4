-- start(command, name) -> a function(seconds, most) that has a process of PyTorch (peer.py,
-- trained.py) take steps for about so many seconds, at most so many: milliseconds of each, and the
-- whole reply, or nil once the process is gone. Then cat reads what it is told: a pipe that nobody
-- reads would end us.

local json = require "dkjson"

return function(command, name)
  local pipe = os.tmpname()
  os.remove(pipe)
  assert(os.execute("mkfifo " .. pipe))
  local input = io.popen(("%s > %s; cat > /dev/null"):format(command, pipe), "w")
  local output = io.open(pipe)
  os.remove(pipe)
  return function(seconds, most)
    input:write(("%g %d\n"):format(seconds, most))
    input:flush()
    local reply = json.decode(output:read "l" or "")
    if reply then return reply.times, reply end
    io.stderr:write(name, ": PyTorch's process has ended, its times are left out\n")
  end
end
