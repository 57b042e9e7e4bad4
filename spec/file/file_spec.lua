-- Saves that survive failing operations, power cuts and kills; locks.
local file = require "spec.files"
local scratch = require "spec.scratch"

local descriptors, get, put = file.descriptors, file.get, file.put

local dir

local function lines(command)
  local list, pipe = {}, io.popen(command)
  for line in pipe:lines() do list[#list + 1] = line end
  pipe:close()
  return list
end

local older, newer = ("older "):rep(50), ("a new one "):rep(70)
local part1, part2 = newer:sub(1, 300), newer:sub(301)

before_each(function()
  dir = scratch.make()
end)

after_each(function()
  file.fault(0)
  file.record(false)
  scratch.remove(dir)
end)

describe("file.save", function()
  it("writes the strings one after the other", function()
    assert.is_true(file.save(dir .. "/x", part1, part2))
    assert.equal(newer, get(dir .. "/x"))
    assert.equal(newer, file.read(dir .. "/x"))
    assert.is_true(file.save(dir .. "/x"))
    assert.equal("", file.read(dir .. "/x"))
  end)

  it("takes over what a dead process left", function()
    put(dir .. "/x.teasel.tmp", ("z"):rep(5000))
    assert.is_true(file.save(dir .. "/x", newer))
    assert.equal(newer, get(dir .. "/x"))
    assert.same({ "x" }, lines("ls " .. dir))
  end)

  it("follows no link in the place of its temporary file", function()
    put(dir .. "/victim", older)
    os.execute(("ln -s victim %s/x.teasel.tmp"):format(dir))
    local ok, message = file.save(dir .. "/x", newer)
    assert.is_nil(ok)
    assert.matches("/x'", message, 1, true)
    assert.equal(older, get(dir .. "/victim"))
  end)

  it("names the file that it cannot write", function()
    local long = dir .. ("/none"):rep(780)
    assert.same({nil, ("cannot save '%s': open of its temporary file: No such file or directory")
      :format(long)}, {file.save(long, newer)})
    for _, path in ipairs { dir .. "/no/such/x", dir, "", dir .. "/x/" } do
      local ok, message = file.save(path, newer)
      assert.is_nil(ok)
      assert.matches("cannot save '" .. path .. "'", message, 1, true)
    end
    assert.same({}, lines("ls " .. dir))
  end)

  it("puts no file in the place of a pipe, a device or a folder, through links too", function()
    os.execute(("cd %s && mkfifo pipe && mkdir folder && ln -s pipe to_pipe && "
      .. "ln -s folder to_folder && ln -s /dev/full to_device"):format(dir))
    local before = lines("ls -l " .. dir)
    for name, is in pairs{pipe = "device or a pipe", to_pipe = "device or a pipe",
        to_device = "device or a pipe", folder = "folder", to_folder = "folder"} do
      local path = dir .. "/" .. name
      local wanted = ("cannot save '%s': it is a %s, wanted a file or nothing there"):format(path,
        is)
      assert.same({nil, wanted}, {file.save(path, newer)})
      assert.same({nil, wanted}, {require("teasel.core").disk.begin(path)})
      assert.same({nil, wanted}, {file.export(path)})
    end
    assert.same(before, lines("ls -l " .. dir))
  end)

  it("keeps the permissions of the file that it replaces", function()
    for _, mode in ipairs{"600", "640", "777"} do
      put(dir .. "/x", older)
      os.execute(("chmod %s %s/x"):format(mode, dir))
      assert.is_true(file.save(dir .. "/x", newer))
      assert.equal(newer, get(dir .. "/x"))
      assert.same({mode}, lines(("stat -c %%a %s/x"):format(dir)))
    end
  end)

  it("refuses to write what another process is writing", function()
    put(dir .. "/x", older)
    local pipe = io.popen(("exec 9> %s/x.teasel.tmp; flock 9; echo $$; exec sleep 9"):format(dir))
    local id = pipe:read "l"
    local ok, message = file.save(dir .. "/x", newer)
    os.execute("kill " .. id)
    pipe:close()
    assert.is_nil(ok)
    assert.matches("another process is saving it", message, 1, true)
    assert.equal(older, get(dir .. "/x"))
  end)
end)

describe("a file that is written piece by piece", function()
  it("is there when it is committed, and is not once a piece has failed", function()
    local disk, path = require("teasel.core").disk, dir .. "/x"
    put(path, older)
    local writer = disk.begin(path)
    assert.is_true(writer:write(part1))
    file.fault(1, "ENOSPC")
    local ok, message = writer:write(part2)
    file.fault(0)
    assert.is_nil(ok)
    assert.matches("cannot save '" .. path .. "': write: No space left", message, 1, true)
    for _, name in ipairs{"write", "commit"} do
      ok, message = writer[name](writer, part2)
      assert.is_nil(ok)
      assert.equal(("cannot save '%s': a part of it could not be written"):format(path), message)
    end
    assert.equal(older, get(path))
    assert.same({"x"}, lines("ls " .. dir))
    writer = disk.begin(path)
    assert.is_true(writer:write(part1) and writer:write(part2) and writer:commit())
    assert.equal(newer, get(path))
  end)
end)

-- runs f with the n-th operation failing, for every n that there is
local function each_fault(what, lasting, f)
  local n = 0
  repeat
    n = n + 1
    file.fault(n, what, lasting)
    local ok, message = file.save(dir .. "/x", part1, part2)
    local last = file.calls() < n
    file.fault(0)
    f(n, ok, message, last)
  until last
  return n - 1
end

describe("a failing operation", function()
  for _, what in ipairs { "ENOSPC", "EIO" } do
    it("with " .. what .. " leaves the older file and nothing else", function()
      put(dir .. "/x", older)
      collectgarbage()   -- handles of earlier specs would close in between
      local open, live, failures = descriptors(), file.live(), 0
      local total = each_fault(what, false, function(n, ok, message, last)
        if ok then
          assert.equal(newer, get(dir .. "/x"), n)
        else
          failures = failures + 1
          assert.matches(dir .. "/x'", message, 1, true)
          local reason = what == "EIO" and "Input/output error" or "No space left"
          assert.matches(reason, message, 1, true)
          local now = get(dir .. "/x")
          assert.is_true(now == older or now == newer and message:find "for good" ~= nil, n)
        end
        assert.same({ "x" }, lines("ls " .. dir), n)
        put(dir .. "/x", older)
        assert.equal(last, ok == true and n > 11)
      end)
      assert.equal(11, total) -- open lock truncate write write open fsync rename fsync close close
      assert.equal(9, failures) -- what closes has nothing left to lose
      assert.equal(open, descriptors())
      assert.equal(live, file.live())
    end)

    it("with " .. what .. " for good leaves what the next save takes over", function()
      local open = descriptors()
      put(dir .. "/x", older)
      each_fault(what, true, function(n, _, message)
        local now = get(dir .. "/x")
        assert.is_true(now == older or now == newer, n)
        if message then assert.matches(dir .. "/x'", message, 1, true) end
        assert.is_true(file.save(dir .. "/x", older))
        assert.equal(older, get(dir .. "/x"))
        assert.same({ "x" }, lines("ls " .. dir), n)
      end)
      assert.equal(open, descriptors())
    end)
  end

  before_each(function() put(dir .. "/x", older) end)

  it("that was interrupted is repeated", function()
    each_fault("EINTR", false, function(n, ok)
      assert.is_true(ok, n)
      assert.equal(newer, get(dir .. "/x"), n)
      put(dir .. "/x", older)
    end)
  end)

  it("that moved half of the bytes is continued", function()
    for _, lasting in ipairs { false, true } do
      each_fault("short", lasting, function(n, ok)
        assert.is_true(ok, n)
        assert.equal(newer, get(dir .. "/x"), n)
        put(dir .. "/x", older)
      end)
    end
  end)

  it("makes reading fail with the name of the file", function()
    local open, live, n = descriptors(), file.live(), 0
    repeat
      n = n + 1
      file.fault(n, "EIO")
      local bytes, message = file.read(dir .. "/x")
      local last = file.calls() < n
      file.fault(0)
      if not bytes then assert.matches(dir .. "/x': Input/output error", message, 1, true)
      else assert.equal(older, bytes) end
    until last
    assert.equal(5, n) -- open, size, read, close
    for _, what in ipairs { "EINTR", "short" } do
      file.fault(1, what, what == "short")
      assert.equal(older, file.read(dir .. "/x"))
    end
    file.fault(0)
    assert.equal(open, descriptors())
    assert.equal(live, file.live())
  end)
end)

-- What a disk may hold after a power cut. `names` are the directory's entries, `synced` what was
-- in a file at its last fsync, `now` what is in it. Operations on names since the last fsync of
-- the directory may have reached the disk or not, each for itself; a file that was not synced
-- may be as it was, empty, cut or full of zeros.
local function replay(log, cut, content, check)
  local path_of, inode_of, names, pending = {}, {}, {}, {}
  local next_inode, at = 1, 0
  names[dir .. "/x"] = { synced = content.older, now = content.older }
  local live = { [dir .. "/x"] = names[dir .. "/x"] }
  for i = 1, cut do
    local f = log[i]
    local op, fd = f[1], f[2]
    if op == "open" then
      local path = f[4]
      path_of[fd] = path
      if f[3] == "w" then
        if not live[path] then
          live[path] = { synced = "", now = "" }
          pending[#pending + 1] = { "create", path, live[path] }
          next_inode = next_inode + 1
        end
        inode_of[fd] = live[path]
      end
    elseif op == "truncate" then inode_of[fd].now = ""
    elseif op == "write" then
      assert.equal(at, tonumber(f[3]))
      local n = tonumber(f[4])
      local old = inode_of[fd].now
      inode_of[fd].now = old:sub(1, at) .. content.newer:sub(at + 1, at + n) .. old:sub(at + n + 1)
      at = at + n
    elseif op == "fsync" then
      if inode_of[fd] then inode_of[fd].synced = inode_of[fd].now
      elseif path_of[fd] == dir then
        for _, p in ipairs(pending) do
          if p[1] == "rename" then names[p[2]] = nil; names[p[4]] = p[3] else names[p[2]] = p[3] end
        end
        pending = {}
      end
    elseif op == "rename" then
      pending[#pending + 1] = { "rename", f[2], live[f[2]], f[3] }
      live[f[3]], live[f[2]] = live[f[2]], nil
    end
  end
  local states = 0
  for mask = 0, (1 << #pending) - 1 do
    local disk = {}
    for name, inode in pairs(names) do disk[name] = inode end
    for i, p in ipairs(pending) do
      if mask >> (i - 1) & 1 == 1 then
        if p[1] == "rename" then disk[p[2]] = nil; disk[p[4]] = p[3] else disk[p[2]] = p[3] end
      end
    end
    local inode = disk[dir .. "/x"]
    local now = inode and inode.now or ""
    local seen = { inode and inode.synced }
    if inode and inode.now ~= inode.synced then
      seen = { inode.synced, now, "", now:sub(1, #now // 2), ("\0"):rep(#now) }
    end
    for _, bytes in ipairs(seen) do
      states = states + 1
      check(bytes)
    end
    if not inode then check(nil) end
  end
  return states
end

local function record(save)
  file.record(true)
  assert.is_true(save())
  local log = {}
  for line in file.record(false):gmatch "[^\n]+" do
    local f = {}
    for field in line:gmatch "[^\t]+" do f[#f + 1] = field end
    log[#log + 1] = f
  end
  return log
end

local function lost(log, content)
  local bad, states = 0, 0
  for cut = 0, #log do
    states = states + replay(log, cut, content, function(bytes)
      if bytes ~= content.older and bytes ~= content.newer then bad = bad + 1 end
    end)
  end
  return bad, states
end

describe("a power cut after any prefix of the operations", function()
  local log

  before_each(function()
    put(dir .. "/x", older)
    log = record(function() return file.save(dir .. "/x", part1, part2) end)
  end)

  it("leaves the older file or the newer one", function()
    local bad, states = lost(log, { older = older, newer = newer })
    assert.equal(0, bad)
    assert.is_true(states > 20)
  end)

  it("is told from a save that forgets a step", function()
    local function without(op, nth)
      local rest = {}
      for _, f in ipairs(log) do
        if f[1] == op then nth = nth - 1 end
        if f[1] ~= op or nth ~= 0 then rest[#rest + 1] = f end
      end
      assert.equal(#log - 1, #rest)
      return rest
    end
    assert.is_true(lost(without("fsync", 1), { older = older, newer = newer }) > 0)
  end)

  it("leaves the newer one once the save has returned", function()
    replay(log, #log, { older = older, newer = newer }, function(bytes)
      assert.equal(newer, bytes)
    end)
  end)

  it("does so for a checkpoint, which then opens", function()
    local function checkpoint(step)
      local out = file.store()
      out:array("step", "int64", {}, string.pack("<i8", step))
      out:text("config", ("{} "):rep(100))
      return out
    end
    local a, b = checkpoint(1), checkpoint(2)
    assert.is_true(a:save(dir .. "/x"))
    log = record(function() return b:save(dir .. "/x") end)
    local content = { older = a:image(), newer = b:image() }
    for cut = 0, #log do
      replay(log, cut, content, function(bytes)
        local input = assert(file.parse(bytes))
        local step = string.unpack("<i8", (input:read "step"))
        assert.is_true(step == 1 or step == 2)
      end)
    end
  end)
end)

describe("file.read", function()
  it("fails on what is missing, too large or no file", function()
    put(dir .. "/x", older)
    os.execute("mkfifo " .. dir .. "/pipe")
    for path, reason in pairs {
      [dir .. "/none"] = "No such file", [dir] = "Is a directory",
      [dir .. "/pipe"] = "Illegal seek",
    } do
      local bytes, message = file.read(path)
      assert.is_nil(bytes)
      assert.matches(path .. "': " .. reason, message, 1, true)
    end
    local bytes, message = file.read(dir .. "/x", #older - 1)
    assert.is_nil(bytes)
    assert.matches("it has 300 bytes, at most 299", message, 1, true)
    assert.equal(older, file.read(dir .. "/x", #older))
  end)
end)

describe("file.head", function()
  it("gives how a file begins, and waits for no pipe", function()
    put(dir .. "/x", older)
    os.execute("mkfifo " .. dir .. "/pipe")
    assert.equal("older ", file.head(dir .. "/x", 6))
    assert.equal(older, file.head(dir .. "/x", 1 << 20))
    assert.equal("", file.head(dir .. "/x", 0))
    for name, reason in pairs{none = "No such file", pipe = "Illegal seek"} do
      local bytes, message = file.head(dir .. "/" .. name, 4)
      assert.is_nil(bytes)
      assert.matches(("cannot read '%s/%s': %s"):format(dir, name, reason), message, 1, true)
    end
  end)
end)

describe("file.lock", function()
  local holder = [[lua5.4 -e '
    local file = require "spec.files"
    local lock = assert(file.lock("DIR"))
    local sleep = io.popen "exec sleep 9"
    print(file.pid()) io.stdout:flush() sleep:read()']]

  it("refuses a second process, naming the first, until that dies", function()
    local pipe = io.popen("exec " .. holder:gsub("DIR", dir))
    local id = pipe:read "l"
    local lock, message = file.lock(dir)
    assert.is_nil(lock)
    assert.matches("process " .. id .. " is at work", message, 1, true)
    os.execute("kill -9 " .. id)
    pipe:close()
    lock = assert(file.lock(dir))
    lock:close()
  end)

  it("refuses a second lock in the same process until the first is closed", function()
    local lock = assert(file.lock(dir))
    assert.is_nil(file.lock(dir))
    lock:close()
    lock:close()
    local again <close> = assert(file.lock(dir))
    assert.is_nil(file.lock(dir))
  end)

  it("is not inherited by programs that are started", function()
    local lock = assert(file.lock(dir))
    local pipe = io.popen("sleep 1")
    lock:close()
    assert(file.lock(dir)):close()
    pipe:close()
  end)

  it("says why a directory cannot be locked", function()
    local lock, message = file.lock(dir .. "/none")
    assert.is_nil(lock)
    assert.matches("cannot lock '" .. dir .. "/none/lock': No such file", message, 1, true)
    for n = 1, 4 do
      file.fault(n, "EIO")
      assert.is_nil(file.lock(dir))
      file.fault(0)
    end
    assert(file.lock(dir)):close()
  end)
end)
