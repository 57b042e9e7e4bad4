-- The explorer's page in a browser: what a mouse, a keyboard and a dropped file do to it.

local child = require "spec.child"
local chromium = require "spec.chromium"
local core = require "teasel.core"
local scratch = require "spec.scratch"
local served = require "spec.tool.explorer.served"
local T = require "teasel"

local SCRIPT = [[
package.path = "%s/?.lua;" .. package.path
local core = require "teasel.core"
local explore = require "teasel.tool.explore"
local models = require "spec.tool.explorer.models"
local subject = require "teasel.tool.explorer.subject"
local subjects = {}
for i, name in ipairs{"coder", "generator", "swapper"} do
  assert(core.system.folder(name))
  assert(core.file.save(name .. "/script.lua", ""))
  subjects[i] = subject.new(models[name](name))
end
local server = assert(explore.serve(subjects, {host = "127.0.0.1", port = 0, watch = false}))
print(server.address)
io.flush()
while true do explore.step(server, subjects) end
]]

-- a run whose only image is as white as it has steps, of eight
local TRAINED = [[
local core = require "teasel.core"
local T = require "teasel"
local config = T.run.config{steps = 3}
local state = {w = T.zeros{1}}
T.run.train{config = config, state = state,
  step = function()
    while state.w:item() > 0 and not core.file.read "go" do core.system.sleep(0.05) end
    state.w = state.w + 1
    return {loss = state.w:sum()}
  end,
  view = T.view{latents = {{name = "z1"}},
    prior = function(stream, n) return stream:normal{n, 1} end,
    decode = function(z) return (z * 0 + state.w / 8):reshape{#z, 1, 1, 1} end}}
]]

-- what the tests of a script say of a page
local function played(name, s, folder)
  local pipe = io.popen(("%s '%s/spec/tool/explorer/%s.py' %s '%s' 2>&1"):format(chromium.PYTHON,
    child.root, name, s.address, folder))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function missing() return served.missing() or chromium.missing() end

describe("the explorer's page #slow #once", function()
  if missing() then return pending(missing()) end

  local folder, s, text
  setup(function()
    folder = scratch.make()
    assert(core.file.save(folder .. "/serve.lua", SCRIPT:format(child.root)))
    s = served.run(child.lua .. " serve.lua", folder)
    T.canvas.new{width = 30, height = 10}:save(folder .. "/white.png")
    text = played("browser", s, folder)
  end)
  teardown(function()
    s:stop()
    scratch.remove(folder)
  end)

  for name, sentence in pairs{
    drag = "draws the image again while a slider is dragged",
    type = "takes numbers that are typed: of a latent, of an image",
    drop = "encodes a file that is dropped or opened, and says why it cannot",
    compare = "shows two runs side by side, and swaps what they have",
    keyboard = "can be used by keyboard alone",
    categories = "has categories as buttons, and samples to begin at",
    tsne = "draws a map by t-SNE while the user does something else",
    map = "shows the image and the factors of a point of the map",
    save = "saves what is seen",
    names_and_widths = "has a name for everything and room on every width",
    strangers = "gives nothing to another site's page, nor under a name that was rebound",
    about = "tells what a run is",
    image_stays_in_sight = "keeps the image in sight beside the last slider on a phone",
  } do
    it(sentence, function()
      assert.is_truthy(text:find("test_" .. name .. " [^\n]* %.%.%. ok\n"), text)
    end)
  end
end)

describe("the explorer's page of a training #slow #once", function()
  if missing() then return pending(missing()) end

  it("shows its newest state and its curves, the latents where they were", function()
    local folder = scratch.make()
    assert(core.file.save(folder .. "/script.lua", TRAINED))
    local training = assert(core.process.start({"sh", "-c", ("cd '%s' && TEASEL_KEY=key exec env "
      .. "%s script.lua --run try --log 1 --checkpoint 1"):format(folder, child.lua)},
      folder .. "/trained"))
    for _ = 1, 600 do
      if core.system.list(folder .. "/try/checkpoints") then break end
      core.system.sleep(0.05)
    end
    local s = served.run(("TEASEL_KEY=key DISPLAY= %s '%s/lua/teasel/tool/explore.lua' try --watch"
      ):format(child.lua, child.root), folder)
    local text = played("following", s, folder)
    s:stop(2)
    training:signal(15)
    while training:ended() == nil do core.system.sleep(0.05) end
    scratch.remove(folder)
    assert.matches("test_follow [^\n]* %.%.%. ok\n", text)
  end)
end)
