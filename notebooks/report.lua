-- build/teasel notebooks/report.lua [FOLDER]: all notebooks as they stand, with what they show, on
-- one page, FOLDER/teasel.html (default: build/report), and on paper, FOLDER/teasel.pdf. Neither
-- needs another file or a network. `make report` installs what this needs and runs it.
--
-- notebooks/report.html is the page around them; nbconvert makes HTML of the notebooks, KaTeX (its
-- folder may be named by KATEX), which goes into the page, sets the formulas, Chromium prints it.

local command = require "teasel.run.command"
local core = require "teasel.core"

local HERE = arg[0]:match "^(.*)/" or "."
local KATEX = os.getenv "KATEX" or "/usr/share/javascript/katex"

-- Sliders are shown as the image that stands for them where there are no widgets.
local KINDS = {"text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown",
  "text/plain"}

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function is_there(program)
  return os.execute("command -v " .. program .. " > /dev/null 2>&1")
end

local function read(path)
  return core.file.read(path)
    or command.fail("report: got no %s: apt-get install libjs-katex", path)
end

-- the notebooks as pieces of HTML, in the order of their names
local function pieces(folder)
  local words = {"jupyter nbconvert --log-level ERROR --to html --template basic",
    "--HTMLExporter.exclude_anchor_links=True --HTMLExporter.embed_images=True",
    "--output-dir " .. quote(folder)}
  local names, list = {}, {}
  for _, kind in ipairs(KINDS) do
    words[#words + 1] = "--NbConvertBase.display_data_priority " .. kind
  end
  for _, file in ipairs(core.system.list(HERE)) do
    local name = file:match "^(%d.*)%.ipynb$"
    if name then
      names[#names + 1] = name
      words[#words + 1] = quote(HERE .. "/" .. file)
    end
  end
  if not is_there "jupyter-nbconvert" then
    command.fail("report: got no nbconvert: apt-get install jupyter-nbconvert")
  elseif not os.execute(table.concat(words, " ")) then
    command.fail("report: nbconvert could not read the notebooks")
  end
  for i, name in ipairs(names) do
    local path = folder .. "/" .. name .. ".html"
    list[i] = core.file.read(path):gsub('<script type="application/vnd.-</script>', "")
    os.remove(path)
  end
  return list, names
end

-- Chapters and contents: titles get names to be reached by, and links from one notebook to another
-- lead to its chapter.
local function bound(list, names)
  local contents, n = {}, 0
  for i, piece in ipairs(list) do
    local sections = {}
    piece = piece:gsub("<h([12])[^>]*>(.-)</h%1>", function(level, title)
      n = n + 1
      if level == "1" then
        contents[#contents + 1] = ('<li><a href="#%s">%s</a>'):format(names[i], title)
        return ('<h1 id="%s">%s</h1>'):format(names[i], title)
      end
      sections[#sections + 1] = ('<li><a href="#part%d">%s</a></li>'):format(n, title)
      return ('<h2 id="part%d">%s</h2>'):format(n, title)
    end)
    contents[#contents + 1] = "<ul>" .. table.concat(sections, "\n") .. "</ul></li>"
    list[i] = piece:gsub('href="([%w_]+)%.ipynb[^"]*"', 'href="#%1"')
  end
  return table.concat(list, "\n"), "<ol>" .. table.concat(contents, "\n") .. "</ol>"
end

-- KaTeX's rules with its fonts in them
local function style()
  local rules = read(KATEX .. "/katex.min.css")
  return (rules:gsub("src:url%((fonts/[%w_-]+%.woff2)%)[^;}]*", function(file)
    return ("src:url(data:font/woff2;base64,%s) format('woff2')"):format(
      core.file.base64(read(KATEX .. "/" .. file)))
  end))
end

local function print_page(html, pdf)
  for _, program in ipairs{"chromium", "chromium-browser", "google-chrome"} do
    if is_there(program) then
      local root = os.execute '[ "$(id -u)" = 0 ]' and "--no-sandbox" or ""
      return os.execute(('%s --headless %s --disable-gpu --no-pdf-header-footer '
        .. '--generate-pdf-document-outline --virtual-time-budget=20000 --print-to-pdf=%s '
        .. '"file://$(realpath %s)" > /dev/null 2>&1'):format(program, root, quote(pdf),
        quote(html))) and core.file.read(pdf)
        or command.fail("report: %s could not print %s", program, html)
    end
  end
  command.fail("report: %s is there; for the PDF: apt-get install chromium", html)
end

local folder = (...) or "build/report"
if folder:find "^%-" then
  command.fail("report: got '%s', wanted the folder of the report (build/report)", folder)
end
assert(core.system.folder(folder))
local fill = {STYLE = style(), VERSION = core.version,
  SCRIPT = read(KATEX .. "/katex.min.js") .. "\n" .. read(KATEX .. "/contrib/auto-render.js")}
fill.CHAPTERS, fill.CONTENTS = bound(pieces(folder))
local html, pdf = folder .. "/teasel.html", folder .. "/teasel.pdf"
os.remove(pdf)
assert(core.file.save(html, (core.file.read(HERE .. "/report.html"):gsub("@@(%u+)@@", fill))))
print_page(html, pdf)
print(("the report is in %s and %s"):format(html, pdf))
