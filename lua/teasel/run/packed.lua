-- Runs as one file: what is needed to open a run again, for those who did not train it.
--
--   build/teasel pack runs/demo                       -- demo.zip
--   build/teasel unpack demo.zip there                -- there/, which opens as the run did
--   T.run.open "demo.zip"                             -- unpacked into the cache, and opened
--
-- The file is a zip archive of the run's directory, less what only the training needed: of its
-- checkpoints the newest alone, without the slots of the optimizers (see teasel.run.weights), so
-- that --resume refuses what was unpacked. In front stands pack.json with the SHA-256 of each file.
--
-- Unpacking executes nothing and writes nothing before all was read and checked: only files that
-- runs have are taken, each under the one name that such a file has, and none of a size beyond
-- reason. Opening executes the script, as with any run.

local cache_folder = require "teasel.lib.cache_folder"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local directory = require "teasel.run.directory"
local json = require "teasel.lib.json"
local options = require "teasel.options"
local pretrained = require "teasel.run.pretrained"
local tree = require "teasel.tree"
local weights = require "teasel.run.weights"
local zip = require "teasel.format.zip"

local file, system = core.file, core.system
local packed = {}

local LIST = "pack.json"
local FORMAT = 1
local MOST_FILES = 2000
local MOST_BYTES = 1 << 30   -- of all files, unpacked
local MOST_LIST = 1 << 20    -- of pack.json

-- The names of the files in a packed run. Nothing else is packed or unpacked.
local KEPT = {"^script%.lua$", "^script%-%d+%.lua$", "^config%.json$", "^maker$", "^log%.jsonl$",
  "^scores%.json$", "^metrics[%w.,_=+%%-]*%.%l+$", "^figures/[%w_][%w.,_=+%%-]*$",
  "^checkpoints/%d+%.h5$"}
local NEEDED = {"script.lua", "config.json"}

local function is_kept(name)
  for _, pattern in ipairs(KEPT) do if name:find(pattern) then return true end end
  return false
end

local function base(path) return path:match "([^/]*)/*$" end

-- the newest checkpoint that can be read, reduced: its name, bytes, note and arrays left whole
local function newest(dir, half)
  local steps, message = directory.steps(dir), dir .. ": no checkpoint in it"
  for i = #steps, 1, -1 do
    local path = directory.checkpoint(dir, steps[i])
    local bytes, note, whole = weights(path, half)
    if bytes then return path:sub(#dir + 2), bytes, note, whole end
    message = note
  end
  return nil, message
end

-- the files of a run that are packed as they are: a list of their names
local function kept_files(dir, figures)
  local names = {}
  for _, folder in ipairs{"", "figures/"} do
    for _, name in ipairs(system.list(dir .. "/" .. folder) or {}) do
      name = folder .. name
      local drawn = name:find "%.png$" or name:find "%.gp$" or name:find "%.csv$"
      local kept = is_kept(name) and (figures or not drawn)
      if kept and not system.list(dir .. "/" .. name) then names[#names + 1] = name end
    end
  end
  return names
end

-- pack(dir, path, options) -> {step =, bytes = of the file, whole = the arrays that half precision
-- could not hold}: the run in a directory as one file; nil and a message where it cannot be read or
-- written. Options: half (false): the weights with half the bits; figures (true): pictures, too,
-- and what they were drawn from, most of the bytes of a small run.
function packed.pack(dir, path, o)
  o = options.read("pack", o, {half = false, figures = true})
  local name, bytes, note, whole = newest(dir, o.half)
  if not name then return nil, bytes end
  local files, digests, total = {}, {}, 0
  local function add(file_name, text)
    files[#files + 1], digests[file_name] = {file_name, text}, file.sha256(text)
    total = total + #text
  end
  for _, kept in ipairs(kept_files(dir, o.figures)) do
    local text, message = file.read(dir .. "/" .. kept)
    if not text then return nil, message end
    add(kept, text)
  end
  for _, needed in ipairs(NEEDED) do
    if not digests[needed] then return nil, ("%s: has no %s"):format(dir, needed) end
  end
  add(name, bytes)
  if total > MOST_BYTES then
    return nil, ("%s: has %d bytes to pack, wanted at most 2^30"):format(dir, total)
  end
  local list = json.encode({format = FORMAT, run = base(dir), step = note.step, half = o.half,
    files = digests}, {indent = true, keyorder = {"format", "run", "step", "half", "files",
    table.unpack(tree.keys(digests))}})
  table.insert(files, 1, {LIST, list .. "\n"})
  local ok, message = zip.write(path, files, true)
  if not ok then return nil, message end
  return {step = note.step, bytes = #file.read(path), whole = whole}
end

-- is(path) -> whether a file is a packed run
function packed.is(path)
  local head = file.head(path, 4)
  local archive <close> = head == "PK\3\4" and core.archive.archive(path) or nil
  local entry = archive and archive:list()[1]
  return entry ~= nil and entry.name == LIST
end

-- the table in pack.json; nil and why not
local function list_of(text)
  local ok, list = pcall(json.decode, text)
  if not ok or type(list) ~= "table" or type(list.files) ~= "table" then
    return nil, "is no list"
  end
  if list.format ~= FORMAT then
    return nil, ("is of format %s, wanted %d"):format(tostring(list.format), FORMAT)
  end
  return list
end

-- the places of the files in an archive by their names, all of them; nil and why not
local function places_of(archive)
  local places, total = {}, 0
  local entries = archive:list()
  if #entries > MOST_FILES then
    return nil, ("has %d files, wanted at most %d"):format(#entries, MOST_FILES)
  end
  for i, entry in ipairs(entries) do
    local name = entry.name
    local said = ("'%s'"):format(name:sub(1, 100))
    if name ~= LIST and not is_kept(name) then return nil, "has " .. said .. ", as no run does" end
    if places[name] then return nil, "has two files " .. said end
    if entry.refused then return nil, said .. " " .. entry.refused end
    places[name], total = {i, entry.size}, total + entry.size
    if total > MOST_BYTES then return nil, "has more than 2^30 bytes" end
  end
  return places
end

-- a checkpoint's bytes are sound; nil and why not
local function sound(text)
  local input <close>, message = file.parse(text)
  return input ~= nil, message
end

-- contents(path) -> what pack.json says, and the files of a packed run by their names, all checked;
-- nil and a message
local function contents(path)
  local function wrong(form, ...) return nil, path .. ": " .. form:format(...) end
  local archive <close>, message = core.archive.archive(path)
  if not archive then return nil, message end
  if not archive:is_zip() then return wrong "is no packed run: it is no zip archive" end
  local places, why = places_of(archive)
  if not places then return wrong("%s", why) end
  if not places[LIST] then return wrong("is no packed run: it has no %s", LIST) end
  if places[LIST][2] > MOST_LIST then return wrong("%s has more than 2^20 bytes", LIST) end
  local texts, list, checkpoints = {}, nil, 0
  for name, place in pairs(places) do
    texts[name], message = archive:string(place[1], 0, place[2])
    if not texts[name] then return nil, message end
  end
  list, why = list_of(texts[LIST])
  if not list then return wrong("%s %s", LIST, why) end
  for name in pairs(list.files) do
    if not texts[name] then return wrong("lacks '%s'", tostring(name)) end
  end
  texts[LIST] = nil
  for name, text in pairs(texts) do
    if list.files[name] ~= file.sha256(text) then
      return wrong("'%s' is damaged: its SHA-256 is not the one in %s", name, LIST)
    end
    if name:find "^checkpoints/" then
      checkpoints = checkpoints + 1
      local ok
      ok, why = sound(text)
      if not ok then return wrong("'%s': %s", name, why) end
    end
  end
  for _, name in ipairs(NEEDED) do
    if not texts[name] then return wrong("lacks '%s'", name) end
  end
  if checkpoints ~= 1 then return wrong("has %d checkpoints, wanted one", checkpoints) end
  return list, texts
end

-- remove(dir, list): the files that were unpacked into a directory, list being what unpack gave,
-- and the folders that are empty then; what else is there stays
function packed.remove(dir, list)
  check.table("packed.remove", "list.files", list.files)
  for name in pairs(list.files) do
    if type(name) == "string" and is_kept(name) then os.remove(dir .. "/" .. name) end
  end
  for _, folder in ipairs{"/figures", "/checkpoints", ""} do
    if system.list(dir .. folder) then os.remove(dir .. folder) end
  end
end

local function written(dir, texts)
  for _, folder in ipairs{"checkpoints", "figures"} do
    local ok, message = system.folder(dir .. "/" .. folder)
    if not ok then return nil, message end
  end
  for _, name in ipairs(tree.keys(texts)) do
    local ok, message = file.save(dir .. "/" .. name, texts[name])
    if not ok then return nil, message end
  end
  return true
end

-- unpack(path, dir) -> what pack.json says of a packed run, which is a directory then; nil and a
-- message where the file is damaged or no such file, or where there is something of that name: it
-- stays as it is. The directory is there complete or not at all.
function packed.unpack(path, dir)
  if core.disk.stat(dir) then return nil, dir .. ": is there already, and stays as it is" end
  local list, texts = contents(path)
  if not list then return nil, texts end
  local making = ("%s.%s.teasel.tmp"):format(dir:gsub("/+$", ""), tostring(texts):match "0x(%x+)")
  local ok, message = written(making, texts)
  if ok then ok, message = os.rename(making, dir) end
  if not ok then
    packed.remove(making, list)
    return nil, message
  end
  return list
end

-- about(path) -> {step =, head = the first line of its script} of a packed run, of which nothing is
-- executed; nil and a message where it is damaged
function packed.about(path)
  local list, texts = contents(path)
  if not list then return nil, texts end
  return {step = list.step, head = texts["script.lua"]:match "^%-*%s*([^\n]*)"}
end

-- folder(path) -> the directory of a run: itself, or that into which a packed run (or a pretrained
-- one, by its name) is unpacked, once, in runs/ of the cache (see T.data.cache); nil and a message
-- where it cannot be unpacked
function packed.folder(path)
  path = pretrained.path(path) or path
  if not packed.is(path) then return path end
  local bytes, message = file.read(path, MOST_BYTES)
  if not bytes then return nil, message end
  local name = base(path):gsub("%.zip$", ""):gsub("[^%w.,_=+-]", "_")
  local dir = ("%s/runs/%s-%s"):format(cache_folder(), name, file.sha256(bytes):sub(1, 16))
  if system.list(dir) then return dir end
  local list
  list, message = packed.unpack(path, dir)
  if list or system.list(dir) then return dir end   -- another process may have been first
  return nil, message
end

check.functions("packed.", packed, {pack = "dir: string, path: string, options: table?",
  is = "path: string", unpack = "path: string, dir: string",
  remove = "dir: string, list: table(files)", folder = "path: string",
  about = "path: string"})

return packed
