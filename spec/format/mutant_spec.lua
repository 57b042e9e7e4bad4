-- Damaged files of other programs: whatever is wrong with one, T.load gives a value or a message
-- that names it, and asks for no more memory than its size allows. TEASEL_MUTANTS says how many of
-- each format; `make check` takes 1000, or MUTANTS=100000; TEASEL_FORMAT only one, TEASEL_SEED
-- others.

local T = require "teasel"
local core = require "teasel.core"
local golden = require "spec.format.golden_torch"
local golden_numpy = require "spec.format.golden"
local scratch = require "spec.scratch"
local zip = require "teasel.format.zip"

local N = tonumber(os.getenv "TEASEL_MUTANTS") or 150
local SEED = tonumber(os.getenv "TEASEL_SEED") or 11
local MEGABYTE = 1 << 20

local folder

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

local function saved(name, value, o)
  assert(T.save(folder .. "/" .. name, value, o))
  return scratch.read(folder, name)
end

local TREE = {a = T.tensor{{1, 2, 3}, {4, 5, 6}}, deep = {list = {T.ones(2), T.zeros{0, 3}}, n = 7},
  mask = T.tensor{1, 2}:gt(1), bytes = T.bytes "abc"}

-- the files that are damaged, by format: what is damaged, and how a file is made of it. Of an
-- archive of PyTorch the pickle is, and its checksum fits again; else that would hide the rest. A
-- number says that there is only one mutant in place of so many: HDF5 is read by other processes.
local FORMATS = {
  {"safetensors", function() return saved("a.safetensors", TREE) end},
  {"PyTorch's old format", function() return golden["old.pt"] end},
  {"PyTorch's archives", function() return golden["new.pt"] end},
  {"PyTorch's pickles", function()
    local pickle = golden["new.pt"]:match "data.pkl.-(\x80\2.*)PK\3\4.-data/0"
    return (pickle:match "^(.*%.)PK\7\8" or pickle:match "^(.*%.)[^.]*$")
  end, function(pickle)
    local parts, items, at = {}, {}, 0
    local function add(name, data)
      local head, item = zip.heads{name = name, size = #data, packed = #data, at = at,
        crc = core.archive.crc32(data)}
      parts[#parts + 1], items[#items + 1], at = head .. data, item, at + #head + #data
    end
    add("a/data.pkl", pickle)
    for i = 0, 40 do add("a/data/" .. i, ("<d"):pack(i):rep(13)) end
    local directory = table.concat(items)
    return table.concat(parts) .. directory .. zip.ending(#items, #directory, at)
  end},
  {"MATLAB's files", function()
    local function element(kind, data)
      return ("<I4I4"):pack(kind, #data) .. data .. ("\0"):rep(-#data % 8)
    end
    local function matrix(name, class, ...)
      return element(14, element(6, ("<I4I4"):pack(class, 0)) .. element(5, ("<i4i4"):pack(2, 3))
        .. element(1, name) .. table.concat{...})
    end
    return ("MATLAB 5.0 MAT-file"):sub(1, 19) .. (" "):rep(105) .. ("<I2"):pack(0x0100) .. "IM"
      .. matrix("x", 6, element(9, ("<dddddd"):pack(1, 2, 3, 4, 5, 6)))
      .. matrix("c", 1, matrix("", 9, element(2, "abcdef"))) .. matrix("t", 4, element(4, "ab"))
  end},
  {"numpy's archives", function() return golden_numpy["types.npz"] end},
  {"HDF5", function()   -- what stands behind the head of our own files
    return saved("a.h5", {a = TREE.a, deep = {bytes = TREE.bytes}}):sub(513)
  end, nil, 10},
  {"tables", function() return 'x,name,"y, z"\n1,"a ""b""",2.5\r\n-3e4,,nan\n\n7,c,inf\n' end},
}

-- a copy with bytes that are others, missing, again, or numbers that lie
local function damaged(bytes, draw)
  for _ = 1, draw(4) do
    local at, how = draw(#bytes), draw(7)
    local front, behind = bytes:sub(1, at - 1), bytes:sub(at + 1)
    if how <= 2 then bytes = front .. string.char(draw(256) - 1) .. behind
    elseif how == 3 then
      bytes = front .. string.char(bytes:byte(at) ~ 1 << draw(8) - 1) .. behind
    elseif how == 4 then bytes = front .. bytes:sub(at + draw(9))
    elseif how == 5 then bytes = front .. bytes:sub(at, at + draw(60)) .. bytes:sub(at)
    elseif how == 6 then
      local lie = ({-1, 1 << 62, 1 << 31, 0xffffffff, 0, 255, 1 << 40, math.mininteger})[draw(8)]
      bytes = front .. ("<i8"):pack(lie):sub(1, draw(8)) .. bytes:sub(at + 8)
    elseif draw(4) == 1 then bytes = front
    end
    if bytes == "" then return "x" end
  end
  return bytes
end

describe("a damaged file", function()
  for k, format in ipairs(FORMATS) do
    local name, make, whole, rare = table.unpack(format)
    local count = N // (rare or 1)
    it(("of %s is a value or a message that names it"):format(name), function()
      local only = os.getenv "TEASEL_FORMAT"
      if only and only ~= name then return end
      local good = make()
      local function write(bytes)
        return scratch.write(folder, "mutant", whole and whole(bytes) or bytes)
      end
      local path = write(good)
      assert(T.load(path))
      local stream, draws, at = T.stream(SEED, "mutants/" .. k), {}, 0
      local function draw(n)
        if at == #draws then draws, at = stream:uniform{4096}:table(), 0 end
        at = at + 1
        return math.min(n, 1 + math.floor(draws[at] * n))
      end
      local read, most = 0, 0
      collectgarbage()
      core.mark()
      local live, before = core.memory().live, core.memory().peak
      for i = 1, count do
        write(damaged(good, draw))
        local fine, value, message = pcall(T.load, path)
        if not fine or value == nil and not (type(message) == "string"
            and message:find(path, 1, true)) then
          error(("mutant %d: %s %s"):format(i, value, message))
        end
        read = read + (value ~= nil and 1 or 0)
        value = nil
        most = math.max(most, collectgarbage "count")
      end
      draws = {}
      collectgarbage()
      if N >= 10000 then
        print(("%s: %d of %d read, at most %.0f MB of Lua's and %.0f MB of tensors"):format(name,
          read, count, most / 1024, (core.memory().peak - before) / MEGABYTE))
      end
      assert.is_true(read > 0 and read < count, read)
      assert.equal(live, core.memory().live)
      assert.is_true(core.memory().peak - before < 64 * MEGABYTE)
    end)
  end
end)
