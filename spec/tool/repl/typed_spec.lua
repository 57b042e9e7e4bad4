-- Anything may be typed: valid lines, broken ones and bytes. TYPED says how many (1000).

local piece = require "spec.tool.repl.pieces"

local root = io.popen("pwd"):read "l"

describe("a session #once", function()
  it("survives whatever is typed, and answers afterwards", function()
    local n = tonumber(os.getenv "TYPED" or "") or 1000
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    for i = 1, n do
      local line = piece.line(i)
      file:write(line, "\n")
      -- whatever is open is closed, now and then, so that not all is one statement
      if i % 5 == 0 then file:write("]==]]]'\"\nend end end ) } until x\n") end
    end
    file:write("--]==]]]\n]]\n;;;'\n=\nend\n= =\n")
    file:write("print('the ' .. 'end')\n")
    file:close()
    -- a sanitizer's own memory is beyond any limit
    local pipe = assert(io.popen(("env -u LD_PRELOAD sh -c 'cd / && ulimit -v 8000000; "
      .. "env -i PATH=/usr/bin:/bin HOME=/nowhere timeout 300 %s/build/teasel repl < %s' 2>&1")
      :format(root, path)))
    local text = pipe:read "a"
    local ok, how, status = pipe:close()
    os.remove(path)
    assert.same({true, "exit", 0}, {ok, how, status}, text:sub(-500))
    assert.is_truthy(text:find("the end", 1, true), text:sub(-500))
    assert.is_nil(text:find "\27")
  end)
end)
