-- Whose a run is, and what is asked before one of somebody else is executed.

local core = require "teasel.core"
local child = require "spec.child"
local scratch = require "spec.scratch"

local folder = scratch.make()

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
end

-- Executes Lua with this home of keys; what it prints.
local function run(code, key)
  write("code.lua", code)
  local pipe = assert(io.popen(("TEASEL_KEY='%s' %s %s/code.lua 2>&1"):format(key or folder
    .. "/key", child.lua, folder)))
  local text = pipe:read "a"
  pipe:close()
  return text
end

write("script.lua", [[
local T = require "teasel"
local config = T.run.config{steps = 2}
T.run.train{config = config, state = {x = 1, w = T.zeros{2}}, step = function()
  return {loss = 1}
end}
]])

local function own(dir, key)
  return run(("print(require('teasel.run.maker').is_own(%q))"):format(dir), key)
end

describe("the maker of a run", function()
  local dir = folder .. "/run"
  setup(function()
    assert.is_truthy(run(("arg = {[0] = %q, '--run', %q} dofile(arg[0])"):format(
      folder .. "/script.lua", dir)))
    assert.is_truthy(core.file.read(dir .. "/maker"))
  end)
  teardown(function() scratch.remove(folder) end)

  it("is known by a marker that nobody else can have written", function()
    assert.equal("true\n", own(dir))
    assert.matches("^false\tits marker is another", own(dir, folder .. "/other"))
    assert.matches("^false\tits marker is another", own(dir, ""))
  end)

  it("is no longer known once the script was changed, or the marker is gone", function()
    os.execute(("cp -r %s %s.copy"):format(dir, dir))
    assert.equal("true\n", own(dir .. ".copy"))
    local file = assert(io.open(dir .. ".copy/script.lua", "a"))
    file:write "os.execute 'true'\n"
    file:close()
    assert.matches("^false\t.*script was changed", own(dir .. ".copy"))
    os.remove(dir .. ".copy/maker")
    assert.matches("^false\tit has no marker", own(dir .. ".copy"))
    assert.matches("^false\tit has no script", own(folder .. "/nowhere"))
  end)

  it("has a key of random bytes that nobody else may read", function()
    local pipe = assert(io.popen(("stat -c '%%a %%s' %s/key"):format(folder)))
    assert.equal("600 32\n", pipe:read "a")
    pipe:close()
  end)

  it("is no more than missing where no key can be kept", function()
    local other = folder .. "/keyless"
    local text = run(("arg = {[0] = %q, '--run', %q} dofile(arg[0])"):format(
      folder .. "/script.lua", other), "/nowhere/at/all")
    assert.is_nil(text:find "nowhere")
    assert.is_nil(core.file.read(other .. "/maker"))
    assert.is_truthy(core.file.read(other .. "/script.lua"))
  end)

  it("is asked for before a strange run is opened, and the answer counts", function()
    local code = [[
local trust = require "teasel.tool.repl.trust"
local function open(o) return (select(2, trust.open(%q, o))) end
print(open{})
print(open{ask = function(text) print(text) return false end})
print(open{ask = function() return true end})
print(open{})   -- was said yes to
]]
    local lines = {}
    for line in run(code:format(dir), folder .. "/other"):gmatch "[^\n]+" do
      lines[#lines + 1] = line
    end
    assert.matches("may not be yours: its marker is .* executes its script.lua %(5 lines%), which "
      .. "may do whatever you may%. Read it, then give %-%-trust%.$", lines[1])
    assert.matches("Open it%? %[y/N%] $", lines[2])
    assert.equal(dir .. ": not opened", lines[3])
    assert.same({"nil", "nil"}, {lines[4], lines[5]})
    local one = "print((select(2, require('teasel.tool.repl.trust').open(%q, %s))))"
    assert.equal("nil\n", run(one:format(dir, "{}")))
    assert.equal("nil\n", run(one:format(dir, "{trust = true}"), folder .. "/other"))
  end)

  it("is asked for by `score` too, which opens runs", function()
    os.execute(("cp -r %s %s.given && rm %s.given/maker"):format(dir, dir, dir))
    local function score(options)
      return run(("arg = {%q%s} dofile %q"):format(dir .. ".given", options,
        child.root .. "/lua/teasel/tool/score.lua"))
    end
    assert.matches("score: .* may not be yours: it has no marker.* give %-%-trust", score "")
    assert.matches("hands no `data` with known factors", score ", '--trust'")
    assert.matches("hands no `data` with known factors", score ", '--trust', 'true'")
    assert.matches("hands no `data` with known factors", run(("arg = {%q} dofile %q"):format(dir,
      child.root .. "/lua/teasel/tool/score.lua")))
  end)

  it("is asked for by all tools that open several runs", function()
    for i, tool in ipairs{"summary", "choose", "beside"} do
      local theirs = ("%s/strange%d"):format(folder, i)
      os.execute(("cp -r %s %s && rm %s/maker"):format(dir, theirs, theirs))
      os.execute(("sed -i '1i print \"executed\"' %s/script.lua"):format(theirs))
      local function said(options)
        return run(("arg = {%q, %q%s} dofile %q"):format(dir, theirs, options,
          ("%s/lua/teasel/tool/%s.lua"):format(child.root, tool)))
      end
      local text = said ""
      assert.matches("strange%d may not be yours: .* give %-%-trust", text)
      assert.is_nil(text:find "executed")
      text = said ", '--trust'"
      assert.is_nil(text:find "may not be yours")
      assert.is_truthy(text:find "executed")
    end
  end)

  it("is not missed where the script is that of an experiment, to the last byte", function()
    local text = core.file.read(child.root .. "/experiments/vae_mnist.lua")
    assert(core.system.folder(folder .. "/theirs"))
    local code = ("print((select(2, require('teasel.tool.repl.trust').open(%q, {}))))"):format(
      folder .. "/theirs")
    assert(core.file.save(folder .. "/theirs/script.lua", text))
    assert.matches("theirs/config.json", run(code))   -- it was executed, and lacks its settings
    assert(core.file.save(folder .. "/theirs/script.lua", text .. " "))
    assert.matches("may not be yours: it has no marker", run(code))
  end)

  it("stands behind the `open` of every session, whose answers are words", function()
    local names = require "teasel.tool.repl.names"
    local see = {print = print}
    local typed = names.of(see, function(path)
      if path == "mine" then return {step = 1} end
      return nil, path .. ": no run"
    end)
    assert.equal(1, typed.open("mine").step)
    assert.equal(1, see.open("mine").step)
    assert.same({nil, "other: no run"}, {see.open "other"})
    local ok, raised = pcall(typed.open, "other")
    assert.is_false(ok)
    assert.matches("open: other: no run$", raised)
    assert.is_false(pcall(typed.open, 3))
    local answer = "print((select(2, require('teasel.tool.repl.names').strange(function() return "
      .. "%s end)(%q))))"
    assert.equal(dir .. ": not opened\n", run(answer:format("'no'", dir), folder .. "/other"))
    assert.equal(dir .. ": not opened\n", run(answer:format("nil", dir), folder .. "/other"))
    assert.equal("nil\n", run(answer:format("'Yes, please'", dir), folder .. "/other"))
  end)
end)
