-- Runs the specs in several builds and sums up: lua5.4 spec/run.lua NAME ...
--   float     the product
--   double    the same sources in double precision, where gradients can be checked
--   sanitize  under the address and undefined-behaviour sanitizers
--   stress    with a full garbage collection at every allocation
-- The last two leave out what is tagged #slow: it starts hundreds of processes, kills them, or
-- trains for long.
-- A run counts only if busted came to its closing line: a spec that leaves the process with a
-- cheerful status must not pass. The last line is "N passed, N failed".

local RUNS = {
  float = {build = "build"},
  double = {build = "build/double"},
  -- file by file, two or more at a time: all of them in one process, or collections that walk all
  -- that the ones before have left, take too long
  sanitize = {build = "build/sanitize", sanitize = true, without = "slow", apart = true},
  stress = {build = "build", stress = true, without = "slow", apart = true},
}

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end

local function environment(run)
  local set = {
    TEASEL_BUILD = run.build,
    LUA_PATH_5_4 = "lua/?.lua;lua/?/init.lua;./?.lua;;",
    LUA_CPATH_5_4 = run.build .. "/lib/?.so;;",
    TEASEL_STRESS = run.stress and "1" or nil,
  }
  if run.sanitize then
    set.LD_PRELOAD = capture("gcc -print-file-name=libasan.so"):gsub("%s+$", "")
    -- the interpreter's own memory is freed by the system at exit
    set.ASAN_OPTIONS = "detect_leaks=0:allocator_may_return_null=1"
    set.UBSAN_OPTIONS = "halt_on_error=1:print_stacktrace=1"
  end
  local words = {}
  for name, value in pairs(set) do words[#words + 1] = ("%s='%s'"):format(name, value) end
  return table.concat(words, " ")
end

-- in the time that all specs may take, one that hangs must not
local function busted(run)
  return "timeout 600 busted" .. (run.without and " --exclude-tags=" .. run.without or "")
end

-- Prints the lines of one process of busted; returns how many specs passed and failed. ended()
-- tells whether the process ended well.
local function judge(name, lines, ended)
  local good, bad
  for line in lines do
    print(line)
    local s, f, e = line:match("(%d+) success%w* / (%d+) failure%w* / (%d+) error")
    if s then good, bad = tonumber(s), tonumber(f) + tonumber(e) end
  end
  local ok = ended()
  if not good then
    print(name .. ": no closing line")
    return 0, 1
  elseif not ok and bad == 0 then
    print(name .. ": the specs passed but their process failed")
    return good, 1
  end
  return good, bad
end

-- all specs in one process
local function together(name, run)
  local pipe = assert(io.popen(("%s %s 2>&1"):format(environment(run), busted(run))))
  return judge(name, pipe:lines(), function() return pipe:close() end)
end

-- Every file in a process of its own, as many at a time as there are processors. Each writes what
-- it says to a file, and to another that it ended well.
local function apart(name, run)
  local folder = capture("mktemp -d"):gsub("%s+$", "")
  os.execute(([[ls spec/*_spec.lua | %s xargs -P "$(nproc)" -I FILE sh -c \
    'log=%s/$(basename FILE); %s FILE > "$log" 2>&1 && touch "$log.ok"']]):format(
    environment(run), folder, busted(run)))
  local good, bad = 0, 0
  for file in capture("ls spec/*_spec.lua"):gmatch("%S+") do
    local log = ("%s/%s"):format(folder, file:match("[^/]*$"))
    print(file)
    local g, b = judge(name, io.lines(log), function()
      local mark = io.open(log .. ".ok")
      return mark and mark:close()
    end)
    good, bad = good + g, bad + b
  end
  os.execute("rm -r " .. folder)
  return good, bad
end

local passed, failed = 0, 0
for _, name in ipairs(arg) do
  local run = assert(RUNS[name], "no run is called " .. name)
  print(("-- %s"):format(name))
  local good, bad = (run.apart and apart or together)(name, run)
  passed, failed = passed + good, failed + bad
end

print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0)
