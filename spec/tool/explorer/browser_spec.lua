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
while true do server:step(1) end
]]

local function missing() return served.missing() or chromium.missing() end

describe("the explorer's page #slow", function()
  if missing() then return pending(missing()) end

  local folder, s, text
  setup(function()
    folder = scratch.make()
    assert(core.file.save(folder .. "/serve.lua", SCRIPT:format(child.root)))
    s = served.run(child.lua .. " serve.lua", folder)
    T.canvas.new{width = 30, height = 10}:save(folder .. "/white.png")
    local pipe = io.popen(("%s '%s/spec/tool/explorer/browser.py' %s '%s' 2>&1"):format(
      chromium.PYTHON, child.root, s.address, folder))
    text = pipe:read "a"
    pipe:close()
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
    map = "shows the image and the factors of a point of the map",
    save = "saves what is seen",
    names_and_widths = "has a name for everything and room on every width",
    image_stays_in_sight = "keeps the image in sight beside the last slider on a phone",
  } do
    it(sentence, function()
      assert.is_truthy(text:find("test_" .. name .. " [^\n]* %.%.%. ok\n"), text)
    end)
  end
end)
