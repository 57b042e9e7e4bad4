-- The shape of the sources: which file may know which, and what no file may hold. The arrows are
-- those of csrc/README.md:
--   C    mem <- device <- tensor <- op <- op_* <- grad <- optim;  kern.h <- kern_*;
--        only lua_* include lua.h
--   Lua  core <- lib <- op <- top level <- format <- {model, data, metric, plot}
--        <- {represent, run} <- report <- tool

local function lines_of(command)
  local list = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do list[#list + 1] = line end
  pipe:close()
  assert(#list > 0, command .. " found nothing")
  return list
end

local function files(where)
  return lines_of("find " .. where .. " -type f | LC_ALL=C sort")
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local c_files = files "csrc -name '*.[ch]'"
local lua_files = files "lua experiments spec -name '*.lua'"

-- C without comments and without what strings and characters hold
local function c_code(path)
  return (read(path):gsub("/%*.-%*/", " "):gsub("\\.", ""):gsub("'[^'\n]*'", "0")
    :gsub('(#include%s*)"([^"\n]*)"', "%1<<%2>>"):gsub('"[^"\n]*"', '""'))
end

-- Lua without comments; long brackets as comments are not in use
local function lua_code(path)
  local code = {}
  for line in (read(path) .. "\n"):gmatch "(.-)\n" do
    code[#code + 1] = line:match "^%s*%-%-" and "" or line:gsub("%s%-%- .*$", "")
  end
  return table.concat(code, "\n")
end

local function base(path) return path:match "[^/]+$" end

-- fails with a list of all that is wrong
local function assert_none(wrong)
  assert(#wrong == 0, "\n" .. table.concat(wrong, "\n"))
end

-- C: rooms, or parts of one, by the path in csrc/: the first that fits counts. Each may include the
-- headers of its own and of those named behind it.
local GROUPS = {
  {"launcher", "^bind/launcher%.c$", {}},
  {"bind", "^bind/", {"stat", "file", "image", "optim", "draw", "grad", "op", "tensor",
    "device", "device.h", "kern.h", "product", "base", "mem"}},
  {"real", "^base/real%.h$", {}},
  {"mem", "^base/mem%.", {"real"}},
  {"base", "^base/", {"mem", "real"}},
  {"kern_list.h", "^kernel/kern_list%.h$", {}},
  {"kern_math.h", "^kernel/kern_math%.h$", {"real"}},
  {"kern_optim.h", "^kernel/kern_optim%.h$", {"kern_math.h", "real"}},
  {"kern.h", "^kernel/kern%.h$", {"kern_list.h", "kern_optim.h", "mem"}},
  {"kernel", "^kernel/", {"kern.h", "kern_list.h", "kern_math.h", "kern_optim.h", "mem",
    "real"}},
  {"product", "^product/", {"kernel", "base", "mem"}},
  {"far_list.h", "^device/far_list%.h$", {"kern_list.h"}},
  {"device.h", "^device/device%.h$", {"far_list.h", "mem"}},
  {"device", "^device/", {"device.h", "far_list.h", "kern_list.h", "kern_math.h",
    "kern_optim.h", "file", "base", "mem", "real"}},
  {"tensor", "^graph/tensor%.", {"device", "device.h", "mem"}},
  {"op", "^graph/op%.h$", {"tensor"}},
  {"op run", "^graph/op[_.]", {"op", "tensor", "device", "device.h", "kern.h", "product", "base",
    "mem"}},
  {"grad", "^graph/grad%.", {"op", "tensor", "mem"}},
  {"optim", "^graph/optim%.", {"grad", "op run", "op", "tensor", "device", "device.h", "kern.h",
    "base", "mem"}},
  {"draw", "^graph/draw%.", {"op run", "tensor", "device", "device.h", "base", "mem"}},
  {"stat", "^stat/", {"base", "mem"}},
  {"file", "^file/", {"base", "mem"}},
  {"image", "^image/", {"base", "mem"}},
}

local function group_of(name)
  for _, group in ipairs(GROUPS) do
    if name:find(group[2]) then return group end
  end
end

local function may_include(from, to)
  local own, wanted = group_of(from), group_of(to)
  if own == wanted then return true end
  for _, name in ipairs(own[3]) do
    if name == wanted[1] then return true end
  end
  return false
end

-- a path without the folder csrc/
local function place(path) return (path:gsub("^csrc/", "")) end

describe("the C sources #once", function()
  it("include only what lies below them", function()
    local wrong, seen = {}, 0
    for _, path in ipairs(c_files) do
      for header in c_code(path):gmatch "#include%s*<<(.-)>>" do
        seen = seen + 1
        if not may_include(place(path), header) then
          wrong[#wrong + 1] = ("%s (%s) includes %s (%s)"):format(path, group_of(place(path))[1],
            header, group_of(header)[1])
        end
      end
    end
    assert.is_true(seen > 50)
    assert_none(wrong)
  end)

  it("would be caught at an arrow against the order", function()
    for _, pair in ipairs{{"base/mem.c", "graph/tensor.h"}, {"graph/tensor.c", "graph/op.h"},
      {"graph/op.h", "kernel/kern.h"}, {"graph/op.c", "graph/grad.h"},
      {"graph/op_elem.c", "graph/optim.h"}, {"graph/grad.c", "graph/optim.h"},
      {"kernel/kern_elem.c", "base/pool.h"}, {"kernel/kern_prod.c", "graph/tensor.h"},
      {"base/rand.c", "graph/tensor.h"}, {"graph/optim.c", "bind/lua_teasel.h"},
      {"file/store.c", "graph/op.h"}, {"bind/launcher.c", "base/mem.h"},
      {"device/mirror.c", "graph/tensor.h"}, {"device/device.h", "device/far.h"},
      {"stat/learn_tree.c", "file/store.h"}, {"product/prod.c", "stat/learn.h"}} do
      assert.is_false(may_include(pair[1], pair[2]), pair[1] .. " " .. pair[2])
    end
  end)

  it("know Lua in the binding and the launcher only", function()
    local wrong, seen = {}, 0
    for _, path in ipairs(c_files) do
      if read(path):find "#include%s*[<\"]l[ua][aux]*l?i?b?%.h[>\"]" then
        seen = seen + 1
        if not place(path):find "^bind/" then
          wrong[#wrong + 1] = path .. " includes a header of Lua's"
        end
      end
    end
    assert.is_true(seen >= 2)
    assert_none(wrong)
  end)

  -- libpng and libjpeg report an error by a jump; it begins and ends in one file
  local JUMPS = {["png.c"] = {setjmp = 1, longjmp = 1}, ["jpeg.c"] = {setjmp = 1, longjmp = 1}}

  local function assert_no_calls(which, names)
    local wrong, seen = {}, 0
    for _, path in ipairs(c_files) do
      if which(place(path)) then
        seen = seen + 1
        local code = c_code(path)
        for _, name in ipairs(names) do
          if code:find("%f[%w_]" .. name .. "%s*%(") and not (JUMPS[base(path)] or {})[name] then
            wrong[#wrong + 1] = path .. " calls " .. name
          end
        end
      end
    end
    assert.is_true(seen >= 4)
    assert_none(wrong)
  end

  it("below the binding never print, jump or exit", function()
    assert_no_calls(function(path) return not path:find "^bind/" end,
      {"printf", "fprintf", "vprintf", "puts", "fputs", "putchar", "perror", "exit", "abort",
        "setjmp", "longjmp", "sigsetjmp", "siglongjmp"})
  end)

  it("take memory from one allocator", function()
    assert_no_calls(function(path) return path ~= "base/mem.c" end,
      {"malloc", "calloc", "realloc", "aligned_alloc", "strdup"})
  end)

  it("register the functions of the binding in one file, which holds what they read", function()
    assert_no_calls(function(path)
      return path:find "^bind/lua_" and path ~= "bind/lua_call.c"
    end,
      {"luaL_setfuncs", "luaL_newlib"})
  end)

  it("in kernels take no memory and know no thread", function()
    assert_no_calls(function(path) return path:find "^kernel/" end,
      {"mem_alloc", "mem_array", "mem_free", "free", "pool_for", "pool_self"})
  end)

  it("declare every function that others can call in a header", function()
    local declared = {}
    for _, path in ipairs(c_files) do
      if path:find "%.h$" then
        for name in c_code(path):gmatch "%f[%w_]([%w_]+)%s*%(" do declared[name] = true end
      end
    end
    local wrong, seen = {}, 0
    for _, path in ipairs(c_files) do
      -- a definition: a type, a name and parameters from the first column, then a brace
      for head, name in ("\n" .. c_code(path):gsub("#[^\n]*", "")):gmatch
        "\n([%a_][%w_ *]-[ *])([%a_][%w_]*)%s*%b()%s*{" do
        if path:find "%.c$" and not head:find "^static" and not head:find "^inlined" then
          seen = seen + 1
          local known = declared[name] or name == "main" or name:find "^luaopen_"
          if not known then wrong[#wrong + 1] = path .. ": " .. name end
        end
      end
    end
    assert.is_true(seen > 100)
    assert_none(wrong)
  end)

  it("say at the top which file they are and what it is for", function()
    local wrong = {}
    for _, path in ipairs(c_files) do
      local name = base(path):gsub("%p", "%%%0")
      if not read(path):find("^/%*\n%*%* " .. name .. "\n%*%* %S") then wrong[#wrong + 1] = path end
    end
    assert_none(wrong)
  end)

  it("guard every header by its name", function()
    local wrong = {}
    for _, path in ipairs(c_files) do
      local name = base(path):match "^(.*)%.h$"
      if name and not read(path):find(("\n#ifndef %s_h\n#define %s_h\n"):format(name, name)) then
        wrong[#wrong + 1] = path
      end
    end
    assert_none(wrong)
  end)
end)

describe("all sources #once", function()
  local function each_line(paths, f)
    local wrong = {}
    for _, path in ipairs(paths) do
      local n = 0
      for line in (read(path)):gmatch "([^\n]*)\n" do
        n = n + 1
        local complaint = f(line)
        if complaint then wrong[#wrong + 1] = ("%s:%d: %s"):format(path, n, complaint) end
      end
    end
    assert_none(wrong)
  end

  local all = table.move(c_files, 1, #c_files, 1, {})
  table.move(lua_files, 1, #lua_files, #all + 1, all)

  it("have at most 500 lines, each ended", function()
    local wrong = {}
    for _, path in ipairs(all) do
      local text = read(path)
      local _, n = text:gsub("\n", "")
      if n > 500 then wrong[#wrong + 1] = ("%s has %d lines"):format(path, n) end
      if text:sub(-1) ~= "\n" then wrong[#wrong + 1] = path .. " ends inside of a line" end
    end
    assert_none(wrong)
  end)

  it("have lines of at most 80 columns in C", function()
    each_line(c_files, function(line) return utf8.len(line) > 80 and "too long" end)
  end)

  it("have lines of at most 100 columns in Lua", function()
    each_line(lua_files, function(line) return utf8.len(line) > 100 and "too long" end)
  end)

  it("have no tabs, no carriage returns and no spaces at the ends of lines", function()
    each_line(all, function(line)
      return line:find "\t" and "a tab" or line:find "\r" and "a carriage return"
        or line:find " $" and "a space at the end"
    end)
  end)

  it("have no notes to do something later", function()
    local notes = {"TO" .. "DO", "FIX" .. "ME", "X" .. "XX", "HA" .. "CK"}
    each_line(all, function(line)
      for _, note in ipairs(notes) do
        if line:find("%f[%a]" .. note .. "%f[%A]") then return note end
      end
    end)
  end)
end)

-- Lua: a module's name from its path, and the modules of teasel that it names
local function module_of(path)
  local name = path:match "^lua/(.*)%.lua$"
  return name and name:gsub("/init$", ""):gsub("/", ".")
end

local modules = {["teasel.core"] = true}
for _, path in ipairs(lua_files) do
  if module_of(path) then modules[module_of(path)] = path end
end

-- what is required by name, and what is taken from the module `teasel` by name
local function needs(path)
  local code, list = lua_code(path), {}
  for name in code:gmatch "require%s*%(?%s*[\"']([%w_.]+)[\"']" do list[name] = true end
  for alias in code:gmatch "local%s+([%w_]+)%s*=%s*require%s*%(?%s*[\"']teasel[\"']" do
    for field in code:gmatch("%f[%w_]" .. alias .. "%.([%a_][%w_]*)") do
      if modules["teasel." .. field] then list["teasel." .. field] = true end
    end
  end
  return list
end

-- the layers that the arrows name; modules that are not listed lie above them
local LAYERS = {
  {"teasel.core"},
  {"teasel.lib.fail"},
  {"teasel.lib.json", "teasel.options"},
  {"teasel.lib.names"},
  {"teasel.lib.check"},
  {"teasel.initial", "teasel.tree", "teasel.lib.argument", "teasel.lib.shard", "teasel.lib.stop"},
  {"teasel.lib.walk"},
  {"teasel.op.composed", "teasel.grad", "teasel.show"},
  {"teasel.op.reduce", "teasel.op.array", "teasel.op.contract", "teasel.op.sampling"},
  {"teasel.op.sorting", "teasel.lib.layer"},
  {"teasel.nn", "teasel.dist", "teasel.optim"},
}

local layer = {}
for i, names in ipairs(LAYERS) do
  for _, name in ipairs(names) do layer[name] = i end
end

describe("the Lua modules #once", function()
  it("of the arrows are all there", function()
    for name in pairs(layer) do assert.is_truthy(modules[name], name) end
  end)

  it("require only what lies below them", function()
    local wrong, seen = {}, 0
    for name, i in pairs(layer) do
      for needed in pairs(modules[name] == true and {} or needs(modules[name])) do
        seen = seen + 1
        if needed:find "^teasel" and (layer[needed] or math.huge) >= i then
          wrong[#wrong + 1] = name .. " requires " .. needed
        end
      end
    end
    assert.is_true(seen > 15)
    assert_none(wrong)
  end)

  -- a room, and those that its modules may use beside itself, the core and the top level (whose
  -- order LAYERS tells); what is not below the top level may use lib and op too
  local ROOMS = {
    lib = {}, op = {"lib"}, surface = {"lib", "op"},
    format = {}, model = {}, data = {"format"}, metric = {}, plot = {},
    run = {"format", "model", "plot"},
    represent = {"format", "model", "data", "metric", "plot", "run"},
    report = {"format", "model", "data", "metric", "plot", "run", "represent"},
    tool = {"format", "model", "data", "metric", "plot", "run", "represent", "report"},
  }

  local BOTTOM = {lib = true, op = true, surface = true}

  local function room_of(name)
    local room = name:match "^teasel%.([%w_]+)"
    return ROOMS[room] and room or "surface"
  end

  it("of a room use only the rooms below it", function()
    local wrong, seen = {}, 0
    for name, path in pairs(modules) do
      local own = room_of(name)
      for needed in pairs(path == true and {} or name == "teasel" and {} or needs(path)) do
        local room = room_of(needed)
        local fine = (room == "lib" or room == "op") and not BOTTOM[own]
        for _, below in ipairs(ROOMS[own]) do fine = fine or below == room end
        if needed:find "^teasel%." and room ~= own and room ~= "surface" and not fine then
          wrong[#wrong + 1] = name .. " requires " .. needed
        end
        seen = seen + 1
      end
    end
    assert.is_true(seen > 200)
    assert_none(wrong)
  end)

  it("never need each other in a circle", function()
    local state, path = {}, {}
    local function visit(name)
      if state[name] == "done" or modules[name] == true or not modules[name] then return end
      path[#path + 1] = name
      assert(state[name] ~= "open", table.concat(path, " -> "))
      state[name] = "open"
      for needed in pairs(needs(modules[name])) do visit(needed) end
      state[name] = "done"
      path[#path] = nil
    end
    for name in pairs(modules) do visit(name) end
    assert.are.equal("done", state["teasel.nn"])
  end)

  it("of metrics see codes and factors, never a model", function()
    local wrong = {}
    for name, path in pairs(modules) do
      if name:find "^teasel%.metric" then
        for needed in pairs(needs(path)) do
          if modules[needed] and not needed:find "^teasel%.metric" and needed ~= "teasel"
            and (layer[needed] or math.huge) > layer["teasel.op.composed"] then
            wrong[#wrong + 1] = name .. " requires " .. needed
          end
        end
      end
    end
    assert_none(wrong)
  end)

  it("never run an experiment", function()
    local wrong = {}
    for _, path in pairs(modules) do
      for _, how in ipairs{"require", "dofile", "loadfile"} do
        if path ~= true and lua_code(path):find(how .. "%s*%(?%s*[\"']experiments") then
          wrong[#wrong + 1] = path .. " uses an experiment"
        end
      end
    end
    assert_none(wrong)
  end)

  it("say at the top what they are for", function()
    local wrong = {}
    for _, path in ipairs(lua_files) do
      if not path:find "^spec/" and not read(path):find "^%-%-+ %S" then
        wrong[#wrong + 1] = path
      end
    end
    assert_none(wrong)
  end)
end)

describe("globals #once", function()
  -- those of Lua itself; `arg` of scripts; those of busted in specs
  local known = {}
  for name in ([[_G _VERSION assert collectgarbage coroutine debug dofile error getmetatable io
    ipairs load loadfile math next os package pairs pcall print rawequal rawget rawlen rawset
    require select setmetatable string table tonumber tostring type utf8 warn xpcall
    arg]]):gmatch "%g+" do
    known[name] = true
  end
  local of_specs = {}
  for name in ([[describe it assert spy stub mock pending setup teardown before_each after_each
    lazy_setup lazy_teardown strict_setup strict_teardown insulate expose finally randomize
    file]]):gmatch "%g+" do
    of_specs[name] = true
  end

  it("are neither set nor misspelt anywhere", function()
    local wrong, seen = {}, 0
    for _, path in ipairs(lua_files) do
      for _, line in ipairs(lines_of("luac5.4 -l -p " .. path)) do
        local at, how, name = line:match '%[(%d+)%]%s+([GS]ETTABUP).-; _ENV "([^"]*)"'
        if name then
          seen = seen + 1
          local fine = how == "GETTABUP"
            and (known[name] or path:find "^spec/" and of_specs[name])
          if not fine then wrong[#wrong + 1] = ("%s:%s: %s %s"):format(path, at, how, name) end
        end
      end
    end
    assert.is_true(seen > 500)
    assert_none(wrong)
  end)

  it("are as they were after every module was loaded", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write [[
local before, metatable = {}, getmetatable("")
for k, v in pairs(_G) do before[k] = v end
local strings = {}
for k, v in pairs(string) do strings[k] = v end
setmetatable(_G, {__newindex = function(_, k) error("global " .. tostring(k), 2) end})
for i = 1, #arg do require(arg[i]) end
setmetatable(_G, nil)
for k, v in pairs(_G) do assert(rawequal(v, before[k]), k) end
for k, v in pairs(string) do assert(rawequal(v, strings[k]), k) end
assert(getmetatable("") == metatable and os.setlocale() == "C")
print "as they were"
]]
    file:close()
    local names = {"teasel"}
    for name in pairs(modules) do names[#names + 1] = name end
    table.sort(names)
    local out = lines_of(("LUA_PATH_5_4='%s' LUA_CPATH_5_4='%s' lua5.4 %s %s 2>&1"):format(
      package.path, package.cpath, path, table.concat(names, " ")))
    os.remove(path)
    assert.are.equal("as they were", table.concat(out, "\n"))
  end)
end)
