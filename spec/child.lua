-- The command that starts Lua in any folder with the build that is being tested.

local root = io.popen("pwd"):read("l")
local build = os.getenv("TEASEL_BUILD") or "build"

return {
  root = root,
  lua = ("LUA_CPATH_5_4='%s/%s/lib/?.so;;' "):format(root, build) ..
    ("LUA_PATH_5_4='%s/lua/?.lua;%s/lua/?/init.lua;;' lua5.4"):format(root, root),
}
