-- LINE-MOD (Hinterstoisser et al. 2012): pictures of objects, a folder each; a set with these as
-- classes. Both layouts in use are read: OBJECT/JPEGImages/*.jpg, and BOP's SCENE/rgb/*.png; masks
-- and depths are passed over. Renderings in folders of objects are read by T.data.folder.
--
--   T.data.linemod{folder = "LINEMOD", size = 64}
--
-- Options: folder ("": found by teasel.data.find as "linemod"), and those of
-- teasel.data.reader.pictures.

local class_folders = require "teasel.data.reader.class_folders"
local core = require "teasel.core"

local function layout(path)
  local objects, message = core.system.list(path)
  if not objects then return nil, message end
  local only = "/rgb/"
  for _, name in ipairs(objects) do
    if core.disk.stat(path .. "/" .. name .. "/JPEGImages") then only = "/JPEGImages/" end
  end
  return {name = "linemod", only = only}
end

return function(given) return class_folders("linemod", given, layout) end
