-- The tokens of a piece of Lua, whole or cut off anywhere: what completion and the rewriting of
-- top-level locals read it by.
--
--   lexer.tokens(text) -> a list of {kind =, text =, first =, last =}, the bytes first..last of it
--
-- kind: "name" (keywords too), "number", "string", "comment" or "mark" (one character, `::` and the
-- like as several). A string or comment that does not end has open = true, and string tokens have
-- `inner`, the byte that their contents begin at.

local lexer = {}

-- the end of a long bracket that begins at `at` ("[[", "[=[" ...), its contents' first byte, and
-- whether it ends; nil where there is none
local function long_bracket(text, at)
  local _, open, level = text:find("^%[(=*)%[", at)
  if not open then return nil end
  local _, last = text:find("]" .. level .. "]", open + 1, true)
  return last or #text, open + 1, last ~= nil
end

-- the end of a quoted string that begins at `at`, and whether it ends
local function quoted(text, at)
  local quote, i = text:sub(at, at), at + 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == quote then return i, true end
    if c == "\n" then return i - 1, true end   -- a mistake, which the compiler tells
    if c == "\\" then
      i = select(2, text:find("^z%s*", i + 1)) or i + 1
    end
    i = i + 1
  end
  return #text, false
end

local function one(text, at)
  local c = text:sub(at, at)
  if c:find "[%a_]" then
    return {kind = "name", last = select(2, text:find("^[%w_]+", at))}
  elseif c:find "%d" or text:find("^%.%d", at) then
    local last = select(2, text:find("^%.?[%w_.]+", at))
    local signed = text:sub(at, last):find "[eEpP]$"   -- 1e-5 goes on behind its e
    return {kind = "number", last = signed and select(2, text:find("^[+-]%d+", last + 1)) or last}
  elseif c == '"' or c == "'" then
    local last, ended = quoted(text, at)
    return {kind = "string", last = last, open = not ended, inner = at + 1}
  elseif text:find("^%-%-", at) then
    local last, _, ended = long_bracket(text, at + 2)
    if last then return {kind = "comment", last = last, open = not ended} end
    return {kind = "comment", last = select(2, text:find("^[^\n]*", at))}
  end
  local last, inner, ended = long_bracket(text, at)
  if last then return {kind = "string", last = last, open = not ended, inner = inner} end
  return {kind = "mark", last = at}
end

function lexer.tokens(text)
  local list, at = {}, text:find "%S"
  while at do
    local token = one(text, at)
    token.first, token.text = at, text:sub(at, token.last)
    list[#list + 1] = token
    at = text:find("%S", token.last + 1)
  end
  return list
end

return lexer
