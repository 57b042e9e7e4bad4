-- help(name or function) -> the reference text of a public name, which print shows:
--
--   print(T.help "conv")          -- an op
--   print(T.help "nn.conv")       -- a function of a module
--   print(T.help(T.optim.adam))   -- the same by its value
--   print(T.help "x:median")      -- a method of tensors; T.help "tensor" lists them
--   print(T.help "stream:normal") -- one of streams
--   print(T.help "set:batch")     -- one of data sets, as of any object; T.help "set" lists them
--   print(T.help "teasel.model.vae")   -- a module by its path, as these texts refer to one
--   print(T.help "factor_bins")   -- an option of some module
--   print(T.help())               -- the modules, and what T holds itself
--   build/teasel help [NAME]      -- the same from the shell
--
-- The text is what stands above the function in its source, or for an op its row in the registry:
-- there is no other source. A name that there is not is an error with the name most like it.
-- help.entries() -> a list of all: {name =, signature =, text =, file =, line =}, sorted by name.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local entries = require "teasel.tool.entries"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local help = {INNER = entries.INNER, entries = entries.all}

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

-- the name of the table in T, or of the module of the library, that is this value; or nil
local function module_of(value)
  for name, held in next, type(value) == "table" and require "teasel" or {} do
    if rawequal(held, value) then return name end
  end
  for path, held in pairs(package.loaded) do
    local name = rawequal(held, value) and path:match "^teasel%.(.+)$"
    if name and not name:find "^core" then return entries.module((name:gsub("%.", "/"))) end
  end
end

local function of_function(f)
  f = check.behind(f)
  local info = debug.getinfo(f, "S")
  if info.what == "C" then
    local name = name_of(f)
    return name and help.find(name) or {}
  end
  return {entries.at(info.source:sub(2), info.linedefined)}
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

-- Is this the owner of an entry: its module, the last part of its module's name, or what it is a
-- method of?
local function owned(e, owner)
  local own = e.name:match "^(.*)[.:]"
  return own == owner or e.object == owner or own:match "[%w_]+$" == owner
    or owner == "stream" and own == "s"
end

local function is_public(e)
  local module = e.name:match "^(.*)[.:]" or e.name
  return not e.name:find("(local)", 1, true)
    and (e.object or not entries.INNER[module:match "[%w_]+$"])
end

-- The entries of a name: of the whole of it, else of its last part; of "net:step", where `net` is
-- no name that we know, all methods `step`.
function help.find(name)
  local found, last = {}, {}
  name = tensor_method(name) or name
  local owner, mark, own = name:match "^(.*)([.:])([%w_]+)$"
  for _, e in ipairs(help.entries()) do
    if e.name == name then found[#found + 1] = e end
    if is_public(e) and e.name:match "[.:]([%w_]+)$" == (own or name) then last[#last + 1] = e end
  end
  if not owner then return #found > 0 and found or last, #found > 0 end
  local owned_by, methods, around = {}, {}, {}
  for _, e in ipairs(last) do
    if owned(e, owner) then
      owned_by[#owned_by + 1] = e
      if e.name:find ":" and e.file:find "%.lua$" then around[#around + 1] = e end
    end
    if e.name:find ":" then methods[#methods + 1] = e end
  end
  -- a class of Lua that stands around one of the core's of the same name is the one that is meant
  if #around > 0 and #found > 0 and found[1].file:find "%.c$" then found = around end
  if #found > 0 then return found, true end
  return #owned_by == 0 and mark == ":" and methods or owned_by
end

-- signature(entry) -> how it is called: its name and arguments
function help.signature(e)
  local owner, mark = e.name:match("^(.*)([.:])[%w_]+$")
  if mark == ":" then owner = e.object or owner end
  local called = e.text:match("^([%w_]+%b())") or e.text:match("^([%w_]+%b{})")
  if called and called:match("^[%w_]+") == e.name:match("[%w_]+$") then
    return owner and owner .. mark .. called or called
  end
  return owner and e.signature:find("^[%w_]+[({]") and owner .. mark .. e.signature or e.signature
end

-- A list in lines of at most 98 characters, which begin with two spaces.
local function in_lines(list, between)
  local lines = {}
  for i, item in ipairs(list) do
    local last = lines[#lines]
    item = item .. (i < #list and between or "")
    if not last or #last + #item > 98 then lines[#lines + 1] = "  " .. item
    else lines[#lines] = last .. (between == "" and "  " or " ") .. item end
  end
  return table.concat(lines, "\n")
end

local function overview()
  local T = require "teasel"
  local modules, own, seen = {}, {}, {}
  for _, e in ipairs(help.entries()) do
    local new = not e.name:find("[.: ]") and not seen[e.name] and not help.INNER[e.name]
    seen[e.name] = true
    local held, value = pcall(function() return new and T[e.name] end)
    local own_file = e.line == 1 and not entries.FLAT[e.name]
    if held and (type(value) == "table" or own_file and value) then
      for _, part in ipairs(entries.PARTS) do
        if (e.name == "data" and "data/" or e.file):find(part[2]) then
          modules[part[1]] = modules[part[1]] or {}
          table.insert(modules[part[1]], e.name)
          break
        end
      end
    elseif held and value then
      own[#own + 1] = e.name
    end
  end
  local texts = {}
  for _, part in ipairs(entries.PARTS) do
    if modules[part[1]] then
      texts[#texts + 1] = part[1] .. "\n" .. in_lines(modules[part[1]], ",")
    end
  end
  return ("modules: what they are for\n\n%s\n\nof T: functions, most of them methods "
    .. "of tensors, too\n%s\n\nhelp NAME tells more."):format(table.concat(texts, "\n"),
    in_lines(own, ","))
end

-- What objects can do, as methods of tensors, of streams and of what a module makes: the names of
-- their methods, in lines; nil where a name is none of these.
local function methods(name)
  local of, kinds = {}, {}
  local function add(kind, method, module)
    if not of[kind] then of[kind], kinds[#kinds + 1] = {module = module}, kind end
    table.insert(of[kind], method)
  end
  for method in pairs(name == "tensor" and core.tensor.methods or {}) do
    add("tensor", "x:" .. method)
  end
  for _, e in ipairs(help.entries()) do
    local owner = e.name:match "^(.*):"
    if name == "stream" and owner == "s" then
      add("stream", e.text:match "^[^:]*:[%w_]+%b()")
    elseif owner and e.line > 0 and is_public(e) and (owner == name or e.object == name) then
      add(e.object or owner:match "[%w_]+$", help.signature(e),
        owner ~= name and e.object and owner)
    end
  end
  local texts = {}
  for i, kind in ipairs(kinds) do
    table.sort(of[kind])
    texts[i] = ("methods of %s %s%s (help \"%s\" tells of one):\n%s"):format(
      kind:find "^[aeiou]" and "an" or "a", kind,
      of[kind].module and (", see %s"):format(of[kind].module) or "",
      of[kind][1]:match "^[%w_.]+:[%w_]+", in_lines(of[kind], ""))
  end
  return #texts > 0 and table.concat(texts, "\n\n") or nil
end

-- what a text begins with, as much of it as has room
local function beginning(text)
  local said = (text:match "^(.-)\n\n" or text):gsub("%s+", " ")
  if #said > 72 then said = said:sub(1, 69):gsub("[%s,]+%S*$", "") .. " ..." end
  return said
end

-- What a name holds, in lines: its members' names, also of tables of functions, as dist.gaussian,
-- and of modules how their heads begin.
local function members(name)
  local lines, seen = {}, {}
  local own = "^" .. name:gsub("%W", "%%%0") .. "%.[%w_]+"
  for _, e in ipairs(help.entries()) do
    local member = e.name:match(own)
    if member and not seen[member] and not help.INNER[member]
        and not help.INNER[member:match "[%w_]+$"] then
      seen[member] = true
      local said = e.line == 1 and e.name == member and beginning(e.text) or ""
      lines[#lines + 1] = ("  %-22s %s"):format(member, said):gsub("%s+$", "")
    end
  end
  return #lines > 0 and name .. " holds:\n" .. table.concat(lines, "\n") or nil
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

-- where a name that no entry has leads to: what T holds under it, a path below teasel/, or of
-- "view.new" the module that is called
local function led_to(name)
  local value = require "teasel"
  for part in name:gmatch "[^.]+" do
    local ok, held = pcall(function() return value[part] end)
    value = ok and held or nil
    if value == nil then break end
  end
  if type(value) == "function" or type(value) == "table" then
    local module = module_of(value)
    if module then return module end
    local own = type(value) == "function" and of_function(value)[1]
    if own and own.line ~= 1 then return own.name end
  end
  local path = entries.module((name:gsub("%.", "/")))
  if path ~= name and #help.find(path) > 0 then return path end
  local module = name:match "^(.*)%.new$"
  for _, e in ipairs(module and help.find(module) or {}) do
    if e.call then return e.name end
  end
end

-- what is said of an option of this name: which modules have it; nil where none does
local function of_option(name)
  local lines = {}
  for _, e in ipairs(help.entries()) do
    if e.options and e.options[name] then
      lines[#lines + 1] = ("  %s: %s"):format(e.name, e.options[name])
    end
  end
  return #lines > 0 and ("'%s' is an option of\n%s"):format(name, table.concat(lines, "\n")) or nil
end

function written(e)
  local called = e.text:match("^([%w_.:]+)[({]")
  local head = called == e.signature:match("^[%w_.:]+") and "" or e.signature .. "\n"
  if e.object then head = e.object .. ":" .. head end
  local errors = e.file == "op" and "\nErrors: operands that do not fit, and unknown options."
    or e.arguments and #e.arguments > 0 and "\nErrors: anything else." or ""
  return head .. help.text(e) .. errors .. ("\n-- %s"):format(e.file)
end

setmetatable(help, {__call = function(_, what)
  if what == "teasel" then what = nil end
  if what == nil then return overview() end
  help.entries()
  local path = type(what) == "string" and what:match "^teasel%.(.+)$"
  if path then what = entries.module((path:gsub("%.", "/"))) end
  local found, held, name
  if type(what) == "function" or type(what) == "table" then
    if rawequal(what, require "teasel") then return overview() end
    what = module_of(what) or what
  end
  if type(what) == "function" then
    found = of_function(what)
  elseif type(what) == "string" then
    name = what:gsub("^T%.", ""):gsub("^nn%.init%f[.\0]", "initial")
    local whole
    if TYPED[what] then return of_session(what) end
    found, whole = help.find(name)
    if #found == 0 and not members(name) and not methods(name) then
      local option = not name:find "[.:]" and of_option(name)
      if option then return option end
      name = led_to(name) or name
      found, whole = help.find(name)
    end
    local parts = table.pack(members(name))
    parts[#parts + 1] = methods(name)
    held = #parts > 0 and table.concat(parts, "\n\n") or nil
    if held and not whole then found = {} end
    found = of_T_first(found)
  else
    fail("help: got a %s, wanted a name or a function", type(what))
  end
  if #found == 0 and held then
    local texts = {held}   -- of a few functions, like those of optim.schedule, all that is said
    for _, e in ipairs(help.entries()) do
      if e.name:match "^(.*)%.[%w_]+$" == name then
        texts[#texts + 1] = e.line ~= 1 and written(e) or nil
      end
    end
    return #texts <= FEW and table.concat(texts, "\n\n") or held
  end
  if #found == 0 then
    local known = {}
    for _, e in ipairs(help.entries()) do
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
