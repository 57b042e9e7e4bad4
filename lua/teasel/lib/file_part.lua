-- What is named on a command line: a file, or a part of it.
--
--   local path, part = file_part "z.npz:mean"       -- "z.npz", "mean"
--   local path, part = file_part "z.h5:group/mean"  -- an array of HDF5 in a group of it
--
-- file_part(text) -> the file, and what stands behind the colon, nil where there is none. A file
-- whose own name has a colon is taken whole where it is there.

local stat = require "teasel.core".disk.stat

return function(text)
  if stat(text) then return text end
  local path, part = text:match "^(.+):([^:/]+)$"
  for colon in text:gmatch "():." do
    local before = text:sub(1, colon - 1)
    if stat(before) then path, part = before, text:sub(colon + 1) end
  end
  return path or text, part
end
