-- help(name or function) -> the reference text of a public name, which print shows:
--
--   print(T.help "conv")          -- an op
--   print(T.help "nn.conv")       -- a function of a module
--   print(T.help(T.optim.adam))   -- the same by its value
--   print(T.help "x:median")      -- a method of tensors; T.help "tensor" lists them
--   print(T.help "stream:normal") -- one of streams
--   print(T.help "teasel.model.vae")   -- a module by its path, as these texts refer to one
--   print(T.help())               -- the modules, and what T holds itself
--   build/teasel help [NAME]      -- the same from the shell
--
-- The text is what stands above the function in its source, or for an op its row in the registry:
-- there is no other source. A name that there is not is an error with the name most like it.
-- help.entries() -> a list of all: {name =, signature =, text =, file =, line =}, sorted by name.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op"
local options = require "teasel.options"

local folder = debug.getinfo(1, "S").source:match("^@(.*)tool/[^/]*$")   -- .../teasel/

-- A module's file as its user names it: run/init.lua is run, data/reader/mnist.lua data.mnist.
local ROOMS = {"lib/", "model/", "represent/", "run/", "report/", "plot/", "format/", "tool/"}

local function module_name(path)
  local name = path:gsub("%.lua$", ""):gsub("/init$", "")
  if name == "init" then return "T" end
  for _, room in ipairs(ROOMS) do
    if name:sub(1, #room) == room then name = name:sub(#room + 1) end
  end
  return (name:gsub("^data/%a+/", "data/"):gsub("/", "."))
end

local function lua_files(found, below)
  found, below = found or {}, below or ""
  for _, name in ipairs(core.system.list(folder .. below) or {}) do
    if name:match("%.lua$") then
      found[#found + 1] = below .. name
    elseif not name:find(".", 1, true) then
      lua_files(found, below .. name .. "/")
    end
  end
  return found
end

local function lines_of(path)
  local lines = {}
  local f = io.open(path)
  if not f then return lines end
  for line in f:lines() do lines[#lines + 1] = line end
  f:close()
  return lines
end

-- the comment that ends above a line, without its dashes; nil where there is none
local function comment_above(lines, at)
  local first = at
  while first > 1 and lines[first - 1]:match("^%-%-") do first = first - 1 end
  if first == at then return nil end
  local text = {}
  for i = first, at - 1 do text[#text + 1] = lines[i]:match("^%-%-+ ?(.*)") end
  return table.concat(text, "\n")
end

local function head_of(lines)
  local text = {}
  for _, line in ipairs(lines) do
    local said = line:match("^%-%-+ ?(.*)")
    if not said then break end
    text[#text + 1] = said
  end
  return table.concat(text, "\n")
end

-- Ops are in a table of each file under the file's own name or another one; all of them are T's.
local FLAT = {grad = true, saving = true, ["op.composed"] = true, ["op.array"] = true,
  ["op.reduce"] = true, ["op.sorting"] = true, ["op.contract"] = true}

local function entry(name, signature, text, file, line)
  return {name = name, signature = signature, text = text, file = file, line = line}
end

local function of_lua(entries)
  for _, path in ipairs(lua_files()) do
    local lines = lines_of(folder .. path)
    local module = module_name(path)
    entries[#entries + 1] = entry(module, module, head_of(lines), path, 1)
    for i, line in ipairs(lines) do
      local owner, mark, name, arguments = line:match("^function ([%w_.]+)([.:])([%w_]+)(%b())")
      if not owner then
        owner, name = line:match("^([%w_.]+)%.([%w_]+) = ")
        mark, arguments = ".", ""
      end
      if not owner then
        name, arguments = line:match("^local function ([%w_]+)(%b())")
        owner, mark = name and "local", "."
      end
      local text = owner and not name:match("^__") and comment_above(lines, i)
      if text then
        local full = owner == "local" and module .. " (local) " .. name
          or (FLAT[module] and mark == ".") and name
          or module .. (owner:match "%..*" or "") .. mark .. name
        entries[#entries + 1] = entry(full, name .. arguments, text, path, i)
      end
    end
  end
end

local function of_ops(entries)
  for _, row in ipairs(core.op.registry()) do
    local arguments = {}
    for i, argument in ipairs(row.args) do
      arguments[i] = argument.name
      if argument.default ~= nil then
        arguments[i] = ("%s = %s"):format(argument.name, tostring(argument.default))
      end
    end
    local name = ops.inner[row.name] and "op." .. row.name or row.name
    local signature = ("%s(%s)"):format(name, table.concat(arguments, ", "))
    entries[#entries + 1] = entry(name, signature, row.doc, "op", 0)
  end
end

-- Functions that check their arguments say which they take; they are known by where they stand.
local function add_arguments(entries)
  for _, path in ipairs(lua_files()) do
    if not path:find "^tool/" and path ~= "init.lua" then
      require("teasel." .. path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
    end
  end
  local by_line = {}
  for f, arguments in pairs(check.signatures()) do
    local info = debug.getinfo(f, "S")
    by_line[info.source .. ":" .. info.linedefined] = arguments
  end
  for _, e in ipairs(entries) do
    e.arguments = by_line["@" .. folder .. e.file .. ":" .. e.line]
  end
end

-- The comments of the C functions lie beside the module, as the build took them from the sources.
local function of_c(entries)
  local path = package.searchpath("teasel.core", package.cpath):gsub("%.so$", ".txt")
  local text, file = table.concat(lines_of(path), "\n"), nil
  for comment in text:gmatch("/%*(.-)%*/") do
    local said = comment:gsub("\n%*%* ?", "\n"):gsub("^%s+", ""):gsub("%s+$", "")
    local name, own = said:match("^([%w_]+:?[%w_]*)%("), said:match("^(lua_[%w_]+%.c)\n")
    if own then
      file = "csrc/bind/" .. own
      local head = said:match("\n(.*)") or ""
      entries[#entries + 1] = entry(own:gsub("^lua_", "core."):gsub("%.c$", ""), own, head, file, 1)
    elseif name then
      entries[#entries + 1] = entry(name, said:match("^[^\n]*"), said, file, 0)
    end
  end
end

local help = {INNER = {}}

-- modules that serve the others and are no part of the surface
for name in ([[about argument assignment axis check class_folders code_file comparison_chart
    contents digest directory exact fail file_array file_name file_set files followers gnuplot
    head json kind layer loop names npy_array options pairing parts pickle pictures
    portrait_attributes portrait_head progress score_options score_output score_source script
    series settings show source stop sweep_table terms torch_pickle unique zip]]):gmatch "%S+" do
  help.INNER[name] = true
end

local all, by_place   -- made when they are first asked for

function help.entries()
  if not all then
    all, by_place = {}, {}
    of_lua(all)
    add_arguments(all)
    of_ops(all)
    of_c(all)
    table.sort(all, function(a, b)
      if a.name ~= b.name then return a.name < b.name end
      return a.signature < b.signature
    end)
    for _, e in ipairs(all) do by_place[e.file .. ":" .. e.line] = e end
  end
  return all
end

-- the name of a C function: where T or the binding has it
local function name_of(f)
  local function look(t, depth, seen)
    if seen[t] then return nil end
    seen[t] = true
    for k, v in next, t do
      if v == f and type(k) == "string" and not k:match("^__") then return k end
    end
    for _, v in next, t do
      local found = depth > 0 and type(v) == "table" and look(v, depth - 1, seen)
      if found then return found end
    end
  end
  return look(core, 3, {})
end

local function of_function(f)
  f = check.behind(f)
  local info = debug.getinfo(f, "S")
  if info.what == "C" then
    local name = name_of(f)
    return name and help.find(name) or {}
  end
  local path = info.source:sub(2)
  if path:sub(1, #folder) == folder then
    local e = by_place[path:sub(#folder + 1) .. ":" .. info.linedefined]
    if not e then e = by_place[path:sub(#folder + 1) .. ":1"] end
    return {e}
  end
  return {}
end

-- "median" of "x:median", "x.median" and "tensor:median", or nil
local function tensor_method(name)
  local method = name:match "^x[.:]([%w_]+)$" or name:match "^tensor[.:]([%w_]+)$"
  return method and core.tensor.methods[method] and method
end

-- Entries of one name, that of T first: what the core has under the same name comes behind.
local function of_T_first(found)
  local T = require "teasel"
  local f = #found > 1 and rawget(T, found[1].name)
  local own = type(f) == "function" and of_function(f)[1]
  for i, e in ipairs(found) do
    if e == own then table.insert(found, 1, table.remove(found, i)) end
  end
  return found
end

-- The entries of a name: of the whole of it, else of its last part.
function help.find(name)
  local found, last = {}, {}
  name = tensor_method(name) or name
  for _, e in ipairs(help.entries()) do
    if e.name == name then found[#found + 1] = e end
    local public = not e.name:find("(local)", 1, true)
    if public and e.name:match("[.:]([%w_]+)$") == name:match("([%w_]+)$") then
      last[#last + 1] = e
    end
  end
  if #found > 0 then return found, true end
  local owner = name:match("^([%w_]+)[.:]")
  if not owner then return last end
  local own = {}
  for _, e in ipairs(last) do
    if e.name:sub(1, 1) == owner:sub(1, 1) then own[#own + 1] = e end
  end
  return own
end

local function overview()
  local T = require "teasel"
  local modules, own, seen = {}, {}, {}
  for _, e in ipairs(help.entries()) do
    local new = not e.name:find("[.: ]") and not seen[e.name]
    seen[e.name] = true
    local held, value = pcall(function() return new and T[e.name] end)
    if held and value then
      local list = type(value) == "table" and modules or own
      if not help.INNER[e.name] then list[#list + 1] = e.name end
    end
  end
  return ("modules: %s\n\nof T: %s\n\nhelp NAME tells more."):format(table.concat(modules, ", "),
    table.concat(own, ", "))
end

-- What tensors and streams can do: the names of their methods, in lines.
local function methods(name)
  local list, lines = {}, {""}
  for method in pairs(name == "tensor" and core.tensor.methods or {}) do
    list[#list + 1] = "x:" .. method
  end
  for _, e in ipairs(name == "stream" and help.entries() or {}) do
    if e.file == "csrc/bind/lua_rand.c" and e.name:find "^s:" then
      list[#list + 1] = e.text:match "^[^:]*:[%w_]+%b()"
    end
  end
  if #list == 0 then return nil end
  table.sort(list)
  for _, method in ipairs(list) do
    if #lines[#lines] + #method > 94 then lines[#lines + 1] = "" end
    lines[#lines] = lines[#lines] .. "  " .. method
  end
  return ("methods of a %s (help \"%s\" tells of one):\n%s"):format(name,
    list[1]:match "^[%w_]+:[%w_]+", table.concat(lines, "\n"))
end

-- What a name holds, in lines: its members' names, and of modules the first sentence.
local function members(name)
  local lines, seen = {}, {}
  for _, e in ipairs(help.entries()) do
    local own = e.name:match "^(.*)%.[%w_]+$" == name and not seen[e.name]
    if own and not help.INNER[e.name] and not help.INNER[e.name:match "[%w_]+$"] then
      seen[e.name] = true
      local said = e.line == 1 and e.text:match "^[^\n]*" or ""
      lines[#lines + 1] = ("  %-22s %s"):format(e.name, said):gsub("%s+$", "")
    end
  end
  return #lines > 0 and name .. " holds:\n" .. table.concat(lines, "\n") or nil
end

-- signature(entry) -> how it is called: its name and arguments
function help.signature(e)
  local owner = e.name:match("^(.*)[.:][%w_]+$")
  local mark = e.name:match(":") and ":" or "."
  local called = e.text:match("^([%w_]+%b())") or e.text:match("^([%w_]+%b{})")
  if called and called:match("^[%w_]+") == e.name:match("[%w_]+$") then
    return owner and owner .. mark .. called or called
  end
  return owner and e.signature:find("^[%w_]+[({]") and owner .. mark .. e.signature or e.signature
end

-- text(entry) -> what is said of it, with the arguments that are checked
function help.text(e)
  if not e.arguments or #e.arguments == 0 then return e.text end
  local parts = {}
  for i, argument in ipairs(e.arguments) do
    parts[i] = ("  %s%s: %s"):format(argument.name, argument.optional and "?" or "",
      argument.wanted)
  end
  return ("%s\n\nArguments:\n%s"):format(e.text, table.concat(parts, "\n"))
end

-- Names that are no part of T but are typed in a session, which its head tells of; and where more
-- is said of them.
local TYPED = {open = "run.open", script = "run", plot = "chart", show = "show"}

local FEW = 12   -- functions that are told of at once

local written

-- of a name that is typed in a session: what is to be told, and what the session says
local function of_session(name)
  local texts = {}
  for i, e in ipairs(help.find(TYPED[name])) do texts[i] = written(e) end
  texts[#texts + 1] = help.text(help.find("repl")[1])
  return table.concat(texts, "\n\n")
end

function written(e)
  local called = e.text:match("^([%w_.:]+)[({]")
  local head = called == e.signature:match("^[%w_.:]+") and "" or e.signature .. "\n"
  local errors = e.file == "op" and "\nErrors: operands that do not fit, and unknown options."
    or e.arguments and #e.arguments > 0 and "\nErrors: anything else." or ""
  return head .. help.text(e) .. errors .. ("\n-- %s"):format(e.file)
end

setmetatable(help, {__call = function(_, what)
  if what == "teasel" then what = nil end
  if what == nil then return overview() end
  help.entries()
  local path = type(what) == "string" and what:match "^teasel%.(.+)$"
  if path then what = module_name((path:gsub("%.", "/"))) end
  local found, held
  if type(what) == "function" then
    found = of_function(what)
  elseif type(what) == "string" then
    local name = what:gsub("^T%.", "")
    local whole
    if TYPED[what] then return of_session(what) end
    found, whole = help.find(name)
    held = members(name) or methods(name)
    if held and not whole then found = {} end
    found = of_T_first(found)
  else
    fail("help: got a %s, wanted a name or a function", type(what))
  end
  if #found == 0 and held then
    local texts = {held}   -- of a few functions, like those of optim.schedule, all that is said
    for _, e in ipairs(all) do
      if e.name:match "^(.*)%.[%w_]+$" == what:gsub("^T%.", "") then
        texts[#texts + 1] = e.line ~= 1 and written(e) or nil
      end
    end
    return #texts <= FEW and table.concat(texts, "\n\n") or held
  end
  if #found == 0 then
    local known = {}
    for _, e in ipairs(all) do
      if not e.name:find("(local)", 1, true) then
        known[e.name], known[e.name:match "[%w_]+$"] = true, true
      end
    end
    local near = type(what) == "string" and (options.nearest(what, known)
      or options.nearest(what:match "[%w_]*$", known))
    fail("help: got '%s', wanted a public name%s", tostring(what), near
      and (" (did you mean '%s'?)"):format(near) or "; help() lists them")
  end
  local texts = {}
  for i, e in ipairs(found) do texts[i] = written(e) end
  if held then   -- a module without a head, like data, is meant more often than a method
    local first = held:find " holds:" and found[1].line ~= 1
    table.insert(texts, first and 1 or #texts + 1, held)
  end
  return table.concat(texts, "\n\n")
end})

-- build/teasel help [NAME]
if ... ~= "teasel.tool.help" then
  if (...) == "--help" then return require("teasel.run.command").show_head "help" end
  local ok, text = pcall(help, (...))
  if not ok then require("teasel.run.command").fail("%s", (text:gsub("^[^:]*:%d+: ", ""))) end
  print(text)
end

return help
