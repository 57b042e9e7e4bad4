-- Lines for spec/tool/repl/typed_spec.lua: line(i) is the same for the same i.

local pieces = {}

local WORDS = {"x", "y", "T", "T.ones{2, 3}", "T.zeros{}", "T.nn", "T.nn.linear(2, 3)", ".", ":",
  "(", ")", "{", "}", "[", "]", "[[", "]]", "[==[", "'", '"', "=", "==", "+", "*", "..", "#",
  "~", "//", ",", ";", "--", "--[[", "nil", "true", "local", "function", "end", "if", "then",
  "else", "return", "1", "0x", "1e", "3.5", "-1", "<const>", "<close>", "x = x", "local y = 3",
  "error", "error{}", "tostring", "pcall", "select('#')", "T.sum", "T.matmul", "x:sum()",
  "x:reshape{-1}", "_", "_1", "_99", "who()", "time(print)", "help 'nn'", "help()", "? nn.conv",
  "??", "? ", "?? kl", "\\", "\t", "\0", "\1", "\xff", "\xC2\x9B", "\27[31m", "é", "goto a",
  "::a::", "break", "do", "x.y.z", "x[1]", "T.tensor{1, 2, 3}", "T.stream(1):normal{3}",
  "setmetatable({}, {__index = x})", "coroutine.wrap(function() end)()", "string.rep('a', 3)",
  "#x", "-x", "not x", "{x, {x, {x}}}", "T.grad(function(a) return a * a end)(T.tensor(2))",
  "T.data.space", "T.canvas", "math.huge"}

function pieces.line(i)
  local state = i * 2654435761 % 2147483648
  local function draw(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 65536 % n + 1
  end
  local parts, kind = {}, draw(10)
  if kind == 1 then
    for k = 1, draw(40) do parts[k] = string.char(draw(256) - 1) end
    return (table.concat(parts):gsub("\n", " "))
  end
  for k = 1, kind < 6 and 1 or draw(8) do parts[k] = WORDS[draw(#WORDS)] end
  return table.concat(parts, draw(2) == 1 and " " or "")
end

return pieces
