-- The command that starts Lua in any folder with the build and the data that are being tested.

local root = io.popen("pwd"):read("l")
local build = os.getenv("TEASEL_BUILD") or "build"
local data = require("spec.data").folder

return {
  root = root,
  lua = (data and ("TEASEL_DATA='%s' "):format(data) or "") ..
    ("LUA_CPATH_5_4='%s/%s/lib/?.so;;' "):format(root, build) ..
    ("LUA_PATH_5_4='%s/lua/?.lua;%s/lua/?/init.lua;;' lua5.4"):format(root, root),
}
