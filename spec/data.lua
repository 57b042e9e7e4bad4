-- Where the specs look for real data: the folder that $TEASEL_DATA names, or else the nearest
-- shared/data beside the tree or a folder above it, as `folder`; nil where there is none, and then
-- the specs that need it are pending.

local set = os.getenv "TEASEL_DATA"
if set and set ~= "" then return {folder = set} end

local above = io.popen("pwd"):read "l"
repeat
  above = above:match "^(.*)/[^/]*$"
  local folder = above and above .. "/shared/data"
  local found = folder and io.open(folder)
  if found then
    found:close()
    return {folder = folder}
  end
until not above or above == ""
return {}
