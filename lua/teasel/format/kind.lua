-- kind(path) -> what a file is, by what stands in it: "hdf5", "checkpoint" (ours), "npy", "npz",
-- "torch" (a zip archive with a pickle), "safetensors", "gzip", "text", or "bytes" where nothing is
-- known of it; nil and a message where it cannot be read. Names count for nothing.

local core = require "teasel.core"

local HDF5, CHECKPOINT = "\x89HDF\r\n\x1a\n", "\x89TSL\r\n\x1a\n"
local HEAD = 4096    -- bytes that are looked at

-- why what is known cannot be read, by its kind
local REFUSED = {
  torch = "is a file of PyTorch, which is not read yet: in Python, np.savez('a.npz', "
    .. "**{k: v.numpy() for k, v in torch.load(path, weights_only=True).items()})",
  safetensors = "is a file of safetensors, which is not read yet: in Python, np.savez('a.npz', "
    .. "**safetensors.numpy.load_file(path))",
  gzip = "is a gzip file, wanted it unpacked (gunzip)",
}

local function zip_kind(path)
  local file <close> = core.archive.archive(path)
  for _, entry in ipairs(file and file:list() or {}) do
    if entry.name:find "data%.pkl$" then return "torch" end
  end
  return "npz"
end

local function kind_of(path)
  local f, message = io.open(path, "rb")
  local head = f and (f:read(HEAD) or "")
  if f then f:close() end
  if not head then return nil, message end
  if head:sub(1, 8) == CHECKPOINT then return "checkpoint" end
  if head:find("^PK[\3\5][\4\6]") then return zip_kind(path) end
  if head:sub(1, 6) == "\x93NUMPY" then return "npy" end
  if head:sub(1, 2) == "\x1f\x8b" then return "gzip" end
  -- HDF5 may begin behind a block of somebody else's
  for _, at in ipairs{1, 513, 1025, 2049} do
    if head:sub(at, at + 7) == HDF5 then return "hdf5" end
  end
  if head:find "^\x80[\2-\5]" then return "torch" end          -- a pickle, as it was before 1.6
  if #head > 8 and ("<I8"):unpack(head) <= 1e8 and head:sub(9, 9) == "{" then
    return "safetensors"
  end
  return head:find "%z" and "bytes" or "text"
end

return setmetatable({refused = REFUSED}, {__call = function(_, path) return kind_of(path) end})
