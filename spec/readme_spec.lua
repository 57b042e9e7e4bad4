-- The README's code is run, so that it cannot rot.

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

-- those of the README, or of another page
local function blocks(language, page)
  local found = {}
  for code in read(page or "README.md"):gmatch("```" .. language .. "\n(.-)```") do
    found[#found + 1] = code
  end
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

  it("names make targets that exist", function()
    for _, code in ipairs(blocks("sh")) do
      for line in code:gmatch("[^\n]+") do
        assert.is_true(os.execute(line:gsub("^make ", "make -n ") .. " > /dev/null"), line)
      end
    end
  end)

  it("shows the lines of an op as they are in the sources", function()
    local sources = read("csrc/kernel/kern_elem.c") .. read("csrc/graph/op_elem.c")
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

  it("has three kinds of code blocks to run", function()
    assert.equal(3, #blocks("lua"))
    assert.equal(1, #blocks("sh"))
    assert.equal(1, #blocks("c", "csrc/README.md"))
  end)
end)
