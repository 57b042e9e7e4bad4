-- Every notebook runs from its first cell to its last, in a kernel of its own. What it says of
-- numbers it asserts itself. Trainings are cut short: a number of which a comment says "short: n"
-- is n here.

local child = require "spec.child"
local core = require "teasel.core"
local jupyter = require "spec.jupyter"
local scratch = require "spec.scratch"

local LARGEST, ALL = 500000, 3e6   -- bytes: notebooks are kept with what they show

if core.double then return end   -- build/teasel, which Jupyter starts, is of the other build

local names = {}
for _, name in ipairs(core.system.list "notebooks") do
  if name:find "%.ipynb$" then names[#names + 1] = name end
end

-- Copies of all notebooks, with short trainings, in a folder beside what they show of this one.
local function copy(folder)
  assert(core.system.folder(folder .. "/notebooks"))
  assert(os.execute(("ln -s '%s/experiments' '%s'"):format(child.root, folder)))
  for _, name in ipairs(names) do
    local text = core.file.read("notebooks/" .. name)
    assert(core.file.save(folder .. "/notebooks/" .. name,
      (text:gsub("= [%d.]+(%s+%-%- short: )([%d.]+)", "= %2%1%2"))))
  end
end

describe("the notebooks", function()
  it("are small with all that they show", function()
    local sum = 0
    for _, name in ipairs(names) do
      local size = #core.file.read("notebooks/" .. name)
      assert(size < LARGEST, name)
      sum = sum + size
    end
    assert(sum < ALL)
  end)

  it("run to their ends #slow", function()
    local lacks = jupyter.missing "jupyter nbconvert --version"
    if lacks then
      pending(lacks)
      return
    end
    local folder = scratch.make()
    copy(folder)
    local ok, text = jupyter.run("cd " .. folder .. "/notebooks && timeout 400 jupyter nbconvert "
      .. "--execute --to notebook --output-dir $OUT --ExecutePreprocessor.timeout=300 *.ipynb")
    scratch.remove(folder)
    assert(ok, text)
  end)
end)
