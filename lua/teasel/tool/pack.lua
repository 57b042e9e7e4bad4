-- build/teasel pack RUN [--half] [--figures false] [--out FILE]
--   A run as one file that others can open: script, settings, weights of the newest checkpoint,
--   log, scores and figures. It has no optimizer's slots, so no training goes on from it. Modules
--   and files of Lua that the script loads besides teasel are not in it, which is said.
--
--   --half           the weights with half the bits; what the run's view gives before and after
--                    is compared, for which the run is opened, and the differences are printed
--   --figures false  without pictures and what they were drawn from, most of the bytes of a small
--                    run
--   --out FILE       default: NAME.zip in this folder. A file that is there is left as it is
--   --trust          --half opens a run that was not made by this user on this machine
--
--   build/teasel unpack FILE makes a directory of it; repl, score and T.run.open take the file too.

local checkpoint = require "teasel.run.checkpoint"
local command = require "teasel.run.command"
local core = require "teasel.core"
local directory = require "teasel.run.directory"
local packed = require "teasel.run.packed"
local trust = require "teasel.tool.repl.trust"

local tool = {}

local IMAGES = 64    -- that are compared

-- what a view gives, by its names in words: images of drawn latents, codes of images
local function outputs(view, data)
  local found, stream = {}, core.rand.stream(1, "pack")
  local images = view.decode and view.decode(view.prior(stream:split "latents", IMAGES))
  found.images = images
  if type(data) == "table" and data.batch then images = data:batch(stream:split "data", IMAGES) end
  if images and view.represent then found.codes = view.represent(images) end
  return found
end

-- change(before, after) -> how far the outputs of a view differ, in words
function tool.change(before, after)
  local parts = {}
  for _, name in ipairs{"images", "codes"} do
    if before[name] then
      local difference = (before[name] - after[name]):abs()
      local scale = name == "images" and "pixels are in 0..1"
        or ("their standard deviation is %.3g"):format(before[name]:std():item())
      parts[#parts + 1] = ("%s by %.2g on average, %.2g at most (%s)"):format(name,
        difference:mean():item(), difference:max():item(), scale)
    end
  end
  return #parts > 0 and "half precision changes " .. table.concat(parts, ", ")
    or "the view gives neither images nor codes to compare"
end

-- the outputs of an opened run with the weights that a packed file of it has
local function with_packed(r, path)
  local dir = os.tmpname()
  os.remove(dir)
  local list, message = packed.unpack(path, dir)
  local note, restore
  if list then
    note, restore = checkpoint.read(directory.checkpoint(dir, list.step))
    message = restore
    packed.remove(dir, list)
  end
  if not note then command.fail("pack: %s", message) end
  restore(r.state)
  return outputs(r.view, r.data)
end

-- the modules and files besides teasel that a script names where it loads them, with commas
local function loaded_by(text)
  local names, seen = {}, {}
  text = text:gsub("%-%-[^\n]*", "")
  for _, verb in ipairs{"require", "dofile", "loadfile"} do
    for name in text:gmatch("%f[%w_]" .. verb .. "%s*%(?%s*[\"']([^\"'\n]+)") do
      local own = name ~= "teasel" and not name:find "^teasel%." and not package.loaded[name]
      if own and not seen[name] then names[#names + 1], seen[name] = name, true end
    end
  end
  return table.concat(names, ", ")
end

-- main(words): what `build/teasel pack WORDS` does
function tool.main(words)
  local runs, rest = command.front(words)
  local o = command.typed(rest, {half = false, figures = true, out = "", trust = false,
    help = false})
  if o.help then return command.show_head "pack" end
  if #runs ~= 1 then command.fail("pack: got %d runs, wanted one: teasel pack RUN", #runs) end
  local dir = runs[1]
  local path = o.out or dir:match "([^/]*)/*$" .. ".zip"
  if core.disk.stat(path) then
    command.fail("pack: %s is there already, give another --out", path)
  end
  local r, message, before
  if o.half then
    r, message = trust.open(dir, {trust = o.trust})
    if not r then command.fail("pack: %s", message) end
    before = r.view and outputs(r.view, r.data) or {}
  end
  local made
  made, message = packed.pack(dir, path, {half = o.half, figures = o.figures})
  if not made then command.fail("pack: %s", message) end
  print(("%s: step %d, %.2f MB"):format(path, made.step, made.bytes / 1e6))
  local others = loaded_by(core.file.read(dir .. "/script.lua") or "")
  if others ~= "" then
    print("not in it, but loaded by its script, so that whoever opens the run needs them: "
      .. others)
  end
  if #made.whole > 0 then
    print(("left as they were, since half precision cannot hold them: %s"):format(
      table.concat(made.whole, ", ")))
  end
  if before then print(tool.change(before, r.view and with_packed(r, path) or {})) end
end

if ... ~= "teasel.tool.pack" then command.attempt(tool.main, arg) end

return tool
