-- A folder of pictures: PNG, JPEG (turned as their Exif orientation says), PGM or PPM, of one shape
-- or brought to one. Pictures in subfolders have these as classes; a CSV file can say more.
--
--   local people = assert(T.data.folder{"people", size = 64})   -- class: the folder of a picture
--   local faces = assert(T.data.folder{"faces", size = {96, 84}, channels = 1,
--     labels = "labels.csv", class = "subject"})
--
-- They are decoded once, into the cache (see teasel.data.cache). Options: path, labels, class,
-- only, pattern and names, see folder; and how each picture is brought to one shape:
--
--   size      of the result: a side, or {height, width}; default: as the files are
--   channels  1: grey, 3: RGB; default 0: as the first file has
--   crop      of the middle, taken out first: a side, or {height, width}; default: nothing
--   fit       "crop" (default): of the rest the middle of the result's shape; "stretch": all of it
--   filter    "area" (default): the mean of what a pixel covers; "lanczos": three lobes

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"

local ENDINGS = {png = true, jpg = true, jpeg = true, pgm = true, ppm = true}

-- classes by the first folder of each name; nil where none has one
local function of_folders(names)
  local texts = {}
  for i, name in ipairs(names) do
    texts[i] = name:match "^([^/]+)/"
    if not texts[i] then return nil end
  end
  return files.levels(texts)
end

local function matching(list, pattern)
  if pattern == "" then return list end
  local some = {}
  for _, name in ipairs(list) do
    if name:find(pattern) then some[#some + 1] = name end
  end
  return some
end

-- -> names of files, the options of set.new; nil, message
local function of_table(who, path, class)
  local names, rows = files.table(path)
  if not names then return nil, rows end
  local list = {}
  for i, row in ipairs(rows) do list[i] = row[1] end
  return list, files.known(who, names, rows, class)
end

-- factors from the names of files: the captures of a pattern, each a number or a text's level
local function of_names(who, list, pattern, names)
  local columns, factors = {}, {}
  for k = 1, #names do columns[k] = {} end
  for i, name in ipairs(list) do
    local found = {name:match(pattern)}
    if #found ~= #names then
      return nil, ("%s: option 'pattern': got %d captures in '%s', wanted %d, as 'names' has")
        :format(who, found[1] and #found or 0, name, #names)
    end
    for k, text in ipairs(found) do columns[k][i] = text end
    factors[i] = {}
  end
  for k, column in ipairs(columns) do
    for i, v in ipairs(files.values(column)) do factors[i][k] = v end
  end
  return factors
end

-- folder{path, ...} -> the set of a folder's pictures; set.files has their names. Options:
--   path    the folder; may stand without a name
--   labels  a CSV file with a head, from the folder on or absolute: its first column names files,
--           and the set has these, in its order. Other columns are factors: numbers as they are,
--           texts as levels 0.. in the order of their names
--   class   the column that has the class of each picture, and is no factor
--   only    a pattern of Lua's that the names of files have, from the folder on; others are left
--           out
--   pattern, names   factors that are in the names of files: a pattern with captures and their
--           names
--   name    what the cache calls it; default: the folder's own
-- Without `labels`, classes are the subfolders that the pictures are in, if all are in one.
-- nil, message where the folder or a file cannot be read.
return function(given)
  local who = "folder"
  check.table(who, "options", given)
  local known, named = {path = "", labels = "", class = "", name = "", only = "",
    pattern = "", names = {}}, {}
  for name, value in pairs(pictures.defaults) do known[name] = value end
  for name, value in pairs(given) do named[name == 1 and "path" or name] = value end
  local o = options.read(who, named, known)
  if o.path == "" then fail("%s: got no path, wanted that of a folder", who) end
  local folder = #o.path > 1 and o.path:gsub("/+$", "") or o.path
  local list, about, message = nil, {}, nil
  if o.labels ~= "" then
    local path = o.labels:sub(1, 1) == "/" and o.labels or folder .. "/" .. o.labels
    list, about = of_table(who, path, o.class)
    if not list then return nil, about end
  else
    list, message = files.walk(folder, ENDINGS)
    if not list then return nil, message end
    list = matching(list, o.only)
    about.labels, about.classes = of_folders(list)
    if o.pattern ~= "" then
      about.factor_names = o.names
      about.factors, message = of_names(who, list, o.pattern, o.names)
      if not about.factors then return nil, message end
    end
  end
  about.who, about.options, about.folder, about.names = who, o, folder, list
  about.name = o.name ~= "" and o.name or folder:match "([^/]*)$"
  return pictures.new(about)
end
