-- The example in the head of a module: example(path) -> its lines, from "local T" on, as a text,
-- and how many they are.

return function(path)
  local lines, inside = {}, false
  for line in io.lines(path) do
    local code = line:match "^%-%-   (.*)"
    inside = inside or code and code:find "^local T ="
    if inside and not code then break end
    if inside then lines[#lines + 1] = code end
  end
  return table.concat(lines, "\n"), #lines
end
