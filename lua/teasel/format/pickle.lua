-- Pickles of Python, read as data. A pickle is a program for a small stack machine, which in Python
-- may call any function; here it can only make lists, dictionaries, texts and numbers. What a
-- program may name or call is a table of the caller's, everything else is an error that names it.
--
-- What becomes what: None is pickle.none, a text or bytes a string, a list, a tuple or a set
-- {kind = "list", ...}, a dictionary {kind = "dict", keys =, values =}, a whole number beyond 64
-- bits {kind = "long", text =}, and a name {kind = "name", name = "collections.OrderedDict"}.
--
-- Bounds: an instruction needs a byte or more, and at most MOST of them are followed; no length is
-- believed beyond the end of the text. Nothing here follows what lists refer to, so that a list in
-- itself does no harm; pickle.plain, which does, visits no more than so many items for each byte.

local stop = require "teasel.lib.stop"

local pickle = {}

local MOST = 1 << 22     -- instructions
local TIMES, SOME = 16, 1 << 15   -- items of what pickle.plain makes, for each byte and besides
local DEEPEST = 100      -- lists inside lists
local LONGEST = 1000     -- bytes of a key
local PATHS = 1 << 26    -- bytes of all the paths that are told

pickle.none = setmetatable({}, {__name = "None"})

local none = pickle.none
local MARK = {}

-- the machine: {text =, at =, stack =, n = its height, marks =, memo =, name =, persistent =}
local function push(m, value)
  m.n = m.n + 1
  m.stack[m.n] = value
end

local function pop(m)
  local value = m.stack[m.n]
  if value == nil or value == MARK then stop "is damaged: its pickle takes more than there is" end
  m.stack[m.n] = nil
  m.n = m.n - 1
  return value
end

local function top(m, kind)
  local value = m.stack[m.n]
  if type(value) ~= "table" or value.kind ~= kind then
    stop("is damaged: its pickle fills something that is no %s", kind)
  end
  return value
end

-- what lies above the last mark, as a list
local function pop_mark(m)
  local from = table.remove(m.marks)
  if not from then stop "is damaged: its pickle has no mark" end
  local list = table.move(m.stack, from + 1, m.n, 1, {kind = "list"})
  for i = m.n, from, -1 do m.stack[i] = nil end
  m.n = from - 1
  return list
end

local function bytes(m, n)
  local at = m.at
  if n < 0 or n > #m.text - at + 1 then stop "is cut off within its pickle" end
  m.at = at + n
  return m.text:sub(at, at + n - 1)
end

local SIZES = {["<I1"] = 1, ["<I2"] = 2, ["<i4"] = 4, ["<I4"] = 4, ["<i8"] = 8, [">d"] = 8}

local function number(m, format) return (format:unpack(bytes(m, SIZES[format]))) end

local function line(m)
  local stops = m.text:find("\n", m.at, true)
  if not stops or stops - m.at > 1000 then
    stop "is damaged: its pickle has a name without an end"
  end
  local text = m.text:sub(m.at, stops - 1)
  m.at = stops + 1
  return text
end

local function text(format)
  return function(m) push(m, bytes(m, number(m, format))) end
end

local function whole(digits)
  if #digits == 0 then return 0 end
  if #digits <= 8 then return (("<i" .. #digits):unpack(digits)) end
  return {kind = "long", text = digits}
end

local function store(m, dict, list)
  if #list % 2 ~= 0 then stop "is damaged: its pickle has a key without a value" end
  for i = 1, #list, 2 do
    dict.keys[#dict.keys + 1], dict.values[#dict.values + 1] = list[i], list[i + 1]
  end
end

local function remember(m, index) m.memo[index] = m.stack[m.n] end

local function recall(m, index)
  local value = m.memo[index]
  if value == nil or value == MARK then
    stop "is damaged: its pickle recalls what was never kept"
  end
  push(m, value)
end

local function tuple(n)
  return function(m)
    local list = {kind = "list"}
    for i = n, 1, -1 do list[i] = pop(m) end
    push(m, list)
  end
end

local function called(m)
  local arguments, f = pop(m), pop(m)
  if type(f) ~= "table" or f.kind ~= "name" or type(arguments) ~= "table"
      or arguments.kind ~= "list" then
    stop "is damaged: its pickle calls what is no function"
  end
  if not f.call then stop("calls %s, which is never done", f.name) end
  push(m, f.call(arguments))
end

local function named(m, module, name)
  if type(module) ~= "string" or type(name) ~= "string" then
    stop "is damaged: its pickle has a name that is no text"
  end
  push(m, m.name(module .. "." .. name))
end

-- the instructions that are followed, by their byte
local STEPS = {
  ["\x80"] = function(m)
    local version = number(m, "<I1")
    if version > 5 then stop("has a pickle of version %d, wanted at most 5", version) end
  end,
  ["\x95"] = function(m) bytes(m, 8) end,             -- the length of a frame
  ["("] = function(m)
    push(m, MARK)
    m.marks[#m.marks + 1] = m.n
  end,
  ["0"] = function(m) pop(m) end,
  ["1"] = function(m) pop_mark(m) end,
  N = function(m) push(m, none) end,
  ["\x88"] = function(m) push(m, true) end,
  ["\x89"] = function(m) push(m, false) end,
  J = function(m) push(m, number(m, "<i4")) end,
  K = function(m) push(m, number(m, "<I1")) end,
  M = function(m) push(m, number(m, "<I2")) end,
  ["\x8a"] = function(m) push(m, whole(bytes(m, number(m, "<I1")))) end,
  ["\x8b"] = function(m) push(m, whole(bytes(m, number(m, "<i4")))) end,
  G = function(m) push(m, number(m, ">d")) end,
  X = text "<I4", ["\x8c"] = text "<I1", ["\x8d"] = text "<i8",
  T = text "<i4", U = text "<I1",
  B = text "<I4", C = text "<I1", ["\x8e"] = text "<i8",
  ["]"] = function(m) push(m, {kind = "list"}) end,
  [")"] = function(m) push(m, {kind = "list"}) end,
  ["\x8f"] = function(m) push(m, {kind = "list"}) end,
  l = function(m) push(m, pop_mark(m)) end,
  t = function(m) push(m, pop_mark(m)) end,
  ["\x91"] = function(m) push(m, pop_mark(m)) end,
  ["\x85"] = tuple(1), ["\x86"] = tuple(2), ["\x87"] = tuple(3),
  ["}"] = function(m) push(m, {kind = "dict", keys = {}, values = {}}) end,
  d = function(m)
    local dict = {kind = "dict", keys = {}, values = {}}
    store(m, dict, pop_mark(m))
    push(m, dict)
  end,
  a = function(m)
    local value = pop(m)
    local list = top(m, "list")
    list[#list + 1] = value
  end,
  e = function(m)
    local more = pop_mark(m)
    local list = top(m, "list")
    table.move(more, 1, #more, #list + 1, list)
  end,
  s = function(m)
    local value = pop(m)
    local key = pop(m)
    store(m, top(m, "dict"), {key, value})
  end,
  u = function(m)
    local more = pop_mark(m)
    store(m, top(m, "dict"), more)
  end,
  q = function(m) remember(m, number(m, "<I1")) end,
  r = function(m) remember(m, number(m, "<I4")) end,
  ["\x94"] = function(m)
    remember(m, m.kept)
    m.kept = m.kept + 1
  end,
  h = function(m) recall(m, number(m, "<I1")) end,
  j = function(m) recall(m, number(m, "<I4")) end,
  c = function(m)
    local module = line(m)
    named(m, module, line(m))
  end,
  ["\x93"] = function(m)
    local name = pop(m)
    named(m, pop(m), name)
  end,
  R = called,
  b = function(m)
    -- attributes: those that a dictionary has beside its items are left alone
    pop(m)
    top(m, "dict")
  end,
  Q = function(m) push(m, m.persistent(pop(m))) end,
}
STEPS["\x90"] = STEPS.e

-- what other instructions would do, for messages
local REFUSED = {["\x81"] = "makes an object of a class", ["\x92"] = "makes an object of a class",
  i = "makes an object of a class", o = "makes an object of a class", ["2"] = "doubles its stack",
  P = "names something outside of itself", ["\x82"] = "uses an extension",
  ["\x83"] = "uses an extension", ["\x84"] = "uses an extension",
  ["\x97"] = "takes memory from outside"}

-- read(text, at, names) -> the value of the pickle that begins at byte `at`, and the place behind
-- it. names.name(full) gives what "module.name" stands for, {kind = "name", name =, call = a
-- function of a list of arguments, if it may be called}; names.persistent(id) what a file refers to
-- so. What is wrong is an error of teasel.lib.stop.
function pickle.read(source, at, names)
  local m = {text = source, at = at, stack = {}, n = 0, marks = {}, memo = {}, kept = 0,
    name = names.name, persistent = names.persistent}
  for _ = 1, MOST do
    local code = source:sub(m.at, m.at)
    m.at = m.at + 1
    local step = STEPS[code]
    if step then step(m)
    elseif code == "." then
      local value = pop(m)
      if m.n ~= 0 then stop "is damaged: its pickle leaves something over" end
      return value, m.at
    elseif code == "" then stop "is cut off within its pickle"
    else
      stop("has a pickle with the instruction 0x%02x, which %s; wanted a pickle of tensors, "
        .. "numbers, texts, lists and dictionaries", code:byte(),
        REFUSED[code] or "is not known here")
    end
  end
  stop("has a pickle of more than %d instructions", MOST)
end

local function key_of(value)
  if value == none or type(value) == "table" or value ~= value then return nil end
  if type(value) == "string" and #value > LONGEST then return nil end
  return math.type(value) == "float" and math.tointeger(value) or value
end

-- plain(value, size, leaf) -> what was read from a pickle of so many bytes as tables of Lua, each
-- list and dictionary a new one: lists from 1, dictionaries by their own keys. leaf(value, path)
-- says what an item of another kind becomes, nil: it is left out. None and keys that no table can
-- have are left out. Second: a list of what was left out, and why.
function pickle.plain(value, size, leaf)
  local most = size * TIMES + SOME
  local left, count, told, above, parts = {}, 0, 0, {}, {}
  local function path()
    local text = table.concat(parts, ".")
    told = told + #text
    if told > PATHS then stop("has names of more than %d bytes together", PATHS) end
    return text
  end
  local function leave(what) left[#left + 1] = ("%s: %s"):format(path(), what) end
  local function visit(x, depth)
    count = count + 1
    if count > most then stop("has more than %d items, some of them again and again", most) end
    if x == none then return leave "None" end
    if type(x) ~= "table" then return x end
    if x.kind == "long" then return leave(("an integer of %d bytes"):format(#x.text)) end
    if x.kind ~= "list" and x.kind ~= "dict" then
      local made, why = leaf(x, path())
      if made == nil then leave(why) end
      return made
    end
    if above[x] then stop("'%s' is a list or dictionary inside of itself", path()) end
    if depth > DEEPEST then stop("has lists more than %d deep inside one another", DEEPEST) end
    above[x] = true
    local made = {}
    for i = 1, x.kind == "list" and #x or #x.keys do
      local key = x.kind == "list" and i or key_of(x.keys[i])
      parts[#parts + 1] = tostring(key)
      if key == nil then leave "a key that is no short text and no number"
      elseif x.kind == "list" then made[key] = visit(x[i], depth + 1)
      else made[key] = visit(x.values[i], depth + 1)
      end
      parts[#parts] = nil
    end
    above[x] = nil
    return made
  end
  return visit(value, 1), left
end

return pickle
