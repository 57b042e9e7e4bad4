-- Zip archives, written: files one after the other, stored or packed by deflate, then a directory
-- of them (PKWARE's APPNOTE 6.3). Sizes and places beyond 4 GB go into zip64's extra fields. The
-- same files give the same bytes: all are dated 1980-01-01, the first day there is.

local core = require "teasel.core"

local archive = core.archive
local zip = {}

local TOP = 0xffffffff       -- in a field of 4 bytes: its number stands in an extra field
local LONGEST = 0xffff       -- bytes of a name
local DATE = 0x21            -- 1980-01-01
local UTF8 = 0x800           -- the flag that says how the name is written

-- heads(e) -> the head that stands before a file, and its item of the directory. e = {name =,
-- size = bytes, packed = bytes in the archive, crc =, at = where its head begins, deflated =, align
-- = of what number its data's first byte should be a multiple}
function zip.heads(e)
  local function fields(...)
    local short, extra = {}, ""
    for i, n in ipairs{...} do
      short[i] = math.min(n, TOP)
      if n >= TOP then extra = extra .. ("<I8"):pack(n) end
    end
    if extra ~= "" then extra = ("<I2I2"):pack(1, #extra) .. extra end
    return short, extra
  end
  -- the head before a file has both sizes in its extra field, or none
  local large = e.size >= TOP or e.packed >= TOP
  local own, own_extra = fields(large and TOP or e.size, large and TOP or e.packed)
  if large then own_extra = ("<I2I2I8I8"):pack(1, 16, e.size, e.packed) end
  if e.align then    -- as PyTorch does: a field "FB" of so many bytes that it fits
    local behind = e.at + 30 + #e.name + #own_extra + 4
    own_extra = own_extra .. "FB" .. ("<s2"):pack(("Z"):rep(-behind % e.align))
  end
  local listed, extra = fields(e.size, e.packed, e.at)
  local function common(short, size_of_extra, wide)
    return ("<I2I2I2I2I2I4I4I4I2I2"):pack(wide and 45 or 20,
      e.name:find "[\128-\255]" and UTF8 or 0, e.deflated and 8 or 0, 0, DATE, e.crc, short[2],
      short[1], #e.name, size_of_extra)
  end
  return "PK\3\4" .. common(own, #own_extra, large) .. e.name .. own_extra,
    "PK\1\2" .. ("<I2"):pack(45) .. common(listed, #extra, extra ~= "")
      .. ("<I2I2I2I4I4"):pack(0, 0, 0, 0, listed[3]) .. e.name .. extra
end

-- ending(count, size, at) -> what ends an archive of `count` files whose directory has `size` bytes
-- and begins at `at`
function zip.ending(count, size, at)
  local text = ""
  if count >= 0xffff or size >= TOP or at >= TOP then
    text = "PK\6\6" .. ("<I8I2I2I4I4I8I8I8I8"):pack(44, 45, 45, 0, 0, count, count, size, at)
      .. "PK\6\7" .. ("<I4I8I4"):pack(0, at + size, 1)
  end
  local short = math.min(count, 0xffff)
  return text .. "PK\5\6" .. ("<I2I2I2I2I4I4I2"):pack(0, 0, short, short, math.min(size, TOP),
    math.min(at, TOP), 0)
end

-- write(path, files, packed) -> true: an archive of files {{name, string, string, ...}, ...}, the
-- strings being the contents of each (and align, see heads), complete or not at all; nil and a
-- message where it cannot be written. packed: whether by deflate.
function zip.write(path, files, packed)
  local parts, items, at = {}, {}, 0
  for i, file in ipairs(files) do
    if #file[1] > LONGEST then
      return nil, ("%s: not saved, the name '%s...' has %d bytes, wanted at most %d"):format(path,
        file[1]:sub(1, 40), #file[1], LONGEST)
    end
    local text = table.concat(file, "", 2)
    local data = packed and archive.deflate(text) or text
    local head, item = zip.heads{name = file[1], size = #text, packed = #data, at = at,
      crc = archive.crc32(text), deflated = packed, align = file.align}
    parts[#parts + 1], parts[#parts + 2], items[i] = head, data, item
    at = at + #head + #data
  end
  local directory = table.concat(items)
  parts[#parts + 1], parts[#parts + 2] = directory, zip.ending(#items, #directory, at)
  return core.file.save(path, table.unpack(parts))
end

return zip
