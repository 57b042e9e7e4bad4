-- build/teasel doc [FOLDER]: the reference as a page, FOLDER/index.html (default: build/doc). It
-- has what T.help shows, every module and every public name, needs no other file and no network,
-- and is searched by name. `make doc` makes it.
--
-- doc.page() -> the page as a string

local command = require "teasel.run.command"
local core = require "teasel.core"
local entries = require "teasel.tool.entries"
local help = require "teasel.tool.help"

local doc = {}

local ESCAPES = {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;"}

local function escaped(text) return (text:gsub('[&<>"]', ESCAPES)) end

-- A comment as HTML: what is indented stays as it is, other lines become paragraphs.
local function html_of(text)
  local out, lines, kind = {}, {}, nil
  local function close()
    if kind == "pre" then   -- without the two spaces that make it one
      for i, line in ipairs(lines) do lines[i] = line:sub(3) end
    end
    if #lines > 0 then
      local body = escaped(table.concat(lines, kind == "pre" and "\n" or " "))
      if kind == "p" then body = body:gsub("`([^`]+)`", "<code>%1</code>") end
      out[#out + 1] = ("<%s>%s</%s>"):format(kind, body, kind)
    end
    lines = {}
  end
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local now = line:find "^  " and "pre" or line ~= "" and "p" or nil
    if now ~= kind and not (line == "" and kind == "pre") then
      close()
      kind = now
    end
    if line ~= "" or kind == "pre" then lines[#lines + 1] = line end
  end
  while lines[#lines] == "" do lines[#lines] = nil end
  close()
  return table.concat(out, "\n")
end

-- The public entries by their file: a list of {file =, title =, head =, entries =} for each part.
local function sections()
  local parts, by_file = {}, {}
  for i, part in ipairs(entries.PARTS) do parts[i] = {title = part[1], list = {}} end
  local function section(file)
    local inner = help.INNER[file:match "([%w_]+)%.lua$"] or file:find "^metric/lib/"
    for i, part in ipairs(by_file[file] and {} or entries.PARTS) do
      if file:find(part[2]) and (not inner or part[2] == "") then
        by_file[file] = {file = file, title = file, entries = {}}
        table.insert(parts[i].list, by_file[file])
        break
      end
    end
    return by_file[file]
  end
  for _, e in ipairs(help.entries()) do
    if not e.name:find("(local)", 1, true) then
      local own = section(e.file)
      if e.line == 1 then own.title, own.head = e.name, e.text else table.insert(own.entries, e) end
    end
  end
  if by_file.op then
    by_file.op.title = "the registry of ops"
    by_file.op.head = "Functions of T and, where the first argument is a tensor, methods of it: "
      .. "T.sum(x) is x:sum(). Each can be differentiated any number of times unless it says "
      .. "otherwise. An argument behind the tensors may be given by name: x:sum{axes = 1}. "
      .. "Operands that do not fit are an error that names both shapes."
  end
  for _, part in ipairs(parts) do
    table.sort(part.list, function(a, b) return a.title < b.title end)
  end
  return parts
end

local function entry_html(e, id)
  return ('<div class="entry" id="%s" data-name="%s"><h3><a href="#%s">%s</a></h3>%s</div>'):format(
    escaped(id), escaped(e.name:lower()), escaped(id), escaped(help.signature(e)),
    html_of(help.text(e)))
end

local STYLE = [[
:root { --ink: #1c1e21; --soft: #5d6470; --paper: #fff; --box: #f4f5f7; --line: #dcdfe4;
  --link: #0b57b0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e5e8; --soft: #9aa3af; --paper: #15171a; --box: #1f2328; --line: #343a42;
    --link: #7db4ff; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
nav { position: fixed; inset: 0 auto 0 0; width: 17rem; overflow-y: auto; padding: 1rem;
  background: var(--box); border-right: 1px solid var(--line); }
nav h2 { font-size: .8rem; margin: 1rem 0 .2rem; color: var(--soft); }
nav a { display: block; padding: .05rem 0; overflow-wrap: anywhere; }
input { width: 100%; font: inherit; padding: .4rem .6rem; color: var(--ink);
  background: var(--paper); border: 1px solid var(--line); border-radius: .4rem; }
#found { min-height: 1.5em; color: var(--soft); font-size: .85rem; }
main { margin-left: 17rem; padding: 1rem 2rem 4rem; max-width: 64rem; }
h1 { font-size: 1.5rem; margin: .5rem 0; }
section > h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
section > h2 small { float: right; font-weight: normal; font-size: .75rem; color: var(--soft);
  padding-top: .4rem; }
h3 { font: 600 .95rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; margin: 1.2rem 0 .2rem;
  overflow-wrap: anywhere; }
p { margin: .3rem 0; overflow-wrap: anywhere; }
pre, code { font: .85rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { background: var(--box); padding: .5rem .8rem; border-radius: .4rem; overflow-x: auto;
  margin: .4rem 0; }
code { background: var(--box); padding: 0 .2rem; border-radius: .2rem; }
.entry:target { outline: 2px solid var(--link); outline-offset: .4rem; border-radius: .2rem; }
[hidden] { display: none; }
@media (max-width: 48rem) {
  nav { position: sticky; top: 0; width: auto; max-height: 9rem; border-right: 0;
    border-bottom: 1px solid var(--line); padding: .6rem 1rem; z-index: 1; }
  nav a { display: inline-block; margin-right: .8rem; }
  main { margin-left: 0; padding: .5rem 1rem 3rem; }
  .entry, section { scroll-margin-top: 10rem; }
  section > h2 small { float: none; display: block; } }
]]

local SCRIPT = [[
const field = document.querySelector("input"), found = document.getElementById("found");
const entries = [...document.querySelectorAll(".entry")];
const sections = [...document.querySelectorAll("section")];
function search() {
  const wanted = field.value.trim().toLowerCase().replace(/^t\./, "");
  let n = 0;
  for (const e of entries) {
    e.hidden = wanted !== "" && !e.dataset.name.includes(wanted);
    if (!e.hidden) n++;
  }
  for (const s of sections) {
    const own = s.dataset.name.includes(wanted);
    s.hidden = wanted !== "" && !own && !s.querySelector(".entry:not([hidden])");
    for (const head of s.querySelectorAll(".head")) head.hidden = wanted !== "" && !own;
  }
  document.getElementById("intro").hidden = wanted !== "";
  const all = wanted === "";
  found.textContent = all ? entries.length + " names" : n + (n === 1 ? " name" : " names");
}
field.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== field) { event.preventDefault(); field.focus(); }
  if (event.key === "Escape") { field.value = ""; search(); }
});
// a link leads to what a search has hidden, too
window.addEventListener("hashchange", () => {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (at && (at.hidden || at.closest("[hidden]"))) {
    field.value = ""; search(); at.scrollIntoView();
  }
});
field.value = new URLSearchParams(location.search).get("q") || "";
search();
]]

local INTRO = "T is what <code>require \"teasel\"</code> gives; <code>T.help \"name\"</code> and "
  .. "<code>build/teasel help NAME</code> show the same texts. Where a function lists its "
  .. "arguments, anything else is an error at the line that called it, which says what was got and "
  .. "what was wanted; one with ? may be left out. Shapes are in brackets: x [n h w c]. Axes and "
  .. "indices begin with 1. What reads or writes files returns nil and a message where it cannot."

function doc.page()
  local menu, body, used = {}, {}, {}
  for _, part in ipairs(sections()) do
    if #part.list > 0 then menu[#menu + 1] = ("<h2>%s</h2>"):format(part.title) end
    for _, s in ipairs(part.list) do
      local id = "module-" .. escaped(used[" " .. s.title] and s.file or s.title)
      used[" " .. s.title] = true
      menu[#menu + 1] = ('<a href="#%s">%s</a>'):format(id, escaped(s.title))
      body[#body + 1] = ('<section id="%s" data-name="%s"><h2>%s <small>%s</small></h2>'
        .. '<div class="head">%s</div>'):format(id, escaped(s.title:lower()), escaped(s.title),
        escaped(s.file), html_of(s.head or ""))
      for _, e in ipairs(s.entries) do
        local own = used[e.name] and s.title .. "-" .. e.name .. "-" .. e.line or e.name
        used[e.name] = true
        body[#body + 1] = entry_html(e, own)
      end
      body[#body + 1] = "</section>"
    end
  end
  return table.concat({
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<title>teasel: reference</title>\n<style>\n" .. STYLE .. "</style></head><body>",
    '<nav><input type="search" placeholder="search a name ( / )" aria-label="search a name">',
    '<div id="found" aria-live="polite"></div>', table.concat(menu, "\n"), "</nav>",
    '<main><div id="intro"><h1>teasel: reference</h1><p>' .. INTRO .. "</p></div>",
    table.concat(body, "\n"), "</main>\n<script>\n" .. SCRIPT .. "</script></body></html>\n",
  }, "\n")
end

if ... ~= "teasel.tool.doc" then
  local folder = (...) or "build/doc"
  if folder == "--help" then return command.show_head "doc" end
  if folder:find "^%-" then
    command.fail("got '%s', wanted: doc [FOLDER], the folder of the page (build/doc)", folder)
  end
  assert(core.system.folder(folder))
  assert(core.file.save(folder .. "/index.html", doc.page()))
  print(("the reference is in %s/index.html"):format(folder))
end

return doc
