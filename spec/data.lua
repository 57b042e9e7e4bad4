-- Where the specs look for real data: the folder that $TEASEL_DATA names, or else the nearest
-- shared/data beside the tree or a folder above it, as `folder`; and the published weights in it,
-- as `pretrained`. What is missing is nil, and then the specs that need it are pending.

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

local function folder()
  local set = os.getenv "TEASEL_DATA"
  if set and set ~= "" then return set end
  local above = io.popen("pwd"):read "l"
  repeat
    above = above:match "^(.*)/[^/]*$"
    local found = above and above .. "/shared/data"
    if found and exists(found) then return found end
  until not above or above == ""
end

local data = {folder = folder()}
local pretrained = data.folder and data.folder .. "/real/pretrained"
if pretrained and exists(pretrained) then data.pretrained = pretrained end
return data
