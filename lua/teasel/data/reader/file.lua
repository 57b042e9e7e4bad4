-- Images in one file: .npz, .npy or HDF5, with their factors or labels if the file has any. So are
-- dSprites (npz and HDF5), 3D Shapes and MPI3D distributed.
--
--   T.data.file{"3dshapes.h5"}                   -- images and labels are found by their shapes
--   T.data.file{"faces.npz", images = "x", factors = "y", names = {"azimuth", "light"}}
--   T.data.file{"views.npy", names = {"object", "azimuth"}, sizes = {20, 72}}   -- in that order
--
-- Options:
--
--   path     the file; may stand without a name
--   images   the name of the array of images [n h w] or [n h w c], bytes or numbers in 0..1; "":
--            the likeliest
--   factors  that of the one array of all factors, [n K] or [n]; "" (default): one of the names
--            that sets of the field have; false: none
--   names    of the factors; default: those of the field's sets, else factor1, factor2, ...
--   sizes    how many values each named factor has, where the images are all combinations in order
--            and the file does not say so
--   labels   the name of the array of classes [n], any numbers; "" and false: as for factors
--   table    in place of factors, names, sizes and labels: a table in text with a head (see
--            teasel.format.csv) and a row for each image, in their order; from the folder of the
--            images' file on, or absolute
--   class    the column of the table that has the class of each image, and is no factor
--   white    the byte that is white; 0: 1 if the first images have nothing else than 0 and 1, or
--            255
--
-- The columns of a table are factors, as of teasel.data.folder: numbers as they are, texts as
-- levels 0.. in the order of their names. The first of several is left out where it says which
-- image is meant: it has no name, counts 0, 1, .. or 1, 2, .., or has texts that all differ, such
-- as names of files.
--
-- Factors that take all combinations of their values in order are a grid, and the set has a space;
-- others are what the file has. Sets beyond 256 MB go into the cache. nil and a message where the
-- file cannot be read, has no such array, or has one under a usual name that does not fit.

local cache = require "teasel.data.cache"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local options = require "teasel.options"
local set = require "teasel.data.set"
local source = require "teasel.data.reader.source"
local space = require "teasel.data.space"

local bytes, learn, op, tensor = core.bytes, core.learn, core.op, core.tensor

local SMALL = 256 << 20   -- bytes of images that are kept in memory
local SLAB = 32 << 20     -- of others, those that are read together: several are in memory at times

-- the names under which sets of the field have them
local IMAGES = {imgs = true, images = true, data = true, X = true, x = true, image = true,
  array = true}
local FACTORS = {"latents_classes", "latents/classes", "factors", "latents", "labels",
  "latents_values", "latents/values"}
local LABELS = {"labels", "label", "y", "targets", "classes"}

-- the factors of files that do not name them, by the shape of the names' source
local KNOWN = {
  latents_classes = {"colour", "shape", "scale", "orientation", "posX", "posY"},
  ["3dshapes"] = {"floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"},
}
KNOWN["latents/classes"] = KNOWN.latents_classes
KNOWN.latents_values, KNOWN["latents/values"] = KNOWN.latents_classes, KNOWN.latents_classes

local function sizes_of(array) return "[" .. table.concat(array.shape, " ") .. "]" end

-- a list of arrays in words: of those that are not read, what they hold
local function described(arrays)
  local list = {}
  for i, a in ipairs(arrays) do
    list[i] = a.refused and ("%s (%s)"):format(a.name, a.refused:match "^[^(,]*[^(, ]")
      or ("%s %s %s"):format(a.name, sizes_of(a), a.type)
  end
  return table.concat(list, ", ")
end

local function items(shape)
  local n = 1
  for _, d in ipairs(shape) do n = n * d end
  return n
end

-- the array of a name; nil, message
local function named(found, path, name)
  for _, a in ipairs(found.arrays) do
    if a.name == name then
      if a.refused then return nil, ("%s: '%s': %s"):format(path, name, a.refused) end
      return a
    end
  end
  return nil, ("%s: has no '%s', but %s"):format(path, name, described(found.arrays))
end

local function find_images(found, path, name)
  if name ~= "" then return named(found, path, name) end
  local best
  for _, a in ipairs(found.arrays) do
    local rank = #a.shape
    if not a.refused and (rank == 3 or rank == 4 and (a.shape[4] == 1 or a.shape[4] == 3)) and
        (not best or IMAGES[a.name] and not IMAGES[best.name] or
          (IMAGES[a.name] or false) == (IMAGES[best.name] or false) and
          items(a.shape) > items(best.shape)) then
      best = a
    end
  end
  if best then return best end
  return nil, ("%s: has no images, an array [n h w] or [n h w c], but %s"):format(path,
    described(found.arrays))
end

-- what is known of images: the option that names it, the names under which sets of the field have
-- it, the words for its shape, and whether a shape [n ...] is one
local KNOWN_OF = {
  factors = {names = FACTORS, wanted = "[%d K] or [%d]", fits = function(shape)
    return #shape == 1 or #shape == 2 and shape[2] > 0
  end},
  labels = {names = LABELS, wanted = "[%d] or [%d 1]", fits = function(shape)
    return #shape == 1 or #shape == 2 and shape[2] == 1
  end},
}

-- The array that an option names, or the first that fits of those with a usual name. false: there
-- is none, or the caller wants none; nil, message: what there is does not fit. `images`: their
-- array; `taken`: that of the factors, where labels are looked for. What is called "labels" are
-- factors where it has two axes.
local function find_known(found, path, o, option, images, taken)
  local kind, name, n = KNOWN_OF[option], o[option], images.shape[1]
  local function fits(a) return a.shape[1] == n and kind.fits(a.shape) end
  local function misfit(a, way)
    local why = a.refused and ("'%s': %s"):format(a.name, a.refused)
      or ("'%s' is %s, wanted %s beside the images '%s' %s"):format(a.name, sizes_of(a),
        kind.wanted:format(n, n), images.name, sizes_of(images))
    return nil, ("%s: %s%s"):format(path, why, way)
  end
  if name == false then return false end
  if name ~= "" then
    local a, message = named(found, path, name)
    if not a then return nil, message end
    if fits(a) then return a end
    return misfit(a, "")
  end
  local function passed(a)
    local plane = #a.shape == 2
    return a == images or a == taken or option == "factors" and a.name == o.labels
      or a.name == "labels" and (option == "factors" and not plane
        or option == "labels" and plane and not taken)
  end
  local wrong
  for _, likely in ipairs(kind.names) do
    for _, a in ipairs(found.arrays) do
      if a.name == likely and not passed(a) then
        if not a.refused and fits(a) then return a end
        wrong = wrong or a
      end
    end
  end
  if not wrong then return false end
  return misfit(wrong, ("; %s = false leaves it out"):format(option))
end

-- the numbers of an array [n] or [n K] as [n K]; nil, message that names one that is not finite
local function reals(found, path, array)
  local n, K = array.shape[1], array.shape[2] or 1
  local x, message = found.read(array, 1, n)
  if not x then return nil, message end
  if type(x) == "string" then return bytes.bytes(x, {n, K}):take(nil, 1) end
  x = x:reshape{n, K}
  if op.min(op.eq(x - x, 0)):item() == 1 then return x end
  for i, row in ipairs(x:table()) do
    for k, v in ipairs(row) do
      if v - v ~= 0 then
        return nil, ("%s: '%s' has %s in row %d, column %d (from 1), wanted finite numbers"):format(
          path, array.name, v ~= v and "nan" or v, i, k)
      end
    end
  end
end

-- The space whose points these values [n K] are, in order; nil where they are no grid. A factor
-- with one value is none.
local function grid(values, names)
  local levels, seen = learn.classes(values)
  local free, sizes, of, points, columns = {}, {}, {}, 1, {}
  for k, name in ipairs(names) do
    if #seen[k] > 1 then
      free[#free + 1], sizes[#sizes + 1] = name, #seen[k]
      of[name], points = seen[k], points * #seen[k]
      columns[#columns + 1] = op.slice(levels, {1, k}, {#levels, k})
    end
  end
  if #free == 0 or points ~= #levels then return nil end
  local s = space{names = free, sizes = sizes, values = of}
  local same = op.eq(s:enumerate(), op.concat(columns, 2))
  return op.min(same):item() == 1 and s or nil
end

-- MPI3D (Gondal et al. 2019), whose files have images alone
local MPI3D = {"object_color", "object_shape", "object_size", "camera_height", "background_color",
  "horizontal_axis", "vertical_axis"}
local MPI3D_SIZES = {[1036800] = {6, 6, 2, 3, 3, 40, 40}, [460800] = {4, 4, 2, 3, 3, 40, 40}}

-- the space whose points the images are because the caller says so, or the file's name
local function told_space(path, o, n)
  local names, sizes = o.names, o.sizes
  if #sizes == 0 and path:match "mpi3d[^/]*$" and MPI3D_SIZES[n] then
    names, sizes = MPI3D, MPI3D_SIZES[n]
  end
  if #sizes == 0 then return nil end
  local s = space{names = names, sizes = sizes}
  if s:count() ~= n then
    fail("file: option 'sizes': got %d combinations, wanted %d, the images of the file", s:count(),
      n)
  end
  return s
end

-- -> what set.new is told, {} for nothing, and the array; nil, message
local function factors_of(found, path, o, images)
  local s = told_space(path, o, images.shape[1])
  if s then return {space = s} end
  local array, message = find_known(found, path, o, "factors", images)
  if array == nil then return nil, message end
  if not array then
    if #o.names == 0 then return {} end
    return nil, ("%s: has no factors that the option 'names' could name, but %s"):format(path,
      described(found.arrays))
  end
  local values
  values, message = reals(found, path, array)
  if not values then return nil, message end
  local names, K = o.names, array.shape[2] or 1
  local known = KNOWN[path:match "([^/.]*)[^/]*$"] or KNOWN[array.name]
  if #names == 0 and known and #known == K then names = known end
  for k = #names + 1, #names == 0 and K or 0 do names[k] = "factor" .. k end
  if #names ~= K then
    fail("file: option 'names': got %d names, wanted %d, the columns of '%s'", #names, K,
      array.name)
  end
  s = grid(values, names)
  if s then return {space = s}, array end
  return {factors = values, factor_names = names}, array
end

local function labels_of(found, path, o, images, taken)
  local array, message = find_known(found, path, o, "labels", images, taken)
  if array == nil then return nil, message end
  if not array then return {} end
  local values
  values, message = reals(found, path, array)
  if not values then return nil, message end
  local labels, seen = learn.classes(values)
  local classes = {}
  for i, v in ipairs(seen[1]) do classes[i] = ("%.9g"):format(v) end
  return {labels = labels:reshape{#labels}, classes = classes}
end

-- what a CSV's rows say of the images, in their order
local function of_table(_, path, o, images)
  local n = images.shape[1]
  local beside = o.table:sub(1, 1) == "/" and "" or path:match "^.*/" or ""
  local names, rows = files.table(beside .. o.table)
  if not names then return nil, rows end
  if #rows ~= n then
    return nil, ("%s: got %d rows below the head, wanted %d, the images of %s"):format(
      beside .. o.table, #rows, n, path)
  end
  local own = o.class ~= "" and names[1] == o.class or not files.numbered(names, rows)
  local from = own and 1 or 2
  return files.known("file", beside .. o.table, names, rows, o.class, from)
end

-- bytes of the largest value are white
local function whiten(text, white)
  if white == 255 then return text end
  return (text:gsub("[^\0]", function(c)
    return string.char(math.min(255, c:byte() * 255 // white))
  end))
end

-- the pattern of a byte above this one; a mark that a range begins with would mean something else
local function above(white)
  local marks, from = "", white + 1
  while string.char(from):find "%p" do
    marks, from = marks .. "%" .. string.char(from), from + 1
  end
  return ("[%s%s-\255]"):format(marks, string.char(from))
end

-- a function index -> images, of bytes in memory or in the cache
local function of_bytes(found, array, path, o, shape)
  local n = array.shape[1]
  local each = items(shape)
  local slab = math.max(1, SLAB // each)
  local first, message = found.read(array, 1, n * each <= SMALL and n or slab)
  if not first then return nil, message end
  local white = o.white > 0 and o.white or first:find "[^\0\1]" and 255 or 1
  local function checked(text)
    if white < 255 and text:find(above(white)) then
      return nil, ("%s: '%s' has values above %d, wanted none: option 'white' says what is white")
        :format(path, array.name, white)
    end
    return text
  end
  if n * each <= SMALL then
    local all = bytes.bytes(first, {n, table.unpack(shape)})
    if white < 255 and not checked(first) then return nil, select(2, checked(first)) end
    return function(index) return all:take(index, 1 / white) end
  end
  local folder, name = path:match "^(.*)/([^/]*)$"
  local function key()
    return ("%s\n%s %d"):format(files.stamp(folder or ".", {name or path}), array.name, white)
  end
  local kept, at = first, 1     -- one read of the file serves many slabs of the cache
  local rows
  rows, message = cache.keep{name = (name or path):gsub("%W", "_"), key = key(), count = n,
    shape = shape, recheck = key, slab = function(from, last)
      local parts = {}
      while from <= last do
        if not kept or from < at or from >= at + slab then
          local why
          at, kept, first = (from - 1) // slab * slab + 1, nil, nil
          kept, why = found.read(array, at, math.min(slab, n - at + 1))
          if not kept then return nil, why end
        end
        local stop = math.min(last, at + slab - 1)
        local part, why = checked(kept:sub((from - at) * each + 1, (stop - at + 1) * each))
        if not part then return nil, why end
        parts[#parts + 1], from = whiten(part, white), stop + 1
      end
      return table.concat(parts)
    end}
  if not rows then return nil, message end
  return function(index) return rows:take(index) end
end

local function of_reals(found, array, path, shape)
  local n = array.shape[1]
  local x, message = found.read(array, 1, n)
  if not x then return nil, message end
  x = x:reshape{n, table.unpack(shape)}
  local low, high = op.min(x):item(), op.max(x):item()
  if not (low >= 0 and high <= 1) then
    return nil, ("%s: '%s' has values from %g to %g, wanted bytes, or numbers in 0..1"):format(path,
      array.name, low, high)
  end
  return function(index) return op.take(x, index, 1) end
end

return function(given)
  local o = files.options("file", given, {path = "", images = "", factors = options.any,
    names = {}, sizes = {}, labels = options.any, white = 0, table = "", class = ""})
  if o.path == "" then fail "file: got no path, wanted that of a file" end
  for _, option in ipairs{"factors", "labels"} do
    if o[option] == nil then o[option] = "" end
    if o[option] then check.string("file", ("option '%s'"):format(option), o[option]) end
  end
  if o.table ~= "" then
    files.alone("file", o, "table", {"factors", "labels", "names", "sizes"})
  elseif o.class ~= "" then
    fail "file: got the option 'class' without 'table', wanted the table that has the column"
  end
  if #o.sizes > 0 then files.alone("file", o, "sizes", {"factors"}) end
  o.names = table.move(o.names, 1, #o.names, 1, {})
  local path = o.path
  local found, message = source(path)
  if not found then return nil, message end
  local array
  array, message = find_images(found, path, o.images)
  if not array then return nil, message end
  local n, shape = array.shape[1], {array.shape[2], array.shape[3], array.shape[4] or 1}
  if #array.shape < 3 or #array.shape > 4 or items(array.shape) == 0 then
    return nil, ("%s: '%s' is %s, wanted images [n h w] or [n h w c], one or more"):format(path,
      array.name, sizes_of(array))
  end
  local about = {count = n, shape = shape, block = cache.block(n, shape)}
  local taken
  for _, part in ipairs(o.table ~= "" and {of_table} or {factors_of, labels_of}) do
    local more, other = part(found, path, o, array, taken)
    if not more then return nil, other end
    taken = other
    for name, value in pairs(more) do about[name] = value end
  end
  if array.type == "uint8" then
    about.images, message = of_bytes(found, array, path, o, shape)
  else
    about.images, message = of_reals(found, array, path, shape)
  end
  if not about.images then return nil, message end
  return set.new(about)
end
