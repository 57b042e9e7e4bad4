-- What was typed, as a function: an expression or statements, complete or not yet.
--
--   chunk.read(text, name, env) -> {kind = "chunk", run = f, silent =, text = what was compiled}
--     f() executes it in the table `env`, and returns the values of an expression, which may be the
--     last of several lines; silent: it ends with `;`
--   or {kind = "incomplete"}: more lines are wanted
--   or {kind = "wrong", message =}: no Lua
--   or {kind = "help", name =} of `? name`, and {kind = "search", words =} of `?? words`
--   or {kind = "empty"}
--
-- `local x` at the top level makes x a variable of the session, a field of `env`, so that the next
-- line sees it. Only `<close>` stays local: it is closed where its line ends.

local lexer = require "teasel.tool.repl.lexer"

local chunk = {}

local OPENS = {["function"] = 1, ["do"] = 1, ["if"] = 1, ["repeat"] = 1, ["end"] = -1,
  ["until"] = -1}

-- What a `local` statement whose names begin at token i becomes: for each part to be cut out its
-- first and last byte and what stands there then; nil for one that is closed.
local function cuts_of(tokens, i)
  local cuts = {}
  while true do
    i = i + 1   -- behind the name
    local mark, word = tokens[i], tokens[i + 1]
    if mark and mark.text == "<" and word then
      if word.text == "close" then return nil end
      if not tokens[i + 2] then return nil end
      cuts[#cuts + 1] = {mark.first, tokens[i + 2].last, ""}
      i = i + 3
    end
    if not (tokens[i] and tokens[i].text == ",") then break end
    i = i + 1
  end
  if not (tokens[i] and tokens[i].text == "=") then
    local last = tokens[i - 1].last
    cuts[#cuts + 1] = {last + 1, last, " = nil "}
  end
  return cuts
end

-- the text with top-level locals made fields of the environment; lines stay as they are
function chunk.open_locals(text)
  local tokens = {}
  for _, token in ipairs(lexer.tokens(text)) do
    if token.kind ~= "comment" then tokens[#tokens + 1] = token end
  end
  local cuts, depth = {}, 0
  for i, token in ipairs(tokens) do
    if token.kind == "name" then
      depth = depth + (OPENS[token.text] or 0)
      local next = tokens[i + 1]
      if token.text == "local" and depth == 0 and next and next.kind == "name" then
        local own = next.text == "function" and {} or cuts_of(tokens, i + 1)
        if own then
          cuts[#cuts + 1] = {token.first, token.last, ";"}
          table.move(own, 1, #own, #cuts + 1, cuts)
        end
      end
    end
  end
  local parts, at = {}, 1
  for _, cut in ipairs(cuts) do
    local lines = text:sub(cut[1], cut[2]):gsub("[^\n]", "")
    parts[#parts + 1] = text:sub(at, cut[1] - 1) .. cut[3] .. lines
    at = cut[2] + 1
  end
  return table.concat(parts) .. text:sub(at)
end

-- Does the compiler's message say that the text ends too early? A text in quotes goes on in another
-- line only behind a backslash.
local function is_cut(text, message)
  if message:find "unfinished string" then return text:find "\\$" ~= nil end
  return message:find "near <eof>$" ~= nil
end

-- In front of an expression. Where a local is to be closed a call is no tail call, so that the line
-- of an error within it is known.
local RETURN = "local line_to_be_closed <close> = nil return "

-- Statements whose last lines are an expression, which the function returns; nil where there is
-- none. Lines that go on with what stands above them, as those that begin with a bracket, are no
-- expression of their own if the whole can be read as statements.
local function with_value(text, name, env)
  local whole = load(text, name, "t", env)
  for at in text:reverse():gmatch "()\n" do
    local first = #text - at + 2
    local head, tail = text:sub(1, first - 1), text:sub(first)
    if tail:find "%S" and not (whole and tail:find "^%s*[%({%[\"']")
        and not tail:find "^%s*%-%-[^\n]*$" and load("return " .. tail, name, "t", env) then
      local f = load(chunk.open_locals(head) .. RETURN .. tail, name, "t", env)
      if f then return f, tail end
    end
  end
end

-- Does it end with `;`? A comment behind that says nothing, nor does a `;` in a comment.
local function is_silent(text)
  local last
  for _, token in ipairs(lexer.tokens(text)) do
    if token.kind ~= "comment" then last = token end
  end
  return last ~= nil and last.kind == "mark" and last.text == ";"
end

function chunk.read(text, name, env)
  local word = text:match "^%s*%?%?%s*(.-)%s*$"
  if word then return {kind = "search", words = word} end
  word = text:match "^%s*%?%s*(.-)%s*$"
  if word then return {kind = "help", name = word} end
  if not text:find "%S" then return {kind = "empty"} end
  local f, unlike = load(RETURN .. text, name, "t", env)
  if f then
    return {kind = "chunk", run = f, silent = is_silent(text), text = text}
  end
  local last
  f, last = with_value(text, name, env)
  if f then
    return {kind = "chunk", run = f, silent = is_silent(last), text = text}
  end
  local _, message = load(text, name, "t", env)
  if message then
    if is_cut(text, message) or is_cut(text, unlike) then return {kind = "incomplete"} end
    return {kind = "wrong", message = message}
  end
  f, message = load(chunk.open_locals(text), name, "t", env)
  if not f then return {kind = "wrong", message = message} end
  return {kind = "chunk", run = f, silent = true, text = text}
end

return chunk
