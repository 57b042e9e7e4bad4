-- CelebA (Liu et al. 2015): 202,599 faces, aligned, 178 x 218, with 40 attributes, in three parts,
-- of 10,177 people. The data are not passed on with teasel: folder says where they are.
--
--   local faces = T.data.celeba{folder = "CelebA", part = "train", size = 64}
--   faces.factor_names[16], faces:factors(index)    -- "Eyeglasses"; [n 40] of 0 and 1
--
-- In the folder, or in its Anno and Eval, are img_align_celeba/*.jpg, list_attr_celeba.txt,
-- list_eval_partition.txt and identity_CelebA.txt, as released or as .csv with a head; of the lists
-- only those that are asked for are needed. They may be shorter than the images or have more: the
-- set are the images that are there and in the lists.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local find = require "teasel.data.find"
local merged = require "teasel.lib.merged"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"

local bytes, disk = core.bytes, core.disk

local PARTS = {train = "0", valid = "1", test = "2"}

local function locate(folder, names)
  for _, below in ipairs{"", "Anno/", "Eval/"} do
    for _, name in ipairs(names) do
      if disk.stat(folder .. "/" .. below .. name) then return folder .. "/" .. below .. name end
    end
  end
  return nil, ("%s: has no %s, nor in Anno or Eval"):format(folder, table.concat(names, " or "))
end

-- rows(path) -> names of files, what follows each in its line with one blank between fields, and
-- the words of the head; nil, message. A count in the first line and a head are passed over.
local function rows(path)
  local lines, message = files.lines(path)
  if not lines then return nil, message end
  local names, rest, head = {}, {}, nil
  for i, line in ipairs(lines) do
    local name, values = line:match "^%s*([^%s,]+)[%s,]+(.-)%s*$"
    if name and name:find "%.%a+$" then
      names[#names + 1], rest[#rest + 1] = name, values:gsub("[%s,]+", " ")
    elseif #names == 0 and i <= 2 then
      if not line:find "^%s*%d+%s*$" then
        head = {}
        for word in line:gmatch "[^%s,]+" do head[#head + 1] = word end
      end
    else
      return nil, ("%s: got '%s' in line %d, wanted the name of a picture and what is known of it")
        :format(path, line:sub(1, 40), i)
    end
  end
  if #names == 0 then return nil, path .. ": got no picture" end
  return names, rest, head
end

-- attributes(path) -> {name = a string of bytes 0 and 1}, the names of attributes; nil, message
local function attributes(path)
  local names, rest, head = rows(path)
  if not names then return nil, rest end
  if not head then return nil, path .. ": got no names of attributes" end
  if head[1]:lower():find "^image" then table.remove(head, 1) end
  local of = {}
  for i, name in ipairs(names) do
    local text = rest[i]:gsub("%-1", "\0"):gsub("[01]", function(digit)
      return digit == "1" and "\1" or "\0"
    end):gsub(" ", "")
    if #text ~= #head or text:find "[^\0\1]" then
      return nil, ("%s: got '%s' for %s, wanted %d numbers of 1 and -1"):format(path,
        rest[i]:sub(1, 40), name, #head)
    end
    of[name] = text
  end
  return of, head
end

local function column(path)
  local names, rest = rows(path)
  if not names then return nil, rest end
  local of = {}
  for i, name in ipairs(names) do of[name] = rest[i]:match "%S+" end
  return of
end

-- celeba{folder =, part = "all", size = 64, crop = 178, ...} -> the set; its factors are the
-- attributes, its labels with `identity` the people. Options beside those of
-- teasel.data.reader.pictures:
--   folder      "": found by teasel.data.find as "celeba"
--   part        "train", "valid", "test", or "all"
--   attributes  whether they are read (true)
--   identity    whether labels are the people (false)
-- nil, message where a file is missing or damaged.
return function(given)
  local o = options.read("celeba", given, merged(pictures.defaults,
    {folder = "", part = "all", attributes = true, identity = false}))
  o.size, o.crop = o.size or 64, o.crop or 178
  if o.part ~= "all" and not PARTS[o.part] then
    fail("celeba: option 'part': got '%s', wanted 'train', 'valid', 'test' or 'all'", o.part)
  end
  local folder, message = find("celeba", o.folder)
  if not folder then return nil, message end
  local lists = {}
  local function read(name, wanted, how)
    if not wanted then return true end
    local path, why = locate(folder, {name .. ".txt", name .. ".csv"})
    if not path then return nil, why end
    lists[name], why = how(path)
    return lists[name] and (why or true), why
  end
  local head
  head, message = read("list_attr_celeba", o.attributes, attributes)
  if not head then return nil, message end
  for name, wanted in pairs{list_eval_partition = o.part ~= "all",
    identity_CelebA = o.identity} do
    local ok
    ok, message = read(name, wanted, column)
    if not ok then return nil, message end
  end
  local below = disk.stat(folder .. "/img_align_celeba") and folder .. "/img_align_celeba" or folder
  local all
  all, message = files.walk(below, {jpg = true, png = true})
  if not all then return nil, message end
  local names, values, people = {}, {}, {}
  for _, name in ipairs(all) do
    local file = name:match "[^/]*$"
    local inside = true
    for _, list in pairs(lists) do inside = inside and list[file] ~= nil end
    if o.part ~= "all" then
      inside = inside and lists.list_eval_partition[file] == PARTS[o.part]
    end
    if inside then
      names[#names + 1] = name
      values[#names] = o.attributes and lists.list_attr_celeba[file]
      people[#names] = o.identity and lists.identity_CelebA[file]
    end
  end
  local about = {who = "celeba", name = "celeba", folder = below, names = names, options = o}
  if o.attributes and #names > 0 then
    local all_values = bytes.bytes(table.concat(values), {#names, #head})
    about.factor_names = head
    about.factors = function(index) return all_values:take(index, 1) end
  end
  if o.identity then about.labels, about.classes = files.levels(people) end
  return pictures.new(about)
end
