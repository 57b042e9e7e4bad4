-- Files of pictures as one set: decoded, cut and scaled once, by all processors, into the cache.

local cache = require "teasel.data.cache"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local options = require "teasel.options"
local set = require "teasel.data.set"

local picture = core.picture
local pictures = {}

-- options of every reader of pictures, with their defaults
pictures.defaults = {
  size = options.any,    -- of the result: a side, or {height, width}; nil: as the files are
  channels = 0,          -- 1: grey, 3: RGB, 0: as the first file has
  crop = options.any,    -- of the middle, taken out first: a side, or {height, width}; nil: nothing
  fit = "crop",          -- "crop": of the rest the middle of the result's shape; "stretch"
  filter = "area",       -- "area": the mean of what a pixel covers; "lanczos": three lobes
}

local function sides(who, name, value)
  if value == nil then return nil, nil end
  local h, w = value, value
  local pair = type(value) == "table"
  if pair then h, w = value[1], value[2] end
  for _, n in ipairs{h or 0, w or 0} do
    if math.type(n) ~= "integer" or n < 1 or n > 65535 or pair and #value > 2 then
      local got = {}
      for i, v in ipairs(pair and value or {}) do got[i] = tostring(v) end
      fail("%s: option '%s': got %s, wanted a side of 1 or more, or {height, width}", who, name,
        pair and "{" .. table.concat(got, ", ") .. "}" or tostring(value))
    end
  end
  return h, w
end

local function choice(who, name, value, known)
  if not known[value] then options.unknown(("%s: option '%s'"):format(who, name), value, known) end
  return value
end

local function fit_of(who, o)
  local height, width = sides(who, "size", o.size)
  local crop_height, crop_width = sides(who, "crop", o.crop)
  if o.channels ~= 0 and o.channels ~= 1 and o.channels ~= 3 then
    fail("%s: option 'channels': got %s, wanted 1 (grey), 3 (RGB) or 0 (as the files)", who,
      tostring(o.channels))
  end
  return {width = width, height = height, crop_width = crop_width, crop_height = crop_height,
    channels = o.channels > 0 and o.channels or nil,
    stretch = choice(who, "fit", o.fit, {crop = true, stretch = true}) == "stretch",
    lanczos = choice(who, "filter", o.filter, {area = true, lanczos = true}) == "lanczos"}
end

-- new{who =, name =, folder =, names = {file, ...}, options =, ...} -> the set of the pictures in
-- these files of a folder, cached under that name; nil, message that names a bad file. Everything
-- else is an option of set.new.
function pictures.new(given)
  local who, o, folder, names = given.who, given.options, given.folder, given.names
  local fit = fit_of(who, o)
  local width, height, channels
  if #names == 0 then return nil, ("%s: got no picture, wanted one or more"):format(folder) end
  local function key()
    local stamp, message = files.stamp(folder, names)
    if not stamp then return nil, message end
    local parts = {folder, stamp, width, height, channels}
    for _, name in ipairs{"width", "height", "channels", "crop_width", "crop_height", "stretch",
      "lanczos"} do
      parts[#parts + 1] = ("%s=%s"):format(name, tostring(fit[name]))
    end
    return table.concat(parts, "\n")
  end
  local found, message, _, _, w, h, c = picture.shape_of(folder .. "/" .. names[1], fit)
  if not found then return nil, message end
  width, height, channels = w, h, c
  local text
  text, message = key()
  if not text then return nil, message end
  local rows
  rows, message = cache.keep{name = given.name, key = text, count = #names,
    shape = {height, width, channels}, recheck = key, slab = function(first, last)
      local paths = {}
      for i = first, last do paths[#paths + 1] = folder .. "/" .. names[i] end
      return picture.many(paths, {width, height, channels}, fit)
    end}
  if not rows then return nil, message end
  local digest, shape = core.file.sha256(text), {height, width, channels}
  local about = {count = #names, shape = shape, key = function() return digest end,
    images = function(index) return rows:take(index) end, block = cache.block(#names, shape)}
  for name, value in pairs(given) do
    if name ~= "who" and name ~= "options" and name ~= "folder" and name ~= "names"
      and name ~= "name" then
      about[name] = value
    end
  end
  local made = set.new(about)
  made.files = names
  return made
end

-- grouped{name =, key = function() -> text, groups =, each =, shape = {h, w, c}, make =} -> images
-- that come in groups of one size, such as those of one file, as rows (see cache.keep); make(g) ->
-- the `each` images of group g as bytes, or nil, message
function pictures.grouped(o)
  local size = 1
  for _, n in ipairs(o.shape) do size = size * n end
  local at, bytes = 0, nil     -- the group that was made last
  return cache.keep{name = o.name, key = o.key(), count = o.groups * o.each, shape = o.shape,
    recheck = o.key, slab = function(first, last)
      local parts = {}
      while first <= last do
        local g = (first - 1) // o.each + 1
        if g ~= at then
          local message
          bytes, message = o.make(g)
          if not bytes then return nil, message end
          at = g
        end
        local from, stop = first - (g - 1) * o.each, math.min(last - (g - 1) * o.each, o.each)
        parts[#parts + 1] = bytes:sub((from - 1) * size + 1, stop * size)
        first = first + stop - from + 1
      end
      return table.concat(parts)
    end}
end

return pictures
