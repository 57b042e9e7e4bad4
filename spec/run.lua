-- Runs the specs in several builds and sums up: lua5.4 spec/run.lua NAME ...
--   float     the product
--   double    the same sources in double precision, where gradients can be checked
--   sanitize  under the address and undefined-behaviour sanitizers
--   stress    with a full garbage collection at every allocation
--   mirror    with all tensors in memory that the host cannot read, on one thread: for who changes
--             what reads numbers. What asks about the host's own memory, threads and half precision
--             fails there or takes long, so it is no part of `make test` and `make check`
--   gpu       the same on a GPU
-- All but the first two leave out what is tagged #slow: it starts hundreds of processes, kills
-- them, or trains for long. What would tell the same again is left out, too: in all runs but the
-- first what is tagged #once, which reads sources, runs build/teasel (that is always of the float
-- build) or takes long and does not ask for the precision; under stress what is tagged #apart,
-- whose work is done in processes that know nothing of it.
-- A run counts only if busted came to its closing line: a spec that leaves the process with a
-- cheerful status must not pass. The last line is "N passed, N failed, N pending"; pending are
-- specs of what this machine lacks, such as real data. What failed is told once more at the end:
-- of a long log often only the last lines are kept.

local RUNS = {
  float = {build = "build"},
  double = {build = "build/double", without = "once"},
  sanitize = {build = "build/sanitize", sanitize = true, without = "slow,once"},
  stress = {build = "build", stress = true, without = "slow,once,apart"},
  mirror = {build = "build", device = "mirror", without = "slow,once,apart"},
  gpu = {build = "build", device = "gpu", without = "slow,once,apart"},
}

-- What takes longest, which is begun first: at the end no processor waits long for another.
local LONGEST = {"spec/experiments/experiment_spec", "spec/notebooks_spec", "spec/metric/",
  "spec/graph/op/", "spec/experiments/", "spec/base/", "spec/file/", "spec/run/",
  "spec/tool/", "spec/data/", "spec/array_spec"}

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
    TEASEL_DEVICE = run.device,
    TEASEL_THREADS = run.device and "1" or nil,
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

-- how late a file is begun
local function rank(file)
  for i, part in ipairs(LONGEST) do
    if file:find(part, 1, true) == 1 then return i end
  end
  return #LONGEST + 1
end

-- Runs busted on every file in every one of these runs, each in a process of its own, as many at a
-- time as there are processors, and names those that are through. Returns the folder with what each
-- wrote, as RUN/ and its path with commas (two rooms may have files of one name), beside a file of
-- that name with .ok where it ended well.
local function run_files(names, files)
  local folder = capture("mktemp -d"):gsub("%s+$", "")
  local list = assert(io.open(folder .. "/list", "w"))
  local begun = table.move(files, 1, #files, 1, {})
  table.sort(begun, function(a, b)
    if rank(a) ~= rank(b) then return rank(a) < rank(b) end
    return a < b
  end)
  for _, file in ipairs(begun) do
    for _, name in ipairs(names) do list:write(name, " ", file, "\n") end
  end
  list:close()
  for _, name in ipairs(names) do
    local run = RUNS[name]
    assert(os.execute(("mkdir '%s/%s'"):format(folder, name)))
    local script = assert(io.open(("%s/%s.sh"):format(folder, name), "w"))
    -- in the time that all specs may take, one that hangs must not
    script:write(environment(run), " timeout 1200 busted ",
      run.without and "--exclude-tags=" .. run.without or "", ' "$1"\n')
    script:close()
  end
  os.execute(([[
    xargs -a %s/list -n 2 -P "$(nproc)" sh -c 'log=%s/$0/$(echo "$1" | tr / ,)
      sh %s/$0.sh "$1" > "$log" 2>&1 && touch "$log.ok"; echo "$0 $1"']]):format(folder, folder,
        folder))
  return folder
end

-- prints what busted wrote; returns how many specs passed, failed and are pending, and what was
-- written of those that failed
local function judge(name, log)
  local good, bad, waiting
  local told = {}
  for line in io.lines(log) do
    print(line)
    if #told > 0 or line:find("^Failure") or line:find("^Error") then told[#told + 1] = line end
    local s, f, e, p = line:match(
      "(%d+) success%w* / (%d+) failure%w* / (%d+) errors? / (%d+) pending")
    if s then good, bad, waiting = tonumber(s), tonumber(f) + tonumber(e), tonumber(p) end
  end
  local ok = io.open(log .. ".ok")
  if ok then ok:close() end
  if not good then
    good, bad, waiting, told = 0, 1, 0, {name .. ": no closing line"}
  elseif not ok and bad == 0 then
    bad, told = 1, {name .. ": the specs passed but their process failed"}
  end
  return good, bad, waiting, told
end

local passed, failed, pending = 0, 0, 0
local failures, files = {}, {}
for file in capture("find spec -name '*_spec.lua' | sort"):gmatch("%S+") do
  files[#files + 1] = file
end
for _, name in ipairs(arg) do assert(RUNS[name], "no run is called " .. name) end
local folder = run_files(arg, files)
for _, name in ipairs(arg) do
  print("-- " .. name)
  for _, file in ipairs(files) do
    print(file)
    local good, bad, waiting, told = judge(name, ("%s/%s/%s"):format(folder, name,
      file:gsub("/", ",")))
    passed, failed, pending = passed + good, failed + bad, pending + waiting
    if bad > 0 then
      failures[#failures + 1] = ("-- failed: %s, %s"):format(name, file)
      table.move(told, 1, #told, #failures + 1, failures)
    end
  end
end
os.execute("rm -r " .. folder)

for _, line in ipairs(failures) do print(line) end
print(("%d passed, %d failed, %d pending"):format(passed, failed, pending))
os.exit(failed == 0 and passed > 0)
