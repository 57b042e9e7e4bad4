-- LINE-MOD (Hinterstoisser et al. 2012): pictures of objects, a folder each; a set with these as
-- classes. Both layouts in use are read: OBJECT/JPEGImages/*.jpg, and BOP's SCENE/rgb/*.png; masks
-- and depths are passed over. Renderings in folders of objects are read by T.data.folder.
--
--   T.data.linemod{folder = "LINEMOD", size = 64}
--
-- Options: folder ("": found by teasel.data.find as "linemod"), and those of
-- teasel.data.reader.pictures.

local core = require "teasel.core"
local find = require "teasel.data.find"
local folder = require "teasel.data.reader.folder"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"

return function(given)
  local known = {folder = ""}
  for name, value in pairs(pictures.defaults) do known[name] = value end
  local o = options.read("linemod", given, known)
  local path, message = o.folder, nil
  if path == "" then
    path, message = find "linemod"
    if not path then return nil, message end
  end
  local objects
  objects, message = core.system.list(path)
  if not objects then return nil, message end
  o.only = "/rgb/"
  for _, name in ipairs(objects) do
    if core.disk.stat(path .. "/" .. name .. "/JPEGImages") then o.only = "/JPEGImages/" end
  end
  o.path, o.folder, o.name = path, nil, "linemod"
  return folder(o)
end
