-- The browser of chromium.py beside this file.

local child = require "spec.child"

-- Debian's, which has its selenium; with it chromium.py can be imported
local chromium = {PYTHON = ("env 'PYTHONPATH=%s/spec' /usr/bin/python3 -B"):format(child.root)}

-- missing() -> what the machine lacks to drive a browser, or nil
function chromium.missing()
  local found = os.execute("command -v /usr/bin/chromium > /dev/null 2>&1 && "
    .. "command -v /usr/bin/chromedriver > /dev/null 2>&1 && "
    .. chromium.PYTHON .. " -c 'import selenium' 2> /dev/null")
  if not found then
    return "no browser can be driven (make peers)"
  end
end

return chromium
