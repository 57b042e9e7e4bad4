-- The cache: images that take long to decode or to draw are made once and kept as bytes, in one
-- file for each data set and its settings, from which batches are read as they are asked for:
-- memory stays flat, however large the set is. The files lie in $TEASEL_CACHE, or in teasel/ of the
-- user's folder for caches ($XDG_CACHE_HOME, ~/.cache). They can be removed at any time.
--
--   for _, kept in ipairs(T.data.cache.list()) do print(kept.name, kept.bytes) end
--   T.data.cache.remove "celeba"
--
-- A file is there complete or not at all, whatever ends the process that makes it; of two processes
-- that want the same one, the second waits for the first.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local json = require "teasel.lib.json"
local options = require "teasel.options"
local progress = require "teasel.lib.progress"

local disk, file, system = core.disk, core.file, core.system

local MAGIC = "teasel cache 1\n\0"
local HEAD = 4096        -- bytes in front of the images: MAGIC, JSON, zeros
local ENDING = ".bytes"
local SLAB = 1024        -- images made at a time
local LARGE = 1 << 30    -- bytes from which on a set is shuffled in blocks
local BLOCK = 256        -- images of such a block
local WAIT = 0.2         -- seconds between looks at what another process makes

local cache = {}

-- folder() -> where the files are
cache.folder = require "teasel.lib.cache_folder"

local function head_of(about)
  local text = MAGIC .. json.encode(about, {keyorder = {"name", "key", "shape"}})
  assert(#text <= HEAD, "the name of a cached set is too long")
  return text .. ("\0"):rep(HEAD - #text)
end

-- what the file says of itself; nil where it is no such file
local function about(path)
  local f = io.open(path, "rb")
  if not f then return nil end
  local head = f:read(HEAD) or ""
  f:close()
  if #head < HEAD or head:sub(1, #MAGIC) ~= MAGIC then return nil end
  local said = json.decode((head:sub(#MAGIC + 1):gsub("%z+$", "")))
  return type(said) == "table" and said or nil
end

local function path_of(name, key)
  return ("%s/%s-%s%s"):format(cache.folder(), name, key:sub(1, 16), ENDING)
end

-- the images of a file that is whole and has this key
local function open(path, key)
  local said = about(path)
  if said and said.key == key then return disk.rows(path, HEAD, said.shape) end
end

-- kept(name, key) -> the images of a set as cache.keep gives them, where it has kept them; else nil
function cache.kept(name, key)
  key = file.sha256(key)
  return open(path_of(name, key), key)
end

local function write(out, o, shape)
  local ok, message = out:write(head_of{name = o.name, key = o.key, shape = shape})
  local shown = progress(o.count, 0, "images")
  for first = 1, ok and o.count or 0, SLAB do
    local last = math.min(first + SLAB - 1, o.count)
    local bytes
    bytes, message = o.slab(first, last)
    if not bytes then return nil, message end
    ok, message = out:write(bytes)
    if not ok then return nil, message end
    shown:show(last, "cached " .. o.name, last == o.count)
  end
  if not ok then return nil, message end
  local key = o.recheck and o.recheck()
  if key and key ~= o.key then
    return nil, ("%s: its files were changed while they were read"):format(o.name)
  end
  return out:commit()
end

-- keep{name =, key =, count =, shape = {h, w, c}, slab =, recheck =} -> the images of a set, as
-- rows of bytes: rows:take(index) is [n h w c] in [0, 1]. They are made unless there is a file of
-- this name and key, a text that no other images have: slab(first, last) -> these images as a
-- string of bytes, or nil, message. recheck() -> the key once more, when all is made, so that what
-- changed meanwhile is not kept. nil, message where anything fails, and then nothing is kept.
function cache.keep(given)
  local o = options.read("cache.keep", given, {name = "", key = "", count = 0, shape = {},
    slab = print, recheck = options.any})
  local key = file.sha256(o.key)
  local shape = {o.count, table.unpack(o.shape)}
  local path, said = path_of(o.name, key), false
  local plain = o.recheck
  o.key, o.recheck = key, plain and function() return file.sha256(plain()) end
  local rows = open(path, key)
  while not rows do
    local ok, message = system.folder(cache.folder())
    if not ok then return nil, message end
    local out <close>, why = disk.begin(path)
    rows = open(path, key)       -- another process may have been quicker
    if rows then break end
    if out then
      ok, message = write(out, o, shape)
      if not ok then return nil, message end
      rows, message = disk.rows(path, HEAD, shape)
      if not rows then return nil, message end
    elseif why:find "another process is saving it" then
      if not said then io.stderr:write(o.name, ": another process caches it; waiting\n") end
      said = true
      disk.sleep(WAIT)
    else
      return nil, why
    end
  end
  return rows
end

-- block(count, shape) -> how many images of a set of that size are best read together, see set.new
function cache.block(count, shape)
  local bytes = count
  for _, n in ipairs(shape) do bytes = bytes * n end
  return bytes > LARGE and BLOCK or 0
end

-- list() -> a list of what is kept, {name =, path =, bytes =, count =, shape = {h, w, c}}, by name
function cache.list()
  local found = {}
  for _, name in ipairs(system.list(cache.folder()) or {}) do
    local path = cache.folder() .. "/" .. name
    local said = name:sub(-#ENDING) == ENDING and about(path)
    if said then
      local _, size = disk.stat(path)
      found[#found + 1] = {name = said.name, path = path, bytes = size, count = said.shape[1],
        shape = {table.unpack(said.shape, 2)}}
    end
  end
  return found
end

-- remove(name) -> how many files and bytes went: those of that name or path; "": all
function cache.remove(name)
  local files, bytes = 0, 0
  for _, kept in ipairs(cache.list()) do
    if name == "" or name == kept.name or name == kept.path then
      os.remove(kept.path)
      files, bytes = files + 1, bytes + kept.bytes
    end
  end
  return files, bytes
end

check.functions("cache.", cache, {
  kept = "name: string, key: string", keep = "given: table", remove = "name: string",
  block = "count: size, shape: table",
})

return cache
