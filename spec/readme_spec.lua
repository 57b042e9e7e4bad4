-- The README's code is run, so that it cannot rot.

local child = require "spec.child"
local scratch = require "spec.scratch"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

-- those of the README and of the page on how things are used, or of another page
local function blocks(language, page)
  local found = {}
  local text = page and read(page) or read("README.md") .. read("experiments/README.md")
  for code in text:gmatch("```" .. language .. "\n(.-)```") do found[#found + 1] = code end
  return found
end

describe("the README", function()
  for i, code in ipairs(blocks("lua")) do
    it("has a Lua block " .. i .. " that runs and prints", function()
      local printed = {}
      local env = setmetatable({print = function(...)
        for _, v in ipairs{...} do printed[#printed + 1] = tostring(v) end
      end}, {__index = _G})
      assert(load(code, "README.md", "t", env))()
      assert.is_true(#printed > 0)
      assert.is_nil(table.concat(printed):find("nan"))
    end)
  end

  it("has a session that trains, opens, traverses, scores and compares", function()
    local lines, folder = blocks("repl")[1], scratch.make()
    assert.equal(20, select(2, lines:gsub("\n", "\n")))
    -- the same with fewer steps and images
    for from, to in pairs{["steps = 1500"] = "steps = 3", [", 32)"] = ", 4)", ["2000"] = "50",
      ["5000"] = "1000"} do
      local at, last = lines:find(from, 1, true)
      lines = lines:sub(1, at - 1) .. to .. lines:sub(last + 1)
    end
    scratch.write(folder, "typed", lines)
    local said, status = scratch.shell(folder, child.root .. "/build/teasel repl < typed")
    assert.equal(0, status, said)
    scratch.remove(folder)
    assert.is_nil(said:find "%[%d+%]:%d+:", said)
    -- three steps leave units unused
    assert.matches("rows: z1, z2, z3, z4, z5, z6\n", (said:gsub(" %(unused%)", "")))
    assert.equal(4, select(2, said:gsub("picture %d+ x %d+\n", "")), said)
    assert.matches("\nposX +z%d +r = [+-]%d%.%d%d\n", said)
    assert.matches("\nmig +%d%.%d+ ", said)
    assert.matches("settings\n  beta +1 +4\n  run +runs/one +runs/four\n", said)
  end)

  it("is short: what is more is in the other pages", function()
    local _, lines = read("README.md"):gsub("\n", "")
    assert.is_true(lines <= 140, lines)
    for path in read("README.md"):gmatch "%]%((%S-)%)" do assert.is_truthy(io.open(path), path) end
  end)

  it("names make targets that exist", function()
    for _, code in ipairs(blocks("sh")) do
      for line in code:gmatch("[^\n]+") do
        assert.is_true(os.execute(line:gsub("^make ", "make -n ") .. " > /dev/null"), line)
      end
    end
  end)

  it("shows the lines of an op as they are in the sources", function()
    local sources = read("csrc/kernel/kern_list.h") .. read("csrc/graph/op_elem.c")
    for _, code in ipairs(blocks("c", "csrc/README.md")) do
      for line in code:gmatch("[^\n]+") do
        assert.is_truthy(sources:find(line, 1, true), line)
      end
    end
  end)

  it("has every experiment in its table", function()
    local readme, results = read("README.md"), read("experiments/README.md")
    local pipe = assert(io.popen("ls experiments/*.lua"))
    for path in pipe:lines() do
      assert.is_truthy(readme:find("`" .. path .. "`", 1, true), path)
      assert.is_truthy(results:find("`" .. path .. "`", 1, true), path)
    end
    pipe:close()
  end)

  it("has a way to install what a spec is pending without", function()
    local makefile, wanted = read "Makefile", 0
    local pipe = assert(io.popen("grep -rhoE \"wanted Debian's [a-z0-9-]+\" spec --include=*.lua"))
    for line in pipe:lines() do
      local name = line:match "[%w-]+$"
      assert.is_truthy((" " .. makefile):find("%s" .. name:gsub("%p", "%%%0") .. "%s"), name)
      wanted = wanted + 1
    end
    pipe:close()
    assert.is_true(wanted > 5)
  end)

  it("has its kinds of code blocks to run", function()
    assert.equal(3, #blocks("lua"))
    assert.equal(1, #blocks("sh"))
    assert.equal(1, #blocks("repl"))
    assert.equal(1, #blocks("c", "csrc/README.md"))
  end)
end)
