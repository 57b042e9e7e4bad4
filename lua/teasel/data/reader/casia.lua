-- CASIA-WebFace (Yi et al. 2014): 494,414 faces of 10,575 people, a folder each; a set with people
-- as classes. The data are not passed on with teasel.
--
--   T.data.casia{folder = "CASIA-WebFace", size = 64, crop = 180}
--
-- Options: folder ("": found by teasel.data.find as "casia"), and those of
-- teasel.data.reader.pictures; size is 64 and channels 3 where they are left out.

local find = require "teasel.data.find"
local folder = require "teasel.data.reader.folder"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"

return function(given)
  local known = {folder = ""}
  for name, value in pairs(pictures.defaults) do known[name] = value end
  local o = options.read("casia", given, known)
  local path, message = o.folder, nil
  if path == "" then
    path, message = find "casia"
    if not path then return nil, message end
  end
  o.path, o.folder, o.name, o.size = path, nil, "casia", o.size or 64
  o.channels = o.channels > 0 and o.channels or 3
  return folder(o)
end
