-- What the sources say of the library's names: the entries of the reference, each
-- {name =, signature =, text =, file =, line =}; of what checks its arguments also `arguments`, as
-- check.signatures has them, and of a method `object`, what it is a method of: "learner". The text
-- of a module, of line 1, is the head of its file; where the module can be called, what is said of
-- that (`call` is true); and its options, which are by name in `options` too.
--
--   entries.all() -> a list of all, sorted by name
--   entries.at(path, line) -> the one that stands there, or nil
--   entries.module(path) -> the name of the module in a file: data/reader/mnist.lua is data.mnist
--   entries.PARTS, a list of {title, pattern of the files in it}; the first that fits a file counts
--   entries.FLAT, a set: modules whose functions are T's own
--   entries.INNER, a set: modules that serve the others and are no part of the surface

local check = require "teasel.lib.check"
local core = require "teasel.core"
local ops = require "teasel.op"

local entries = {INNER = {}}

entries.PARTS = {
  {"Tensors, networks, optimizers", "^[%w_]+%.lua$"},
  {"Ops", "^op%f[/\0]"},
  {"Models", "^model/"}, {"Data sets", "^data/"}, {"Metrics", "^metric/"},
  {"Representations", "^represent/"}, {"Runs", "^run/"}, {"Reports", "^report/"},
  {"Pictures", "^plot/"}, {"Formats of files", "^format/"}, {"Commands", "^tool/"},
  {"Functions of the core", "^csrc/"}, {"Inside of the library", ""},
}

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
entries.FLAT = {grad = true, saving = true, ["op.composed"] = true, ["op.array"] = true,
  ["op.reduce"] = true, ["op.sorting"] = true, ["op.contract"] = true, ["op.sampling"] = true}

local function entry(name, signature, text, file, line)
  return {name = name, signature = signature, text = text, file = file, line = line}
end

local function of_lua(list, sources)
  for _, path in ipairs(lua_files()) do
    local lines = lines_of(folder .. path)
    sources[path] = lines
    local module = module_name(path)
    list[#list + 1] = entry(module, module, head_of(lines), path, 1)
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
        -- methods in a generator's file are of what it draws with
        local inner = owner == "local" or mark == ":" and path:find "^data/generator/"
        local full = inner and module .. " (local) " .. name
          or (entries.FLAT[module] and mark == ".") and name
          or module .. (owner:match "%..*" or "") .. mark .. name
        list[#list + 1] = entry(full, name .. arguments, text, path, i)
      end
    end
  end
end

-- the comment that says how the module of this name is called: behind the head, one that begins
-- with the name and arguments
local function call_in(lines, own)
  local head = true
  for i, line in ipairs(lines) do
    head = head and line:find "^%-%-" ~= nil
    local begins = not head and line:match "^%-%- ([%w_]+)[({]" == own
      and not lines[i - 1]:find "^%-%-"
    if begins then
      while lines[i]:find "^%-%-" do i = i + 1 end
      return comment_above(lines, i)
    end
  end
end

-- the same of a module whose value is a function, or calls one, with a comment of its own
local function call_of(e, by_place)
  local held = package.loaded["teasel." .. e.file:gsub("%.lua$", ""):gsub("/", ".")]
  local meta = type(held) == "table" and getmetatable(held)
  local f = type(held) == "function" and held or type(meta) == "table" and meta.__call
  if type(f) ~= "function" then return nil end
  local info = debug.getinfo(check.behind(f), "S")
  local own = info.source == "@" .. folder .. e.file and by_place[e.file .. ":" .. info.linedefined]
  return own and own.line ~= 1 and own.text
end

-- the lines of a file's table of options, which is called `defaults`, each as {code, what is said}
local function options_in(lines)
  local found
  for _, line in ipairs(lines) do
    if found and line:find "^}" then return found end
    if found then
      local code, said = line:match "^(.-)%s*(%-%-%s.*)$"
      found[#found + 1] = {(code or line):gsub("options%.any", "any"), said or ""}
    end
    if line:find "^[%a_][%w_. ]*defaults = [%w_.]*{$" then found = {} end
  end
  return {}
end

-- the options of a module's file and, behind them, for metrics and reports, those of the inner
-- modules of the same room that it uses: these have them all
local function options_of(path, sources, seen)
  local lines = sources[path]
  if not lines or seen[path] then return {} end
  seen[path] = true
  local found, room = options_in(lines), path:match "^%w+"
  local function add(other)
    local more = options_of(other, sources, seen)
    table.move(more, 1, #more, #found + 1, found)
  end
  for _, line in ipairs(lines) do
    local name = line:match 'require%(?%s*"teasel%.([%w_.]+)"'
    local inner = name and (name:find "^metric%.lib%."
      or name:find "^report%." and entries.INNER[name:match "[%w_]+$"])
    if line:find "%f[%w_]option%.read%(" then
      add "metric/lib/option.lua"
    elseif inner and name ~= "metric.lib.option" and name:match "^%w+" == room then
      add(name:gsub("%.", "/") .. ".lua")
    end
  end
  return found
end

-- what the heads of modules are completed by
local function add_calls(list, sources, by_place)
  for _, e in ipairs(list) do
    local lines = e.line == 1 and sources[e.file]
    local call = lines and (call_in(lines, e.name:match "[%w_]+$") or call_of(e, by_place))
    if call and call ~= e.text then e.text, e.call = e.text .. "\n\n" .. call, true end
    local inner = e.file:find "^metric/lib/" or entries.INNER[e.name:match "[%w_]+$"]
    local found = lines and not inner and options_of(e.file, sources, {}) or {}
    local width, text = 0, {}
    for _, option in ipairs(found) do width = math.max(width, #option[1]) end
    for i, option in ipairs(found) do
      local code, said = table.unpack(option)
      text[i] = (code .. (" "):rep(width - #code + 2) .. said):gsub("%s+$", "")
      e.options = e.options or {}
      for name in code:gmatch "%f[%w_]([%a_][%w_]*) = " do
        e.options[name] = code:gsub("^%s+", ""):gsub(",$", "") .. "  " .. said
      end
    end
    if #text > 0 then
      e.text = e.text .. "\n\nOptions, with their defaults:\n" .. table.concat(text, "\n")
    end
  end
end

local function of_ops(list)
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
    list[#list + 1] = entry(name, signature, row.doc, "op", 0)
  end
end

-- Functions that check their arguments say which they take; they are known by where they stand.
local function add_arguments(list)
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
  for _, e in ipairs(list) do
    e.arguments = by_line["@" .. folder .. e.file .. ":" .. e.line]
    e.object = e.arguments and e.arguments.object
  end
end

-- The comments of the C functions lie beside the module, as the build took them from the sources.
local function of_c(list)
  local path = package.searchpath("teasel.core", package.cpath):gsub("%.so$", ".txt")
  local text, file = table.concat(lines_of(path), "\n"), nil
  for comment in text:gmatch("/%*(.-)%*/") do
    local said = comment:gsub("\n%*%* ?", "\n"):gsub("^%s+", ""):gsub("%s+$", "")
    local name, own = said:match("^([%w_]+:?[%w_]*)%("), said:match("^(lua_[%w_]+%.c)\n")
    if own then
      file = "csrc/bind/" .. own
      local head = said:match("\n(.*)") or ""
      list[#list + 1] = entry(own:gsub("^lua_", "core."):gsub("%.c$", ""), own, head, file, 1)
    elseif name then
      list[#list + 1] = entry(name, said:match("^[^\n]*"), said, file, 0)
    end
  end
end

-- modules that serve the others and are no part of the surface
for name in ([[about argument assignment axis check class_folders code_file comparison_chart
    contents digest directory entries exact fail file_array file_name file_part file_set files
    followers gnuplot head json kind layer loop merged names npy_array options pairing parts pickle
    pictures portrait_attributes portrait_head progress scaled score_file score_options score_output
    score_source script series settings show source stop sweep_table terms torch_pickle unique walk
    zip]]):gmatch "%S+" do
  entries.INNER[name] = true
end

local all, by_place   -- made when they are first asked for

function entries.all()
  if not all then
    local sources = {}
    all, by_place = {}, {}
    of_lua(all, sources)
    add_arguments(all)
    of_ops(all)
    of_c(all)
    table.sort(all, function(a, b)
      if a.name ~= b.name then return a.name < b.name end
      return a.signature < b.signature
    end)
    for _, e in ipairs(all) do by_place[e.file .. ":" .. e.line] = e end
    add_calls(all, sources, by_place)
  end
  return all
end

-- the entry of a line of the library; that of its file where the line has none; nil elsewhere
function entries.at(path, line)
  if path:sub(1, #folder) ~= folder then return nil end
  entries.all()
  local file = path:sub(#folder + 1)
  return by_place[file .. ":" .. line] or by_place[file .. ":1"]
end

entries.module = module_name

return entries

