-- A folder of pictures: PNG, JPEG (turned as their Exif orientation says), PGM or PPM, of one shape
-- or brought to one. Pictures in subfolders have these as classes; a CSV file can say more.
--
--   local people = assert(T.data.folder{"people", size = 64})   -- class: the folder of a picture
--   local faces = assert(T.data.folder{"faces", size = {96, 84}, channels = 1,
--     labels = "labels.csv", class = "subject"})
--
-- They are decoded once, into the cache (see teasel.data.cache); set.files has their names.
-- Options:
--
--   path      the folder; may stand without a name
--   labels    a table in text with a head (see teasel.format.csv), from the folder on or absolute.
--             Its first column names files, from the folder on, and the set has these alone, in its
--             order; the others are factors, see below
--   class     the column of the table that has the class of each picture, and is no factor
--   only      a pattern of Lua's that the names of files have, from the folder on; others are left
--             out
--   pattern, names   factors that are in the names of files: a pattern with captures, each a column
--             as those of a table, and their names
--   name      what the cache calls it; default: the folder's own
--   size      of the result: a side, or {height, width}; default: as the files are
--   channels  1: grey, 3: RGB; default 0: as the first file has
--   crop      of the middle, taken out first: a side, or {height, width}; default: nothing
--   fit       "crop" (default): of the rest the middle of the result's shape; "stretch": all of it
--   filter    "area" (default): the mean of what a pixel covers; "lanczos": three lobes
--
-- Where all that a column has are numbers they are the factor as they are; texts are levels 0.. in
-- the order of their names, runs of digits by their value ("s2", "s10"): for another order write
-- numbers. A column of both, or with a field that is empty, is an error. A class of numbers is
-- sorted by their values, others as texts are. Transparent pixels are laid on white. Without
-- `labels`, classes are the subfolders that the pictures are in, if all are in one. nil and a
-- message where the folder or a file cannot be read: one bad picture refuses all, unless `only` or
-- a table leaves it out.

local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local merged = require "teasel.lib.merged"
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
  local ending = names[1]:match "%.(%w+)$"
  if ending and ENDINGS[ending:lower()] then
    return nil, ("%s: got the file '%s' in the first line, wanted a head, a line with the names of "
      .. "all columns"):format(path, names[1])
  end
  local list, lines = {}, {}
  for i, row in ipairs(rows) do
    local name = row[1]
    if lines[name] then
      return nil, ("%s: line %d: got '%s', which line %d has too, wanted each file once"):format(
        path, row.line, name, lines[name])
    end
    list[i], lines[name] = name, row.line
  end
  local about, message = files.known(who, path, names, rows, class, 2)
  return about and list, about or message
end

-- factors from the names of files: the captures of a pattern, each a number or a text's level; nil,
-- message
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
    local values, message = files.values(column, function(i)
      return ("%s: option 'pattern': '%s' of '%s'"):format(who, names[k], list[i]),
        ("'%s'"):format(list[i])
    end)
    if not values then return nil, message end
    for i, v in ipairs(values) do factors[i][k] = v end
  end
  return factors
end

-- what is to be done about a bad picture
local function leaving_out(message, labels)
  if not message:find "^cannot read '" then return message end
  return message .. (labels ~= "" and "; the set goes without it where the table does"
    or "; T.data.folder's option 'only', or a table for its 'labels', leaves it out")
end

return function(given)
  local who = "folder"
  local o = files.options(who, given, merged(pictures.defaults, {path = "", labels = "",
    class = "", name = "", only = "", pattern = "", names = {}}))
  if o.path == "" then fail("%s: got no path, wanted that of a folder", who) end
  if o.labels ~= "" then
    files.alone(who, o, "labels", {"only", "pattern", "names"})
  elseif o.class ~= "" then
    fail("%s: got the option 'class' without 'labels', wanted the table that has the column", who)
  elseif (o.pattern == "") ~= (#o.names == 0) then
    fail("%s: got %s, wanted both of 'pattern' and 'names', or none", who,
      o.pattern == "" and "names alone" or "a pattern alone")
  end
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
  local made
  made, message = pictures.new(about)
  if not made then return nil, leaving_out(message, o.labels) end
  return made
end
