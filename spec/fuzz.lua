-- A fuzzer: calls every function with arguments at the edges of what there is, in combination. No
-- call may end the process, hang, or raise an error that does not say who complains.
--
--   lua5.4 spec/fuzz.lua [CALLS [SEED = 1]]  (from the root; the build is TEASEL_BUILD or build)
--
-- Calls are numbered and each draws from (seed, number); but what earlier ones returned is among
-- the arguments, so a finding names the number that its process began with. To see it again:
--
--   mkdir /tmp/f; lua5.4 spec/fuzz/child.lua SEED FIRST COUNT /tmp/f
--
-- Each process has a folder of its own, 2.5 GB of address space and two minutes.

local child = require "spec.child"

local EACH = 2500       -- calls in a process

local fuzz = {}

local function read(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  return text
end

-- Makes calls 1, ..., n of a seed. Returns what was found, a list of lines.
function fuzz.run(n, seed)
  local folder = io.popen("mktemp -d"):read "l"
  local found, first = {}, 1
  -- a sanitizer's own memory is beyond any limit, but it can refuse large pieces itself
  local limit = os.getenv "LD_PRELOAD" and "unlimited" or "2500000"
  if os.getenv "LD_PRELOAD" then
    limit = limit .. " && export ASAN_OPTIONS=$ASAN_OPTIONS:max_allocation_size_mb=2500"
  end
  local lua = child.lua:gsub(";;' lua5.4$", (";%s/?.lua;;' timeout -s KILL 120 lua5.4"):format(
    child.root))
  local command = ("cd '%s' && ulimit -v %s && TEASEL_THREADS=2 %s '%s/%s'"):format(folder, limit,
    lua, child.root, "spec/fuzz/child.lua")
  while first <= n do
    local count = math.min(EACH, n - first + 1)
    os.execute(("%s %d %d %d . > out 2> err"):format(command, seed, first, count))
    for line in read(folder .. "/out"):gmatch "[^\n]+" do
      found[#found + 1] = ("seed %d, from %d: %s"):format(seed, first, line)
    end
    local last = read(folder .. "/calls"):match "([^\n]*)\n?$"
    if last ~= "done" then
      found[#found + 1] = ("seed %d, from %d: did not come back from %s (%s)"):format(seed, first,
        last, read(folder .. "/err"):sub(1, 2000))
      count = (math.tointeger(last:match "^%d+") or first) - first + 1
    end
    first = first + count
  end
  os.execute(("rm -r '%s'"):format(folder))
  return found
end

if arg and arg[0] and arg[0]:find "fuzz%.lua$" then
  local n, seed = math.tointeger(arg[1] or 10000), math.tointeger(arg[2] or 1)
  print(("fuzz: %d calls, seed %d"):format(n, seed))
  local found = fuzz.run(n, seed)
  for _, line in ipairs(found) do print(line) end
  print(("fuzz: %d findings"):format(#found))
  os.exit(#found == 0)
end

return fuzz
