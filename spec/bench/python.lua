-- find(script) -> a python that has what spec/bench/SCRIPT.py needs, or "", and its PyTorch's
-- version, which such a script prints when it is given nothing.

return function(script)
  for _, python in ipairs{"python3", "/usr/bin/python3"} do
    local pipe = assert(io.popen(("%s spec/bench/%s.py 2> /dev/null"):format(python, script)))
    local version = pipe:read "l"
    if pipe:close() then return python, version end
  end
  return ""
end
