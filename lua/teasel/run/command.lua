-- The command line of a script: `--name value` for every name in a table of defaults.
-- A default gives the type that is wanted; `true` and `false` may leave the value out,
-- which means true.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local merged = require "teasel.lib.merged"
local names = require "teasel.lib.names"
local options = require "teasel.options"
local tree = require "teasel.tree"

local command = {}

-- what `fail` raises: a value that tostring turns into its message
local Refusal = {__tostring = function(refusal) return refusal.message end}

-- fail(format, ...): an error about what was typed on the command line. It has no place in a
-- script, and both teasel and Lua's own interpreter print its message without a traceback.
function command.fail(format, ...)
  error(setmetatable({message = format:format(...)}, Refusal), 0)
end

local fail = command.fail

-- attempt(main, words): main(words) as a command of build/teasel: an error of it is one about what
-- was typed, which has no place in a file and no traceback
function command.attempt(main, words)
  local ok, message = pcall(main, words)
  if not ok then fail("%s", (tostring(message):gsub("^[^\n]-:%d+: (%l[%w_]*: )", "%1"))) end
end

local READERS = {
  number = tonumber,
  string = function(text) return text end,
  boolean = function(text)
    if text == "true" then return true elseif text == "false" then return false end
  end,
}

local function kind(default) return math.type(default) or type(default) end

-- text as a value of the default's type, or an error that names the option
function command.value(name, text, default)
  if not READERS[type(default)] then
    check.wrong("command.value", "default", default, "a number, a string, true or false")
  end
  local value
  if text ~= nil then value = READERS[type(default)](text) end
  if value ~= nil and math.type(default) == "integer" then
    value = math.tointeger(value)
    -- of more hexadecimal digits than an integer has Lua would take the last ones
    if #(text:match "^%s*[-+]?0[xX]0*(%x*)" or "") > 16 then value = nil end
  end
  if value ~= nil and math.type(default) == "float" then
    value = value + 0.0
    if value - value ~= 0 then value = nil end   -- beyond what a number can be
  end
  if value == nil then
    fail("option --%s: got %s, wanted %s %s, like %s", name,
      text and ("'%s'"):format(text) or "nothing", kind(default) == "integer" and "an" or "a",
      kind(default), tostring(default))
  end
  return value
end

-- numbers(name, text, like, least) -> the list of the numbers in text, "4,10,20", as they are
-- written; a word that cannot be an option of the type of `like`, and fewer of them than `least`,
-- are errors that name the option
function command.numbers(name, text, like, least)
  check.number("command.numbers", "like", like)
  local list = {}
  for word in text:gmatch "[^,]+" do
    command.value(name, word, like)
    list[#list + 1] = tonumber(word)   -- 1 and not 1.0, as it stands in names of runs
  end
  if #list < least then
    fail("option --%s: got '%s', wanted %d or more numbers, with commas between them", name, text,
      least)
  end
  return list
end

-- the names of the values that an option may have, in words
local function names_of(values) return table.concat(tree.keys(values), ", ") end

-- typed(arg, defaults [, choices]) -> the values that the command line gives, by name. An unknown
-- option, an ill-typed value, one that is no key of the option's table among `choices`, and a stray
-- word are errors.
function command.typed(arg, defaults, choices)
  local given = {}
  local i = 1
  while i <= #arg do
    local name, text = arg[i]:match("^%-%-([^=]+)=?(.*)$")
    if not name then
      fail("got the argument '%s', wanted options: --name value", arg[i])
    end
    if defaults[name] == nil then fail("%s", options.refusal("command line", name, defaults)) end
    if not arg[i]:find("=", 1, true) then
      text = arg[i + 1]
      local next = text and text:match "^%-%-([^=]+)"
      if type(defaults[name]) == "boolean" and (text == nil or text:match("^%-%-")) then
        text = "true"
      elseif next and defaults[next] ~= nil then
        fail("option --%s: got no value in front of the option --%s, wanted one (or --%s=%s)", name,
          next, name, text)
      else
        i = i + 1
      end
    end
    given[name] = command.value(name, text, defaults[name])
    if choices and choices[name] and not choices[name][given[name]] then
      local near = options.nearest(given[name], choices[name])
      fail("option --%s: got '%s', wanted one of: %s%s", name, given[name], names_of(choices[name]),
        near and (" (did you mean '%s'?)"):format(near) or "")
    end
    i = i + 1
  end
  return given
end

-- apart(words, defaults) -> the words that are neither options nor their values, as a list, and the
-- rest, for `typed`. Behind an option that is true or false a value is one of these two.
function command.apart(words, defaults)
  check.list("command.apart", "words", words, check.string)
  local stray, rest, i = {}, {}, 1
  while i <= #words do
    local name, equals = words[i]:match "^%-%-([^=]+)(=?)"
    local into, next = name and rest or stray, words[i + 1]
    into[#into + 1] = words[i]
    local value = next and not next:find "^%-%-"
    if type(defaults[name]) == "boolean" then value = next == "true" or next == "false" end
    if name and equals == "" and value then
      rest[#rest + 1], i = next, i + 1
    end
    i = i + 1
  end
  return stray, rest
end

-- front(words) -> the words in front of the first option, as a list, and the rest
function command.front(words)
  check.list("command.front", "words", words, check.string)
  local n = 0
  while words[n + 1] and not words[n + 1]:find "^%-%-" do n = n + 1 end
  return table.move(words, 1, n, 1, {}), table.move(words, n + 1, #words, 1, {})
end

-- at_least(values, least): raises an error where an option, if there is one of that name, is below
-- the least value that it may have
function command.at_least(values, least)
  local names = {}
  for name in pairs(least) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if rawget(values, name) and values[name] < least[name] then
      fail("option --%s: got %s, wanted %d or more", name, rawget(values, name), least[name])
    end
  end
end

-- meanings(path, from) -> what a script says of its options, by name: the comment behind each in
-- the table of defaults, and the lines of comment below that. The table begins on the line `from`,
-- a number or the text that this line begins with, and has one option to a line:
--
--   local config = run.config({
--     beta = 4.0,   -- weight of the KL term, 0 or more
function command.meanings(path, from)
  local meanings, name, number, inside = {}, nil, 0, false
  local file <close> = io.open(path)
  for line in file and file:lines() or function() end do
    number = number + 1
    if not inside and (number == from or line:find(from, 1, true) == 1) then
      inside, line = true, line:gsub("^[^{]*{?", "")
    end
    if inside then
      local code, said = (" " .. line):match "^(.-)%s%-%-%s*(.*)$"
      code = code or line
      name = code:match "^%s*([%a_][%w_]*)%s*=" or not code:find "%S" and name or nil
      if name and said then
        meanings[name] = meanings[name] and meanings[name] .. " " .. said or said
      end
      if code:find "}" then break end
    end
  end
  return meanings
end

-- where the script called for its options, outside of the library: its path and the line
local function caller()
  local library = debug.getinfo(1, "S").source:match "^(@.*)run/[^/]*$"
  for level = 2, math.maxinteger do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if info.source:sub(1, 1) == "@" and info.source:sub(1, #library) ~= library then
      return info.source:sub(2), info.currentline
    end
  end
end

-- what a file of Lua says of itself at its top, without the dashes
local function head_of(path)
  local lines = {}
  for line in (core.file.read(path) or ""):gmatch "[^\n]*" do
    local said = line:match "^%-%- ?(.*)$"
    if not said then break end
    lines[#lines + 1] = said
  end
  return table.concat(lines, "\n")
end

-- text in lines of at most `width` columns
local function wrapped(text, width)
  local lines = {""}
  for word in text:gmatch "%S+" do
    local last = lines[#lines]
    if last ~= "" and utf8.len(last .. word) >= width then
      lines[#lines + 1] = word
    else
      lines[#lines] = last == "" and word or last .. " " .. word
    end
  end
  return lines
end

local MEANING = 48   -- the column of meanings

-- whether a text names each of the values, as words
local function names_all(text, values)
  local words = {}
  for word in text:gmatch "[%w_]+" do words[word] = true end
  for value in pairs(values) do
    if not words[tostring(value)] then return false end
  end
  return true
end

-- help(defaults [, meanings, choices]) -> the options, each with its type and default, and, by
-- name, its meaning and the values that it may have, the keys of a table, where that names them not
function command.help(defaults, meanings, choices)
  local lines = {}
  for _, name in ipairs(tree.keys(defaults)) do
    local value, meaning = defaults[name], meanings and meanings[name] or ""
    local values = choices and choices[name]
    if values and not names_all(meaning, values) then
      meaning = meaning .. (meaning == "" and "" or ": ") .. "one of " .. names_of(values)
    end
    local line = ("  --%-18s %-8s default: %s"):format(name, kind(value),
      value == "" and "(none)" or tostring(value))
    for i, part in ipairs(meaning == "" and {} or wrapped(meaning, 100 - MEANING)) do
      if i > 1 or #line >= MEANING then
        lines[#lines + 1] = line
        line = ""
      end
      line = line .. (" "):rep(MEANING - #line) .. part
    end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n")
end

-- show_help(own, choices, shared, common, common_meanings): prints what --help answers: what the
-- script that called says of itself at its top, its options and those of every run; and ends the
-- script. shared: what own options mean that the script does not write down itself, by name
function command.show_help(own, choices, shared, common, common_meanings)
  local path, line = caller()
  local head = path and head_of(path) or ""
  local meanings = path and command.meanings(path, line) or {}
  for name, said in pairs(shared or {}) do meanings[name] = meanings[name] or said end
  io.write(("usage: %s [options]\n\n%s%s\n"):format(arg[0], head == "" and "" or head .. "\n\n",
    command.help(own, meanings, choices)))
  if common then io.write("\nof every run:\n", command.help(common, common_meanings), "\n") end
  os.exit(0, true)
end

-- show_head(name): prints what a command, teasel.tool.NAME, says of itself at its top
function command.show_head(name)
  local path = package.searchpath("teasel.tool." .. name, package.path)
    or check.wrong("command.show_head", "name", name, "the name of a command")
  print(head_of(path))
end

-- read(arg, defaults [, choices]) -> the defaults with those given in their place; with --help they
-- are listed, and the script ends. choices: by name, a table whose keys are the values that an
-- option may have. Each option is best written on a line of its own, with its meaning and the
-- values that make sense in a comment behind it: --help shows that.
function command.read(arg, defaults, choices)
  local given = command.typed(arg, merged({help = false}, defaults), choices)
  if given.help then command.show_help(defaults, choices) end
  given.help = nil
  return names.strict(options.read("command line", given, defaults), "config")
end

check.functions("command.", command, {
  attempt = "main: callable, words: table?", fail = "format: string",
  value = "name: string, text: string?, default: any",
  numbers = "name: string, text: string, like: any, least: size",
  typed = "arg: table, defaults: table, choices: table?",
  apart = "words: table, defaults: table", front = "words: table",
  at_least = "values: table, least: table", meanings = "path: string, from: any",
  help = "defaults: table, meanings: table?, choices: table?",
  show_head = "name: string",
  show_help = "own: table, choices: table?, shared: table?, common: table?, "
    .. "common_meanings: table?",
  read = "arg: table, defaults: table, choices: table?",
})

return command
