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

describe("the report of the notebooks #slow", function()
  local KATEX = "/usr/share/javascript/katex"
  local BROWSER = "chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=20000"
  local folder, page

  local function make(before)
    local pipe = io.popen(("%s build/teasel notebooks/report.lua '%s' 2>&1"):format(before, folder))
    local said = pipe:read "a"
    return pipe:close(), said
  end

  local function has_browser() return os.execute "command -v chromium > /dev/null" end

  local function lacks()
    return jupyter.missing "jupyter nbconvert --version"
      or not core.system.list(KATEX) and "KaTeX is not installed (make report)"
  end

  setup(function()
    folder = scratch.make()
    if lacks() then return end
    local ok, said = make ""
    assert(ok or not has_browser() and said:find "apt%-get install chromium", said)
    page = scratch.read(folder, "teasel.html")
  end)
  teardown(function() scratch.remove(folder) end)

  local function count(text, pattern) return select(2, text:gsub(pattern, "")) end

  it("has every notebook as a chapter, with every image, sliders too", function()
    if lacks() then return pending(lacks()) end
    local images = 0
    for _, name in ipairs(core.system.list "notebooks") do
      local notebook = name:match "^(%d.*)%.ipynb$"
      if notebook then
        local text = core.file.read("notebooks/" .. name)
        images = images + count(text, '"image/png": "') + count(text, "!%[[^%]]*%]%(%.%./")
        assert.equal(1, count(page, '<h1 id="' .. notebook .. '">'))
        assert.equal(1, count(page, '<li><a href="#' .. notebook .. '">'))
      end
    end
    assert.equal(images, count(page, '<img src="data:image/png;base64,'))
    assert.equal(0, count(page, "@@%u"))
  end)

  it("needs no other file and no network", function()
    if lacks() then return pending(lacks()) end
    local own = page:gsub("<script>.-</script>", ""):gsub('<a href="https://katex.org">', "")
    assert.equal(0, count(own, 'src="[^d]') + count(own, 'href="[^#]') + count(own, "url%([^d]"))
  end)

  it("has its formulas set, and is printed", function()
    if lacks() then return pending(lacks()) end
    if not has_browser() then return pending "chromium is not installed (make report)" end
    local pipe = io.popen(("%s --dump-dom 'file://%s/teasel.html' 2> /dev/null"):format(BROWSER,
      folder))
    local shown = pipe:read "a":gsub("<script>.-</script>", "")
    pipe:close()
    local body = page:gsub("<script>.-</script>", "")
    assert.equal(count(body, "%$%$") / 2, count(shown, 'class="katex%-display"'))
    assert.equal(0, count(shown, "katex%-error"))
    assert.equal(0, count(shown:gsub("<annotation.-</annotation>", ""):gsub("<pre.-</pre>", "")
      :gsub("<code.-</code>", ""), "%$"))
    local paper = scratch.read(folder, "teasel.pdf")
    assert.equal("%PDF-", paper:sub(1, 5))
    assert(paper:find("/Outlines", 1, true))
  end)

  it("says what is to be installed", function()
    local ok, said = make "KATEX=/nowhere"
    assert.falsy(ok)
    assert.equal("report: got no /nowhere/katex.min.css: apt-get install libjs-katex",
      said:match "report: [^\n]*")
  end)
end)
