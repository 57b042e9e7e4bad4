-- The form of what is answered to wrong calls, for every public function of every module in Lua and
-- every method of its objects: an error names the line of the caller, the function or its module,
-- what was got and what was wanted. Lua's own errors ("attempt to index a nil value") are none of
-- these. What single functions want is in the specs of their modules.

local T = require "teasel"

-- modules that are no part of the surface: they serve the others, and are called rightly by them
local INNER = require("teasel.tool.help").INNER

-- further names in front of the errors of a module's functions
local ALSO = {
  figure = "canvas", report = "option --",
  summary = "report", gan_report = "summary",
}

local function modules()
  local names = {}
  local pipe = assert(io.popen("find lua/teasel -name '*.lua' | LC_ALL=C sort"))
  for path in pipe:lines() do
    local name = path:match("^lua/teasel/(.*)%.lua$"):gsub("/", "."):gsub("%.init$", "")
    if name ~= "init" and not name:find "^tool%." and not name:find "_names$" then
      names[#names + 1] = name
    end
  end
  pipe:close()
  return names
end

-- arguments of wrong calls: nothing, and five times the same value of each type
local calls = {{n = 0}}
for _, value in ipairs{"5", {}, true, 7, -1.5, T.ones(2, 3), T.stream(1), print,
    coroutine.create(print)} do
  calls[#calls + 1] = {n = 5, value, value, value, value, value}
end

-- what is wrong with a message, or nil. `names`: words one of which has to be in front of the rest
local function fault_of(message, names)
  if type(message) ~= "string" then return end   -- an error of the function that was given
  local body = message:match "^spec/wrong_form_spec%.lua:%d+: (.*)"
  if not body then return "no line of the caller" end
  if body:find "out of memory" then return end
  -- no wrong call, but files that are not there
  if body:find "found no run in" or body:find "cannot save" or body:find "cannot write" then
    return
  end
  -- charts say what is there: "the path is a number, wanted a string"
  if not body:find "got .*wanted " and not body:find "^chart: .* is .*wanted " then
    return "what was got and wanted is not told"
  end
  for _, name in ipairs(names) do
    if body:match("^[^:]*"):find(name, 1, true) then return end
    if body:match("^[%w_.]+:?[%w_]*"):find(name, 1, true) then return end
  end
  return "neither the function nor its module is named"
end

-- all wrong calls of f, as a method of `self` where there is one; at most a few faults
local function faults_of(f, names, self)
  local faults = {}
  for _, given in ipairs(calls) do
    local args = given
    if self then args = table.pack(self, table.unpack(given, 1, given.n)) end
    -- what reads a command line may print its help and end the script
    local exit, write = os.exit, io.write
    os.exit, io.write = function() error({}) end, function() end
    local ok, message = pcall(function()
      local result = f(table.unpack(args, 1, args.n))
      return result
    end)
    os.exit, io.write = exit, write
    local fault = not ok and fault_of(message, names)
    if fault and #faults < 3 then
      faults[#faults + 1] = ("%s: %s"):format(fault, tostring(message))
    end
  end
  return faults
end

local function callable(v)
  local meta = type(v) == "table" and getmetatable(v)
  return type(v) == "function" or type(meta) == "table" and meta.__call ~= nil
end

local found = 0

-- a test for every function in t, and in the tables in it
local function walk(path, t, seen)
  if seen[t] then return end
  seen[t] = true
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = type(k) == "string" and k or nil end
  table.sort(keys)
  for _, k in ipairs(keys) do
    local v, name = rawget(t, k), path .. "." .. k
    local last = path:match "[^.]*$"
    if callable(v) then
      found = found + 1
      it("of " .. name .. " is answered in the right form", function()
        assert.same({}, faults_of(v, {k, last, ALSO[last] or ALSO[k] or k}))
      end)
    elseif type(v) == "table" and not getmetatable(v) and not INNER[name] and k ~= "rows" then
      walk(name, v, seen)
    end
  end
end

local space = T.data.space{names = {"a", "b"}, sizes = {2, 3}}
local set = T.data.space.set(space, function(index) return T.zeros(#index, 2, 2, 1) end)
local net = T.nn.chain{T.nn.linear(2, 3), T.nn.relu}

-- objects, and the names in front of their methods' errors
local objects = {
  {"a space", space, {"space"}}, {"a data set", set, {"set", "space"}},
  {"a sheet", T.data.sheet{height = 2, width = 2}, {"sheet"}},
  {"a ring", T.data.ring{}, {"set", "space", "ring"}},
  {"latents", T.latents{noise = 2, {"categorical", 3}, {"uniform", 1}}, {"latents"}},
  {"a learner", T.vae.learner(T.vae.fc(2, 3), T.optim.adam{lr = 1}, T.stream(1)), {"learner"}},
  {"an optimizer", T.optim.adam{lr = 1}, {"optim", "adam"}},
  {"a canvas", T.canvas.new{width = 9, height = 9}, {"canvas"}},
  {"a network", net, {"init", "chain"}},
  {"a player", T.game.player{params = T.ones{1}, optimizer = T.optim.sgd{lr = 1},
    loss = function(p) return p:sum() end}, {"player", "optim", "sgd"}},
  {"a sequential network", T.sequential{4}, {"sequential", "chain", "linear", "conv"}},
}

describe("A wrong call", function()
  for _, name in ipairs(modules()) do
    local own = name:match "[^.]*$"
    if not INNER[own] and not name:find "^metric%.lib%." then
      local module = require("teasel." .. name)
      if type(module) == "table" then walk(name, module, {}) end
      if callable(module) then
        found = found + 1
        it("of " .. name .. " is answered in the right form", function()
          assert.same({}, faults_of(module, {name:match "[^.]*$"}))
        end)
      end
    end
  end

  for _, object in ipairs(objects) do
    local methods, names = getmetatable(object[2]).__index, {}
    for name, f in pairs(methods) do
      if type(f) == "function" and not name:find "^__" then names[#names + 1] = name end
    end
    table.sort(names)
    for _, name in ipairs(names) do
      found = found + 1
      local words = table.move(object[3], 1, #object[3], 2, {name})
      it(("of %s's %s is answered in the right form"):format(object[1], name), function()
        assert.same({}, faults_of(methods[name], words, object[2]))
        assert.same({}, faults_of(methods[name], words))
      end)
    end
  end

  it("of a network is answered in the right form", function()
    assert.same({}, faults_of(net, {"chain"}))
    assert.same({}, faults_of(net, {"chain", "linear"}, (net:init(T.stream(1)))))
  end)

  it("was made of all functions that there are", function()
    assert.is_true(found > 180, found)
  end)
end)

-- the text among the values is also a path that images can be saved under
teardown(function() os.remove "5" end)
