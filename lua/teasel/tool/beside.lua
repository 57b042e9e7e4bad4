-- build/teasel beside RUN RUN ... [--factors azimuth,light] [--out beside.png]
--   Models side by side: for each factor the latent of every run that follows it most, swept from
--   one image on, as in figures 1 and 3 of Higgins et al. 2017. Which latent that is, and how well
--   it follows, is measured on the run's data and printed; so are rate and distortion of each run.
--
--   --factors NAMES  the factors (default: all that the data of every run have)
--   --names NAMES    what the runs are called (default: the last part of what is given as RUN)
--   --data NAME      what latents are chosen by: dsprites, faces or another drawn set, in the size
--                    of each run's images (default: the data that the run has)
--   --points N       images by which latents are chosen (4000)
--   --image N        the number of the image that is encoded (0: the middle of the data's space)
--   --count N        columns (8)
--   --columns        also what each latent of every run does, in columns as in figure 7, where the
--                    data have positions: NAME-1.png and so on, and NAME-columns.png with all
--   --trust          opens runs that were not made by this user on this machine without asking
--   --out FILE       the figure (beside.png); rates are drawn beside it, in NAME-rates.png

local asking = require "teasel.tool.repl.names"
local beside = require "teasel.report.beside"
local canvas = require "teasel.plot.canvas"
local columns = require "teasel.report.columns"
local command = require "teasel.run.command"
local diagnosis = require "teasel.report.diagnosis"
local options = require "teasel.options"
local run = require "teasel.run"

local tool = {}

local OPTIONS = {factors = "", names = "", points = 4000, image = 0, count = 8, columns = false,
  data = "", trust = false, out = "beside.png", help = false}

local function words(text)
  local list = {}
  for word in text:gmatch "[^,]+" do list[#list + 1] = word end
  return #list > 0 and list or nil
end

-- pictures in one, two in a row, each at the left end of its half; true, or nil and a message
local function sheet(path, pictures)
  local wide, high, places = 0, 0, {}
  for k = 1, #pictures, 2 do
    local left, right = pictures[k], pictures[k + 1] or pictures[k]
    wide = math.max(wide, left.width, right.width)
    places[#places + 1], high = high, high + math.max(left.height, right.height)
  end
  local page = canvas.new{width = math.min(#pictures, 2) * wide, height = high}
  for k, picture in ipairs(pictures) do
    page:image((k - 1) % 2 * wide, places[(k + 1) // 2], picture)
  end
  return page:save(path)
end

-- main(words): what `build/teasel beside WORDS` does
function tool.main(given)
  local runs, dirs, rest = {}, command.front(given)
  local o = options.read("beside", command.typed(rest, OPTIONS), OPTIONS)
  if o.help then return command.show_head "beside" end
  if #dirs == 0 then command.fail "got no runs, wanted: beside RUN RUN ..., or --help" end
  asking.check(dirs, o.trust)
  for i, dir in ipairs(dirs) do
    local r, message = run.open(dir)
    if not r then command.fail("%s", message) end
    runs[i] = r
  end
  command.at_least(o, {points = 2, count = 2, image = 0})
  local data
  if o.data ~= "" then
    local found, make = pcall(require, "teasel.data.generator." .. o.data)
    local meta = getmetatable(make)
    if not (found and (type(make) == "function" or meta and meta.__call)) then
      command.fail("option --data: got '%s', which is no drawn set", o.data)
    end
    data = function(height) return make(o.data == "dsprites" and {} or {size = height}) end
  end
  local names = words(o.names) or {}
  for i, dir in ipairs(dirs) do names[i] = names[i] or dir:match "([^/]+)/*$" end
  local text, message = beside(o.out, runs, {factors = words(o.factors), data = data,
    names = names, points = o.points, count = o.count,
    seed = o.image > 0 and o.image or nil})
  if not text then command.fail("%s", message) end
  print(text)
  local path = o.out:gsub("%.png$", "") .. "-rates.png"
  local rates = diagnosis.rates(path, runs)
  if rates then print("\n" .. rates) end
  local written, drawn = {o.out, rates and path}, {}
  for k, r in ipairs(o.columns and runs or {}) do
    local space = r.data and r.data.space
    if space and space:find "posX" and space:find "posY" then
      local name = ("%s-%d.png"):format((o.out:gsub("%.png$", "")), k)
      local ok, why = columns(name, r, {title = names[k]})
      if not ok then command.fail("%s", why) end
      written[#written + 1] = name
      drawn[#drawn + 1] = assert(canvas.read(name))
    end
  end
  if #drawn > 1 then
    written[#written + 1] = o.out:gsub("%.png$", "") .. "-columns.png"
    assert(sheet(written[#written], drawn))
  end
  print("\nwritten: " .. table.concat(written, ", "))
end

if ... ~= "teasel.tool.beside" then command.attempt(tool.main, arg) end

return tool
