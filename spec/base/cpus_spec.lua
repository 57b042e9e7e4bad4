-- As many threads as the process may use processors: fewer than are online where its affinity or
-- the quota of a control group, or of one above it, says so.

local core = require "teasel.core"

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local most = core.processors("/nowhere")   -- by the affinity alone

-- a root with these files, by path
local function root_with(files)
  local root = capture("mktemp -d"):gsub("%s+$", "")
  for path, text in pairs(files) do
    os.execute(("mkdir -p '%s/%s'"):format(root, path:match "^(.*)/"))
    local file = assert(io.open(root .. "/" .. path, "w"))
    file:write(text)
    file:close()
  end
  return root
end

local function processors(files)
  local root = root_with(files)
  local n = core.processors(root)
  os.execute("rm -r '" .. root .. "'")
  return n
end

local V2, V1 = "sys/fs/cgroup", "sys/fs/cgroup/cpu,cpuacct"

describe("the processors that a process may use", function()
  it("are those of its affinity", function()
    if os.execute("command -v taskset > /dev/null") then
      local cpath = os.getenv "LUA_CPATH_5_4" or package.cpath
      local text = capture(("TEASEL_THREADS= LUA_PATH_5_4='%s' LUA_CPATH_5_4='%s' taskset -c 0 "
        .. "lua5.4 -e 'local c = require \"teasel.core\" print(c.processors(), c.threads())'")
        :format(package.path, cpath))
      assert.equal("1\t1\n", text)
    end
    assert.is_true(most >= 1 and math.type(most) == "integer")
    assert.is_true(core.processors() <= most)
  end)

  it("are bounded by a quota, rounded up", function()
    local function quota(text)
      return processors{["proc/self/cgroup"] = "0::/\n", [V2 .. "/cpu.max"] = text}
    end
    assert.equal(1, quota "100000 100000\n")
    assert.equal(1, quota "50000 100000\n")
    assert.equal(1, quota "1000 1000000\n")
    assert.equal(math.min(2, most), quota "100001 100000\n")
    assert.equal(most, quota "max 100000\n")
    assert.equal(most, quota "0 0\n")
    assert.equal(most, quota "")
    assert.equal(most, quota "9000000000 1000\n")
  end)

  it("are bounded by the quota of a group above", function()
    local files = {["proc/self/cgroup"] = "0::/a/b\n", [V2 .. "/a/cpu.max"] = "100000 100000\n",
      [V2 .. "/a/b/cpu.max"] = "max 100000\n"}
    assert.equal(1, processors(files))
    files[V2 .. "/a/cpu.max"] = "max 100000\n"
    assert.equal(most, processors(files))
    files[V2 .. "/a/b/cpu.max"] = "100000 100000\n"
    assert.equal(1, processors(files))
  end)

  it("are bounded where the group's path is that of another namespace", function()
    assert.equal(1, processors{["proc/self/cgroup"] = "0::/docker/0123\n",
      [V2 .. "/cpu.max"] = "100000 100000\n"})
  end)

  it("are bounded by control groups of version 1", function()
    local function v1(group, where, quota)
      return processors{["proc/self/cgroup"] = "5:memory:/\n4:" .. group .. "\n0::/\n",
        [where .. "/cpu.cfs_quota_us"] = quota .. "\n",
        [where .. "/cpu.cfs_period_us"] = "100000\n"}
    end
    assert.equal(1, v1("cpu,cpuacct:/job", V1 .. "/job", "80000"))
    assert.equal(1, v1("cpu,cpuacct:/job/step", V1 .. "/job", "80000"))
    assert.equal(1, v1("cpu:/", "sys/fs/cgroup/cpu", "80000"))
    assert.equal(1, v1("cpuacct,cpu:/", "sys/fs/cgroup/cpu", "80000"))
    assert.equal(most, v1("cpu,cpuacct:/job", V1 .. "/job", "-1"))
    assert.equal(most, v1("cpuset:/job", V1 .. "/job", "80000"))
  end)

  it("are known without control groups", function()
    assert.equal(most, processors{["proc/self/cgroup"] = "nonsense\n:\n1:cpu\n"})
  end)
end)
