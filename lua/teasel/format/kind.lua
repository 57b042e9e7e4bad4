-- kind(path) -> what a file is, by what stands in it: "hdf5", "checkpoint" (ours), "npy", "npz",
-- "torch", "safetensors", "mat" (MATLAB 5), "mat73" (which is HDF5), "text"; or nil and what it
-- looks like, as a message with its path. Names count for nothing.

local core = require "teasel.core"

local HDF5, CHECKPOINT = "\x89HDF\r\n\x1a\n", "\x89TSL\r\n\x1a\n"
local HEAD = 4096    -- bytes that are looked at

local READABLE = "; readable are HDF5 (.h5, Keras, .mat 7.3), .npy, .npz, .safetensors, .pt of "
  .. "PyTorch, .mat, .csv and .tsv, and with options shape and type bare numbers"

-- what others begin with, as patterns
local OTHERS = {
  {"^\x1f\x8b", "a gzip file, wanted it unpacked (gunzip)"},
  {"^BZh%d", "a bzip2 file, wanted it unpacked (bunzip2)"},
  {"^\xfd7zXZ", "an xz file, wanted it unpacked (unxz)"},
  {"^\x28\xb5\x2f\xfd", "a zstd file, wanted it unpacked"},
  {"^7z\xbc\xaf", "a 7-Zip archive, wanted it unpacked"},
  {"^" .. ("."):rep(257) .. "ustar", "a tar archive, wanted its files"},
  {"^\x89PNG", "a PNG picture, which data sets read (T.data.folder)"},
  {"^\xff\xd8\xff", "a JPEG picture, which data sets read (T.data.folder)"},
  {"^GIF8", "a GIF picture"}, {"^%%PDF", "a PDF document"}, {"^RIFF", "a RIFF file (sound, film)"},
  {"^%z%z[\8-\14][\1-\8]", "an IDX file, as MNIST's (T.data.mnist)"},
  {"^PAR1", "a Parquet table"}, {"^ARROW1", "an Arrow table"}, {"^SQLite", "an SQLite database"},
  {"^GGUF", "a GGUF model"}, {"^\8.\x12.teasel", "an ONNX file of T.save, for other programs"},
  {"^\x7fELF", "a program"}, {"^\x1bLua", "a program of Lua"},
  {"^%s*{", "text that looks like JSON"}, {"^%s*<", "text that looks like XML or HTML"},
}

local function escaped(text)
  return (text:gsub("[^ -~]", function(c) return ("\\x%02x"):format(c:byte()) end))
end

local function zip_kind(path)
  local file <close>, message = core.archive.archive(path)
  if not file then return nil, message end
  local list, arrays = file:list(), 0
  for _, entry in ipairs(list) do
    if entry.name:find "data%.pkl$" then return "torch" end
    if entry.name:find "%.npy$" then arrays = arrays + 1 end
  end
  if arrays > 0 or #list == 0 then return "npz" end
  if list[1].name == "pack.json" then
    return nil, path .. ": is a packed run, wanted T.run.open, or build/teasel unpack"
  end
  return nil, ("%s: is a zip archive of %d files, '%s' first, wanted arrays of numpy or a file of "
    .. "PyTorch in it%s"):format(path, #list, list[1].name:sub(1, 80), READABLE)
end

-- kind(path): see above
return function(path)
  local head, message = core.file.head(path, HEAD)
  if not head then return nil, message end
  if head:sub(1, 8) == CHECKPOINT then return "checkpoint" end
  if head:find "^PK[\3\5][\4\6]" then return zip_kind(path) end
  if head:sub(1, 6) == "\x93NUMPY" then return "npy" end
  -- HDF5 may begin behind a block of somebody else's
  for _, at in ipairs{1, 513, 1025, 2049} do
    if head:sub(at, at + 7) == HDF5 then return head:find "^MATLAB" and "mat73" or "hdf5" end
  end
  local mark = head:sub(125, 128)
  if mark == "\0\1IM" or mark == "\1\0MI" then return "mat" end
  if head:find "^\x80[\2-\5]" then return "torch" end          -- a pickle, as it was before 1.6
  if #head > 8 and ("<I8"):unpack(head) <= 1e8 and head:sub(9, 9) == "{" then
    return "safetensors"
  end
  for _, other in ipairs(OTHERS) do
    if head:find(other[1]) then
      return nil, ("%s: is %s%s"):format(path, other[2], READABLE)
    end
  end
  if not head:find "%z" then return "text" end
  return nil, ("%s: is of no known kind, it begins with '%s'%s"):format(path,
    escaped(head:sub(1, 8)), READABLE)
end
