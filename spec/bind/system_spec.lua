local core = require "teasel.core"
local child = require "spec.child"

local system = core.system

local BIT = {HUP = 1 << 0, INT = 1 << 1, TERM = 1 << 14}

describe("signals", function()
  -- what a child that was started with some signals ignored does with each before, while and after
  -- it catches them: lines of "ignored caught", in hexadecimal
  local function states(ignored)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write([[
local system = require "teasel.core".system
local function show()
  local text = io.open "/proc/self/status":read "a"
  print(text:match "SigIgn:%s*(%x+)", text:match "SigCgt:%s*(%x+)")
end
show()
system.catch(true)
system.catch(true)
show()
system.catch(false)
system.catch(false)
show()]])
    file:close()
    local pipe = io.popen(("trap '' %s; %s %s"):format(ignored, child.lua, path))
    local found = {}
    for line in pipe:lines() do
      local ignore, caught = line:match "(%x+)%s+(%x+)"
      found[#found + 1] = {ignore = tonumber(ignore, 16), caught = tonumber(caught, 16)}
    end
    pipe:close()
    os.remove(path)
    return table.unpack(found)
  end

  for _, ignored in ipairs{"QUIT", "TERM", "HUP", "HUP TERM"} do
    it("are caught unless the parent had them ignored, and then as before: " .. ignored, function()
      local before, during, after = states(ignored)
      for name, bit in pairs(BIT) do
        local deaf = ignored:find(name, 1, true) ~= nil
        assert.are.equal(deaf, before.ignore & bit ~= 0, name)
        assert.are.equal(deaf, during.ignore & bit ~= 0, name)
        assert.are.equal(not deaf, during.caught & bit ~= 0, name)
      end
      assert.are.same(before, after)
    end)
  end
end)

describe("a process", function()
  it("is not started with arguments that C would cut off", function()
    assert.error_matches(function() core.process.start({"echo", "a\0b"}, "/dev/null") end,
      "start: argument 'arguments': got \"a.*wanted a string without a byte of 0")
  end)
end)

describe("a standard file that is closed", function()
  -- what code prints that is run so, with double quotes alone
  local function printed(code, closed)
    local pipe = io.popen(("%s -e 'local core = require \"teasel.core\" %s' %s"):format(child.lua,
      code, closed))
    local text = pipe:read "a"
    pipe:close()
    return text
  end

  it("is no file that is saved meanwhile", function()
    local path = os.tmpname()
    for _, closed in ipairs{"2>&-", "<&- 2>&-", "<&- >&- 2>&-"} do
      printed(('local out = assert(core.disk.begin "%s") assert(out:write "saved") '
        .. 'io.stderr:write "told" print "said" io.stdout:flush() assert(out:commit())')
        :format(path), closed)
      assert.equal("saved", core.file.read(path), closed)
      os.remove(path)
    end
  end)

  it("takes no message of a process that cannot be started", function()
    for _, closed in ipairs{"", "<&-", "2>&-", "<&- 2>&-"} do
      assert.equal("nil\t/no/such: No such file or directory\n",
        printed('print(core.process.start({"/no/such"}, "/dev/null"))', closed), closed)
    end
  end)
end)

describe("a process that was started by one that ignores the end of its children", function()
  it("still sees that of its own", function()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    assert(file:write([[
local core = require "teasel.core"
local process = assert(core.process.start({"sh", "-c", "exit 7"}, "/dev/null"))
local status
for _ = 1, 500 do
  status = process:ended()
  if status then break end
  core.system.sleep(0.01)
end
print(status, select(3, io.popen "exit 8":close()))]]))
    file:close()
    local pipe = io.popen(("perl -e '$SIG{CHLD} = \"IGNORE\"; exec @ARGV' env %s %s 2>&1"):format(
      child.lua, path))
    local text = pipe:read "a"
    pipe:close()
    os.remove(path)
    assert.equal("7\t8\n", text)
  end)
end)

describe("an absolute path", function()
  it("begins with the working folder where it is relative", function()
    local here = io.popen("pwd -P"):read "l"
    assert.are.equal(here .. "/some/data", system.absolute "some/data")
    assert.are.equal("/some/data", system.absolute "/some/data")
  end)

  it("has no answer where the working folder is gone", function()
    local pipe = io.popen(("d=$(mktemp -d); cd $d; rmdir $d; %s -e '%s' 2>&1"):format(child.lua,
      'print(require "teasel.core".system.absolute "x")'))
    local text = pipe:read "a"
    pipe:close()
    assert.matches("nil%s+x: No such file or directory", text)
  end)
end)
