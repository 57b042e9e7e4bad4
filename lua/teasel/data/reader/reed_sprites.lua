-- The sprites of Reed et al. (2015): 672 characters in pixel art, 60 x 60, each in 21 animations,
-- 178 frames, in a file of MATLAB 7.3 (HDF5) each, as released. Classes are characters; factors,
-- which are no grid, their seven attributes, the animation and the frame in it, from 0.
--
--   T.data.reed_sprites{folder = "sprites", part = "train"}
--
-- Options: folder ("": found by teasel.data.find as "sprites"), part: "all", or "train", "valid" or
-- "test" of the 500, 72 and 100 characters that sprites_splits.mat names. Characters whose files
-- are not there are left out. The frames go into the cache. nil, message where a file cannot be
-- read.

local cache = require "teasel.data.cache"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local find = require "teasel.data.find"
local mat = require "teasel.format.mat"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"
local set = require "teasel.data.set"

local archive, file, op, tensor = core.archive, core.file, core.op, core.tensor

local SIDE = 60
local PIXELS = SIDE * SIDE * 3
local TYPE, CODE = core.double and "float64" or "float32", core.double and "<f8" or "<f4"
local PARTS = {train = "trainidx", valid = "validx", test = "testidx"}
local NAMES = {"attribute1", "attribute2", "attribute3", "attribute4", "attribute5", "attribute6",
  "attribute7", "animation", "frame"}

-- the numbers of characters in a part; nil: of all
local function chosen(folder, part)
  if part == "all" then return nil end
  local splits, message = mat.open(folder .. "/sprites_splits.mat")
  if not splits then return false, message end
  local numbers
  numbers, message = splits:tensor(PARTS[part])
  if not numbers then return false, message end
  local known = {}
  for _, i in ipairs(numbers:reshape{numbers:size()}:table()) do
    known[math.tointeger(i) - 1] = true
  end
  return known
end

-- the frames of each animation of a file
local function lengths(path)
  local names, message = file.import_references(path, "sprites")
  if not names then return nil, message end
  local list
  list, message = file.import_list(path)
  if not list then return nil, message end
  local shape, found = {}, {}
  for _, entry in ipairs(list) do shape[entry.name] = entry.shape end
  for i, name in ipairs(names) do
    local s = shape[name]
    if not s or #s ~= 2 or s[2] ~= PIXELS then
      return nil, ("%s: animation %d is [%s], wanted [frames %d]"):format(path, i,
        table.concat(s or {}, " "), PIXELS)
    end
    found[i] = s[1]
  end
  return found, names
end

-- a character's frames as bytes, which have to be as many as `wanted` says
local function frames(path, wanted)
  local found, names = lengths(path)
  if not found then return nil, names end
  if table.concat(found, " ") ~= table.concat(wanted, " ") then
    return nil, ("%s: its animations have %s frames, those of the others %s"):format(path,
      table.concat(found, " "), table.concat(wanted, " "))
  end
  local parts = {}
  for i, name in ipairs(names) do
    local numbers, message = file.import_read(path, name, {type = TYPE})
    if not numbers then return nil, message end
    local x = archive.unpack(numbers, CODE, {found[i], 3, SIDE, SIDE})   -- columns of columns
    parts[i] = op.permute(x, {1, 4, 3, 2}):bytes():string()
  end
  return table.concat(parts)
end

local function attributes(path)
  local numbers, _, shape = file.import_read(path, "labels", {type = "float64"})
  if not numbers then return nil, _ end
  if #numbers ~= 56 then
    return nil, ("%s: 'labels' is [%s], wanted seven numbers"):format(path,
      table.concat(shape, " "))
  end
  return {table.unpack({("<ddddddd"):unpack(numbers)}, 1, 7)}   -- the eighth is a place
end

return function(given)
  local o = options.read("reed_sprites", given, {folder = "", part = "all"})
  if o.part ~= "all" and not PARTS[o.part] then
    fail("reed_sprites: option 'part': got '%s', wanted 'train', 'valid', 'test' or 'all'", o.part)
  end
  local folder, message = find("sprites", o.folder)
  if not folder then return nil, message end
  local known, all
  known, message = chosen(folder, o.part)
  if known == false then return nil, message end
  all, message = files.walk(folder, {mat = true})
  if not all then return nil, message end
  local names, classes, of = {}, {}, {}
  for _, name in ipairs(all) do
    local number = math.tointeger(tonumber(name:match "^sprites_(%d+)%.mat$"))
    if number and (not known or known[number]) then
      names[#names + 1], classes[#classes + 1] = name, tostring(number)
      of[#names], message = attributes(folder .. "/" .. name)
      if not of[#names] then return nil, message end
    end
  end
  if #names == 0 then return nil, folder .. ": got no sprites_N.mat of this part" end
  local wanted
  wanted, message = lengths(folder .. "/" .. names[1])
  if not wanted then return nil, message end
  local each, animation, frame = 0, {}, {}
  for i, n in ipairs(wanted) do
    for k = 1, n do
      each = each + 1
      animation[each], frame[each] = i - 1, k - 1
    end
  end
  local function key() return ("%s\n%s"):format(folder, files.stamp(folder, names)) end
  local text, shape, rows = key(), {SIDE, SIDE, 3}, nil
  rows, message = pictures.grouped{name = "reed_sprites", key = key, groups = #names, each = each,
    shape = shape, make = function(g) return frames(folder .. "/" .. names[g], wanted) end}
  if not rows then return nil, message end
  local character = tensor.tensor(of)
  local moves = tensor.tensor{animation, frame}
  local count, digest = #names * each, file.sha256(text)
  local function character_of(index) return ((index - 1) / each):floor() end
  return set.new{count = count, shape = shape, key = function() return digest end,
    block = cache.block(count, shape), images = function(index) return rows:take(index) end,
    classes = classes, labels = character_of, factor_names = NAMES, factors = function(index)
      local who = character_of(index)
      local at = index - who * each
      local n = #index
      return op.concat({op.take(character, who + 1, 1),
        op.permute(op.take(moves, at, 2), {2, 1}):reshape{n, 2}}, 2)
    end}
end
