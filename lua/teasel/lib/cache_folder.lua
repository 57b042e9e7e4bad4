-- cache_folder() -> where files are kept that can be made again: $TEASEL_CACHE, or teasel/ of the
-- user's folder for caches ($XDG_CACHE_HOME, ~/.cache)

return function()
  local set, own = os.getenv "TEASEL_CACHE", os.getenv "XDG_CACHE_HOME"
  if set and set ~= "" then return set end
  if own and own ~= "" then return own .. "/teasel" end
  return (os.getenv "HOME" or "/tmp") .. "/.cache/teasel"
end
