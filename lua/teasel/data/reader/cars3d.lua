-- Cars3D (Reed et al. 2015): renderings of 183 cars from 24 azimuths and 4 elevations, 128 x 128,
-- as released: a .mat file for each car. A grid of car, elevation and azimuth.
--
--   T.data.cars3d{folder = "data/cars", size = 64}
--
-- Options: folder ("": found by teasel.data.find as "cars3d"), size (128: as they are; or what 128
-- can be divided by without a rest, as the mean of pixels). A folder with fewer cars has these. The
-- images go into the cache. nil, message where a file cannot be read.

local cache = require "teasel.data.cache"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local find = require "teasel.data.find"
local mat = require "teasel.format.mat"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"
local set = require "teasel.data.set"
local space = require "teasel.data.space"

local op = core.op
local SIDE, AZIMUTHS, ELEVATIONS = 128, 24, 4
local VIEWS = AZIMUTHS * ELEVATIONS

local function ramp(n, step)
  local list = {}
  for i = 1, n do list[i] = (i - 1) * step end
  return list
end

-- the views of a car as bytes, azimuth running fastest
local function views(path, size)
  local file, message = mat.open(path)
  if not file then return nil, message end
  local x
  x, message = file:columns "im"
  if not x then return nil, message end
  local shape = table.concat(x:shape(), " ")
  if shape ~= "4 24 3 128 128" then
    return nil, ("%s: 'im' has the axes [%s] from the last to the first, wanted [4 24 3 128 128]")
      :format(path, shape)
  end
  x = op.permute(x:reshape{VIEWS, 3, SIDE, SIDE}, {1, 4, 3, 2})
  local k = SIDE // size
  if k > 1 then x = op.sum(x:reshape{VIEWS, size, k, size, k, 3}, {3, 5}) * (1 / k ^ 2) end
  return x:bytes(0, 255):string()
end

return function(given)
  local o = options.read("cars3d", given, {folder = "", size = SIDE})
  if math.type(o.size) ~= "integer" or o.size < 1 or SIDE % o.size ~= 0 then
    fail("cars3d: option 'size': got %s, wanted a divisor of %d", tostring(o.size), SIDE)
  end
  local folder, message = find("cars3d", o.folder)
  if not folder then return nil, message end
  local names
  names, message = files.walk(folder, {mat = true})
  if not names then return nil, message end
  if #names == 0 then return nil, folder .. ": got no .mat file, wanted one for each car" end
  local count, shape = #names * VIEWS, {o.size, o.size, 3}
  local function key()
    return ("%s\n%s\n%d"):format(folder, files.stamp(folder, names), o.size)
  end
  local text, rows = key(), nil
  rows, message = pictures.grouped{name = "cars3d", key = key, groups = #names, each = VIEWS,
    shape = shape, make = function(car) return views(folder .. "/" .. names[car], o.size) end}
  if not rows then return nil, message end
  local digest = core.file.sha256(text)
  local made = set.new{shape = shape, key = function() return digest end,
    space = space{names = {"car", "elevation", "azimuth"}, sizes = {#names, ELEVATIONS, AZIMUTHS},
      values = {elevation = ramp(ELEVATIONS, 6), azimuth = ramp(AZIMUTHS, 15)}},
    block = cache.block(count, shape), images = function(index) return rows:take(index) end}
  made.files = names
  return made
end
