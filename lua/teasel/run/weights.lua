-- What a trained model needs of a checkpoint: all but the slots of its optimizers, which are two
-- thirds of it with Adam; the numbers with half the bits, where that is wanted.
-- A run opens it like any other; `weights_only` in its note says that no training goes on from it.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local checkpoint = require "teasel.run.checkpoint"
local json = require "teasel.lib.json"

local archive, file = core.archive, core.file

local CODES = {float32 = "<f4", float64 = "<f8"}

-- an array's numbers as those of 16 bits; nil where one of them would become infinite
local function halved(bytes, kind, shape)
  local x = archive.unpack(bytes, CODES[kind], shape)
  return x and (archive.pack(x, "<f2"))
end

-- weights(path, half) -> the bytes of such a checkpoint, its note, and a list of the arrays that
-- half precision could not hold and left as they were; nil and a message where `path` cannot be
-- read
local function of(path, half)
  local input, saved = checkpoint.input(path)
  if not input then return nil, saved end
  if (saved.format or 1) == 1 then
    return nil, path .. ": is of format 1, which does not tell whose slots are in it"
  end
  local out <close>, message = file.store()
  if not out then return nil, message end
  local whole, plain = {}, {}
  for _, entry in ipairs(input:list()) do
    if entry.name ~= "note" and not checkpoint.in_slots(entry.name, saved.plain) then
      local bytes, kind, shape = input:read(entry.name)
      local short = half and CODES[kind] and halved(bytes, kind, shape)
      if half and CODES[kind] and not short then whole[#whole + 1] = entry.name end
      local ok
      ok, message = out:array(entry.name, short and "float16" or kind, shape, short or bytes)
      if not ok then return nil, message end
    end
  end
  for name, value in pairs(saved.plain) do
    if not checkpoint.in_slots(name, saved.plain) then plain[name] = value end
  end
  saved.plain, saved.note = plain, saved.note or {}
  saved.note.weights_only = true
  local ok
  ok, message = out:text("note", json.encode(saved, {indent = true}))
  if not ok then return nil, message end
  return out:image(), saved.note, whole
end

return check.called("weights", of, "path: string, half: boolean?")
