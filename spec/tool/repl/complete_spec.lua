-- What completion offers.

local complete = require "teasel.tool.repl.complete"
local lexer = require "teasel.tool.repl.lexer"
local session = require "teasel.tool.repl.session"

local s = session.new{print = function() end}
s:run "x = T.zeros{2}; t = {alpha = 1, beta = {gamma = 2}, run = print}"
s:run "object = setmetatable({own = 1}, {__index = {method = print, value = 2}})"
s:run "trap = setmetatable({}, {__index = function() error 'called' end})"

local function offered(text, cursor)
  local list, first = complete(text, cursor or #text, s.env)
  return table.concat(list, " "), first
end

describe("completion", function()
  it("offers variables, keywords and Lua's names", function()
    assert.equal("local", (offered "loc"))
    assert.equal("obj" .. "ect", (offered "y = obj"))
    assert.equal("print", (offered "prin"))
    assert.equal("who", (offered "f(who"))
    assert.equal("", (offered ""))
  end)

  it("offers fields behind a dot, and methods behind a colon", function()
    assert.equal("alpha beta run", (offered "t."))
    assert.equal("gamma", (offered "t.beta."))
    assert.equal("beta run", (offered "t:"))
    assert.equal("method own value", (offered "object."))
    assert.equal("method", (offered "object:m"))
    assert.equal("mean median", (offered "x:me"))
    assert.equal("format", (offered "string.for"))
    assert.equal("", (offered "nothing.at.all."))
    assert.equal("", (offered "f(x)."))
  end)

  it("offers the verbs of a run that is explored", function()
    s.env.r = require("teasel.tool.repl.explore").of({}, {})
    assert.equal("traverse", (offered "r:tra"))
    assert.equal("samples score sliders swap", (offered "r:s"))
  end)

  it("offers what T holds and what it would load", function()
    assert.equal("linear", (offered "T.nn.lin"))
    assert.equal("nn", (offered "T.nn"):match "%f[%w]nn%f[%W]")
    assert.equal("dsprites", (offered "T.data.dsp"))
  end)

  it("offers the options of the function whose table is open", function()
    assert.equal("kernel = ", (offered "T.nn.conv(3, 8, {ker"))
    assert.equal("bias =  init =  kernel =  pad =  stride = ", (offered "T.nn.conv(3, 8, {"))
    assert.equal("stride = ", (offered "y = T.nn.conv(f(1, {2}), 8, {kernel = {4, 4}, str"))
    assert.equal("b1 =  b2 =  eps =  lr = ", (offered "T.optim.adam{"))
    assert.equal("pad =  stride = ", (offered "T.conv(x, w, {"))
    assert.equal("base = ", (offered "T.figure.traversal('a.png', v, {ba"))
    assert.equal("bias =  init = ", (offered "T.nn.linear(2, 3, {"))
    -- of what a variable holds, by the function behind the name
    s.env.r = require("teasel.tool.repl.explore").of({}, {})
    assert.equal("count =  range =  seed =  units = ", (offered "r:traverse{"))
    assert.equal("seed = ", (offered "r:traverse{units = {1}, se"))
  end)

  it("offers files and folders in a text", function()
    assert.equal("spec/tool/repl/", (offered "open 'spec/tool/re"))
    assert.equal("README.md", (offered 'io.open("READ'))
    assert.equal("spec/tool/repl/complete_spec.lua", (offered "f [[spec/tool/repl/comp"))
    assert.equal("", (offered "f 'no/such/folder/"))
    assert.equal("", (offered "f 'closed' "))
  end)

  it("tells where the word begins, and looks at what stands before the cursor alone", function()
    assert.are.same({"alpha", 7}, {offered("y = t.al + 3", 8)})
    assert.are.same({"README.md", 4}, {offered "f 'READ"})
  end)

  it("offers nothing in comments and numbers, and calls nothing", function()
    assert.equal("", (offered "x = 1 -- loc"))
    assert.equal("", (offered "12"))
    assert.equal("", (offered "trap."))
    assert.equal("", (offered "trap.field."))
  end)

  it("answers anything", function()
    local state = 7
    local function draw(n)
      state = (state * 1103515245 + 12345) % 2147483648
      return state // 65536 % n + 1
    end
    local pieces = {"T", ".", ":", "{", "(", "[[", "]]", "'", '"', "x", "=", ",", "\\", "\n", "--",
      "nn", "\0", "\xff", "conv", "function", "end", "1e", "[=[", " "}
    for _ = 1, 2000 do
      local parts = {}
      for i = 1, draw(12) do parts[i] = pieces[draw(#pieces)] end
      local text = table.concat(parts)
      local list, first = complete(text, draw(#text + 1) - 1, s.env)
      assert(type(list) == "table" and first >= 1 and first <= #text + 1, text)
    end
  end)
end)

describe("the lexer", function()
  it("covers all but white space, in order", function()
    local text = "local x <const> = [==[a]]b]==] .. 'it\\'s' -- c\n"
      .. "--[[ d ]] 0x1p-3 1e+5 a.b:c{.5}\0"
    local rest, at = {}, 1
    for _, token in ipairs(lexer.tokens(text)) do
      assert.equal(token.text, text:sub(token.first, token.last))
      assert.matches("^%s*$", text:sub(at, token.first - 1))
      at = token.last + 1
      rest[#rest + 1] = token.kind
    end
    assert.equal(#text + 1, at)
    assert.equal("name name mark name mark mark string mark mark string comment comment number "
      .. "number name mark name mark name mark number mark mark", table.concat(rest, " "))
  end)

  it("tells what does not end", function()
    for _, text in ipairs{"'abc", "[[abc", "--[[abc", "'abc\\"} do
      local tokens = lexer.tokens(text)
      assert.is_true(tokens[#tokens].open, text)
    end
    assert.is_falsy(lexer.tokens("-- abc")[1].open)
  end)
end)
