-- What may come next in a line: a function of the text, the place in it and the variables alone.
--
--   complete(text, cursor, env) -> list, first
--     cursor: the bytes in front of it; list: sorted texts, each of which may take the place of the
--     bytes first..cursor
--
-- Known are variables and keywords; the fields and methods of what stands before `.` or `:`,
-- through tables behind tables; inside of `f{` and `f(x, {` the options of f; and inside of a text
-- the files and folders of that path. No function of the user's is called to find them.

local core = require "teasel.core"
local help = require "teasel.tool.help"
local lexer = require "teasel.tool.repl.lexer"
local reference = require "teasel.tool.repl.reference"

local T = require "teasel"

local KEYWORDS = {"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto",
  "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"}

-- Modules that a table loads when they are first named: T and T.data.
local function lazy_names(t, add)
  if t ~= T and t ~= T.data then return end
  for _, e in ipairs(help.entries()) do
    local name = e.line == 1 and e.name or ""
    if t == T.data then name = name:match "^data%.(%w+)$" or "" end
    if name:find "^[%a_][%w_]*$" then add(name) end
  end
end

-- The table behind one with this metatable: its __index, or where that is a function the table that
-- it names as __complete; nil where there is none.
local function behind(meta)
  local t = type(meta) == "table" and rawget(meta, "__index")
  if type(t) == "function" then t = rawget(meta, "__complete") end
  return type(t) == "table" and t or nil
end

-- t[name] without a call of what the user wrote
local function field(t, name)
  for _ = 1, 20 do
    local meta = debug.getmetatable(t)
    if type(t) == "table" then
      local v = rawget(t, name)
      if v ~= nil then return v end
      if t == T or t == T.data then
        local ok, loaded = pcall(function() return t[name] end)
        return ok and loaded or nil
      end
    end
    if meta == core.tensor.metatable then return core.tensor.methods[name] end
    t = behind(meta)
    if not t then return nil end
  end
end

-- the names of all fields of t, to add(name, value)
local function fields(t, add)
  for _ = 1, 20 do
    local meta = debug.getmetatable(t)
    if meta == core.tensor.metatable then t = core.tensor.methods end
    if type(t) == "table" then
      for k, v in next, t do
        if type(k) == "string" and k:find "^[%a_][%w_]*$" then add(k, v) end
      end
      lazy_names(t, add)
    end
    t = t ~= core.tensor.methods and behind(meta)
    if not t then return end
  end
end

-- The names of a chain a.b:c that ends at token i, first to last; nil where it is no plain one, as
-- behind a call.
local function chain(tokens, i)
  local names = {}
  while true do
    local token, before = tokens[i], tokens[i - 1]
    if not token or token.kind ~= "name" then return nil end
    table.insert(names, 1, token.text)
    if not before or before.text ~= "." and before.text ~= ":" then return names end
    i = i - 2
  end
end

local function value_of(names, env)
  local v = field(env, names[1])
  for i = 2, #names do
    if v == nil then return nil end
    v = field(v, names[i])
  end
  return v
end

local OPENS, CLOSES = {["("] = true, ["["] = true, ["{"] = true},
  {[")"] = true, ["]"] = true, ["}"] = true}

-- the bracket that is open where token i stands, or nil
local function open_bracket(tokens, i)
  local depth = 0
  for k = i, 1, -1 do
    local mark = tokens[k].kind == "mark" and tokens[k].text
    if CLOSES[mark] then depth = depth + 1 end
    if OPENS[mark] then
      if depth == 0 then return k end
      depth = depth - 1
    end
  end
end

-- The names of the function in whose table, f{ or f(x, {, token i stands, or nil.
local function called(tokens, i)
  local at = open_bracket(tokens, i)
  if not at or tokens[at].text ~= "{" then return nil end
  local names = chain(tokens, at - 1)
  if not names then
    at = open_bracket(tokens, at - 1)
    names = at and tokens[at].text == "(" and chain(tokens, at - 1)
  end
  return names
end

local function paths(typed, add)
  local folder, start = typed:match "^(.*/)([^/]*)$"
  start = start or typed
  for _, name in ipairs(core.system.list(folder or ".") or {}) do
    if name:sub(1, #start) == start and (start ~= "" or name:sub(1, 1) ~= ".") then
      local path = (folder or "") .. name
      add(core.system.list(path) and path .. "/" or path)
    end
  end
end

return function(text, cursor, env)
  local head = text:sub(1, cursor)
  local tokens, list, seen = {}, {}, {}
  for _, token in ipairs(lexer.tokens(head)) do
    if token.kind == "comment" then
      if token.last == #head then return {}, cursor + 1 end
    else
      tokens[#tokens + 1] = token
    end
  end
  local last = tokens[#tokens]
  local start, first, at = "", cursor + 1, #tokens   -- of the word; `at`: the token before it
  if last and last.open then
    first, start = last.inner, head:sub(last.inner)
  elseif last and last.kind == "name" and last.last == #head then
    first, start, at = last.first, last.text, #tokens - 1
  elseif last and last.kind ~= "mark" and last.last == #head then
    return {}, first
  end
  local function add(name)
    local hidden = name:find "^__" and start == ""   -- a metamethod
    if name:sub(1, #start) == start and not seen[name] and not hidden then
      seen[name] = true
      list[#list + 1] = name
    end
  end

  local mark = tokens[at] and tokens[at].text
  if last and last.open then
    paths(start, add)
  elseif mark == "." or mark == ":" then
    local names = chain(tokens, at - 1)
    local owner = names and value_of(names, env)
    if type(owner) == "string" then owner = string end
    if owner ~= nil then
      fields(owner, function(name, v)
        if mark == "." or type(v) == "function" or type(v) == "table" then add(name) end
      end)
    end
  else
    if mark == "{" or mark == "," then
      local owner = called(tokens, at)
      local options = owner and reference.options(table.concat(owner, "."), value_of(owner, env))
      for _, name in ipairs(options or {}) do add(name .. " = ") end
      if #list > 0 then
        table.sort(list)
        return list, first
      end
    end
    if start ~= "" then
      for _, word in ipairs(KEYWORDS) do add(word) end
      fields(env, add)
    end
  end
  table.sort(list)
  return list, first
end
