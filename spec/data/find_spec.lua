-- Where data files are looked for, by processes in folders of their own.

local child = require "spec.child"
local expect = require "spec.expect"

local folder

-- what find gives for `name` in a process that starts in the folder `at` with these settings
local function find(at, environment, name)
  local pipe = io.popen(("cd '%s/%s' && env -u TEASEL_DATA %s LUA_CPATH_5_4='%s/%s/lib/?.so;;' " ..
    "lua5.4 -e 'print(require \"teasel.data.find\" \"%s\")' 2>&1"):format(folder, at, environment,
    child.root, os.getenv "TEASEL_BUILD" or "build", name))
  local text = pipe:read "a"
  pipe:close()
  return text
end

setup(function()
  folder = io.popen "cd \"$(mktemp -d)\" && pwd -P":read "l"
  -- a tree with data of its own, one with none, an installed one, and data elsewhere; what lies
  -- in shared/data beside the trees is no business of the product
  assert(os.execute(([[cd '%s' && mkdir -p tree/data bare share/lua/5.4 else/where shared/data &&
    ln -s '%s/lua' tree/lua && ln -s '%s/lua' bare/lua &&
    ln -s '%s/lua/teasel' share/lua/5.4/teasel &&
    for d in tree/data else/where shared/data; do echo > $d/both; done &&
    mkdir tree/data/own else/where/elsewhere shared/data/shared]]):format(folder, child.root,
    child.root, child.root)))
end)

teardown(function() os.execute("rm -rf '" .. folder .. "'") end)

describe("a data file", function()
  it("is found in the tree's own folder, with the same path from wherever Lua starts", function()
    local own = folder .. "/tree/data/own\n"
    assert.are.equal(own, find("tree", "LUA_PATH_5_4='lua/?.lua;;'", "own"))
    assert.are.equal(folder .. "/tree/./data/own\n",
      find("tree", "LUA_PATH_5_4='./lua/?.lua;;'", "own"))
    assert.are.equal(folder .. "/else/../tree/data/own\n",
      find("else", "LUA_PATH_5_4='../tree/lua/?.lua;;'", "own"))
    for _, at in ipairs{"tree", "else/where", "."} do
      assert.are.equal(own, find(at, ("LUA_PATH_5_4='%s/tree/lua/?.lua;;'"):format(folder), "own"))
    end
  end)

  it("is found where TEASEL_DATA says first, and that is absolute too", function()
    local path = "LUA_PATH_5_4='../tree/lua/?.lua;;' "
    assert.are.equal(folder .. "/else/where/both\n",
      find("else", path .. "TEASEL_DATA=where", "both"))
    assert.are.equal(folder .. "/else/where/elsewhere\n",
      find("bare", path .. ("TEASEL_DATA='%s/else/where'"):format(folder), "elsewhere"))
    assert.are.equal(folder .. "/else/../tree/data/own\n",
      find("else", path .. "TEASEL_DATA=where", "own"))
    assert.are.equal(folder .. "/else/../tree/data/both\n", find("else", path .. "TEASEL_DATA=",
      "both"))
  end)

  it("is what was given, if anything was", function()
    local look = require "teasel.data.find"
    assert.are.same({"given/x"}, {look("none", "given/x")})
    assert.are.same({look "none"}, {look("none", "")})
    expect.refused("find: argument 'given': got 7, wanted", look, "none", 7)
    expect.refused("find: argument 'name': got nil, wanted a string", look)
  end)

  it("is found nowhere else, and the places are named", function()
    assert.are.equal(("nil\tdata 'shared' not found in %s/bare/data (set TEASEL_DATA to the folder "
      .. "that has it)\n"):format(folder), find("bare", "LUA_PATH_5_4='lua/?.lua;;'", "shared"))
    assert.are.equal(("nil\tdata 'shared' not found in %s/bare/else or %s/bare/data (set "
      .. "TEASEL_DATA to the folder that has it)\n"):format(folder, folder),
      find("bare", "LUA_PATH_5_4='lua/?.lua;;' TEASEL_DATA=else", "shared"))
    local installed = ("LUA_PATH_5_4='%s/share/lua/5.4/?.lua;;'"):format(folder)
    assert.are.equal("nil\tdata 'both' not found in any place (set TEASEL_DATA to the folder that "
      .. "has it)\n", find("tree", installed, "both"))
  end)
end)
