-- The reference as the REPL asks it: a name's entry, entries that hold words, and the options of a
-- function by its name.
--
--   reference.about(what) -> the text of T.help, or a line that says that there is none; is there?
--   reference.own(module) -> the head of a module of the REPL
--   reference.search(words) -> a line for each public name whose text holds all of the words
--   reference.options(name, f) -> a list of the options of the function or op of that name; of f,
--     where it is a function that the reference knows

local core = require "teasel.core"
local help = require "teasel.tool.help"
local value = require "teasel.tool.repl.value"

local reference = {}

local MOST = 40   -- lines of a search

function reference.about(what)
  if what == "" then what = nil end
  local ok, text = pcall(help, what)
  return ok and text or value.plain((tostring(text):gsub("^[^\n]-:%d+: ", ""))), ok
end

function reference.own(module) return help.text(help.find(module)[1]) end

local function is_public(e) return not e.name:find("(local)", 1, true) end

function reference.search(words)
  local lines, seen, found = {}, {}, 0
  for _, e in ipairs(help.entries()) do
    local text = (e.name .. "\n" .. e.text):lower()
    local all = is_public(e) and not seen[e.name] and words:find "%S"
    for word in words:lower():gmatch "%S+" do all = all and text:find(word, 1, true) end
    if all then
      seen[e.name], found = true, found + 1
      if found <= MOST then
        local said = e.text:match "^[^\n]*"
        lines[found] = ("%-28s %s"):format(e.name, said:sub(1, utf8.offset(said, 72) or #said))
      end
    end
  end
  if found == 0 then return value.plain(("nothing holds '%s'"):format(words)) end
  if found > MOST then lines[#lines + 1] = ("... (%d in all)"):format(found) end
  return table.concat(lines, "\n")
end

local function of_op(name, add)
  for _, row in ipairs(core.op.registry()) do
    if row.name == name then
      for _, argument in ipairs(row.args) do
        if not argument.kind:find "^tensor" then add(argument.name) end
      end
    end
  end
end

-- The options that a text tells: `{lr, b1 = 0.9}`, `options kernel (needed), stride (1)`, and a
-- list whose lines begin with their names.
local function of_text(text, add)
  for inside in text:gmatch "%b{}" do
    for word in inside:gmatch "%f[%w_]([%a_][%w_]*)%s*=" do add(word) end
    if text:find("^[%w_.:]+" .. inside:gsub("%p", "%%%0")) then
      for word in inside:gmatch "[{,]%s*([%a_][%w_]*)" do add(word) end
    end
  end
  for word in (text:match "[Oo]ptions:? ([%l_][^.]*)" or ""):gmatch "%f[%w_]([%a_][%w_]*) %(" do
    add(word)
  end
  local _, last = text:find "[Oo]ptions?[%):]*%s"
  for line in text:sub(last or #text + 1):gmatch "[^\n]+" do
    local names = (line .. "  "):match "^%s%s+([%a_][%w_, ]-)%s%s"
    for word in (names or ""):gmatch "[%a_][%w_]*" do add(word) end
  end
end

function reference.options(name, f)
  local list, seen = {}, {}
  local function add(word)
    if not seen[word] then
      seen[word] = true
      list[#list + 1] = word
    end
  end
  name = name:gsub("^T%.", "")
  if not name:find "[.:]" or name:find ":" then of_op(name:match "[%w_]+$", add) end
  for _, e in ipairs(help.find(name)) do
    if is_public(e) and e.file ~= "op" then of_text(e.text, add) end
  end
  if #list == 0 and type(f) == "function" then
    local ok, text = pcall(help, f)
    if ok then of_text(text, add) end
  end
  table.sort(list)
  return list
end

return reference
