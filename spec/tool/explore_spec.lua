-- The command that opens runs on a page.

local child = require "spec.child"
local core = require "teasel.core"
local explore = require "teasel.tool.explore"
local json = require "teasel.lib.json"
local scratch = require "spec.scratch"
local served = require "spec.tool.explorer.served"

-- a run whose only image is as white as it has steps, of eight
local SCRIPT = [[
local T = require "teasel"
local config = T.run.config{steps = 1}
local state = {w = T.zeros{1}}
T.run.train{config = config, state = state,
  step = function() state.w = state.w + 1 return {loss = state.w:sum()} end,
  view = T.view{latents = {{name = "z1"}},
    prior = function(stream, n) return stream:normal{n, 1} end,
    decode = function(z) return (z * 0 + state.w / 8):reshape{#z, 1, 1, 1} end}}
]]

local SOURCE = "/lua/teasel/tool/explore.lua"

describe("teasel explore", function()
  local folder = scratch.make()
  teardown(function() scratch.remove(folder) end)

  local function train(name, words)
    assert(core.file.save(folder .. "/script.lua", SCRIPT))
    local command = "cd '%s' && TEASEL_KEY=key %s script.lua --run %s %s > trained 2>&1"
    local ok = os.execute(command:format(folder, child.lua, name, words))
    assert(ok, scratch.read(folder, "trained"))
  end

  local function refused(words, before)
    return (scratch.shell(folder, ("%s %s '%s%s' %s"):format(child.lua, before or "", child.root,
      SOURCE, words)))
  end

  it("serves the files of its page, which load nothing from elsewhere", function()
    local pages = explore.pages()
    assert.equal("text/html; charset=utf-8", pages["/"][1])
    for path, file in pairs(pages) do
      assert.is_nil(file[2]:find("https?://[^w]"), path)   -- the name space of SVG aside
      for asked in file[2]:gmatch 'from%s+"([^"]*)"' do assert.is_truthy(pages[asked], asked) end
      for asked in file[2]:gmatch '[sh]re?[cf]="([^"]*)"' do
        assert.is_truthy(pages[asked] or asked == "data:,", asked)
      end
    end
    assert.is_nil(pages["/server.lua"])
  end)

  it("opens a run, follows its training, and ends at Ctrl-C", function()
    if served.missing() then return pending(served.missing()) end
    train("try", "")
    local command = "TEASEL_KEY=key DISPLAY= %s '%s%s' try --watch"
    local s = served.run(command:format(child.lua, child.root, SOURCE), folder)
    local status, answer = s:ask "GET /"
    assert.equal(200, status)
    assert.matches("<title>teasel explorer</title>", answer)
    local about = json.decode(s:question("about", {}))
    assert.is_true(about.watch)
    assert.same({"try", 1, 1}, {about.runs[1].name, about.runs[1].step, about.runs[1].version + 1})
    local function image() return s:question("decode", {run = 1, z = {{0}}}):byte() end
    assert.equal(32, image())
    train("try", "--resume --steps 3")
    local run = json.decode(s:question("status", {})).runs[1]
    assert.same({3, 1}, {run.step, run.version})
    assert.equal(#scratch.read(folder, "try/log.jsonl"), run.log)
    assert.equal(96, image())
    assert.equal(0, s:stop(2))
  end)

  it("has a port that there is", function()
    for _, port in ipairs{-1, 65536, 99999} do
      local _, message = pcall(explore.main, {"x", "--port", tostring(port)})
      assert.equal(("option --port: got %d, wanted 0..65535"):format(port), tostring(message))
    end
  end)

  it("asks for a new token wherever others can reach it, and for none elsewhere", function()
    if served.missing() then return pending(served.missing()) end
    local tokens = {}
    for i, host in ipairs{"0.0.0.0", "0.0.0.0", "127.0.0.1"} do
      local s = assert(explore.serve({}, {host = host, port = 0}))
      tokens[i] = s.address:match "^http://[^/]+/(.*)$"
      s:close()
    end
    assert.matches("^%?token=%x+$", tokens[1])
    assert.equal(32 + #"?token=", #tokens[1])
    assert.are_not.equal(tokens[1], tokens[2])
    assert.equal("", tokens[3])
  end)

  it("says what it wants instead of what it got", function()
    assert.matches("got no runs, wanted: explore RUN", refused "")
    assert.matches("did you mean 'watch'", refused "other --wach")
    assert.matches("explore: lua%-socket is not installed %(make deps, or [^\n]*%)\n$",
      refused("other", "-e 'package.preload.socket = error'"))
    if served.missing() then return end
    assert.matches("explore: cannot open no/where/script.lua", refused "no/where")
    train("other", "")
    assert.matches("other may not be yours.*%-%-trust", refused "other < /dev/null")
  end)
end)

