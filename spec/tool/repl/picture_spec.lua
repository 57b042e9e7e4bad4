-- Pictures in a terminal, read again as a terminal would.

local T = require "teasel"
local core = require "teasel.core"
local picture = require "teasel.tool.repl.picture"
local show = require "teasel.tool.repl.show"

local function env(t) return function(name) return t[name] end end

-- the bytes of a base64 text
local function decoded(text)
  local digits, bits, n, out = {}, 0, 0, {}
  local all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  for i = 1, 64 do digits[all:sub(i, i)] = i - 1 end
  for c in text:gsub("=", ""):gmatch "." do
    bits, n = bits << 6 | digits[c], n + 6
    if n >= 8 then
      n = n - 8
      out[#out + 1] = string.char(bits >> n & 255)
    end
  end
  return table.concat(out)
end

-- an image of two colours and more, as picture.encode wants it
local function image(width, height, channels)
  local c = T.canvas.new{width = width, height = height, channels = channels, background = 0x336699}
  local state = 1
  for y = 0, height - 1 do
    for x = 0, width - 1 do
      state = (state * 1103515245 + 12345) % 2147483648
      if state > 1000000000 then c:rect(x, y, 1, 1, {colour = state % 0x1000000}) end
    end
  end
  return {width = width, height = height, channels = channels, data = c:bytes(), png = c:png()}
end

-- what half blocks show: rows of {r, g, b} by a pattern for a colour, whose captures `colour` reads
local function half_rows(text, pattern, colour)
  local rows = {}
  for line in text:gmatch "([^\n]*)\n" do
    local upper, lower = {}, {}
    for codes in line:gmatch "\27%[([%d;]+)m▀" do
      upper[#upper + 1] = colour(codes:match("^38;" .. pattern))
      local second = table.pack(codes:match("48;" .. pattern .. "$"))
      lower[#lower + 1] = second[1] and colour(table.unpack(second)) or nil
    end
    assert.matches("\27%[0m$", line)
    rows[#rows + 1] = upper
    if #lower > 0 then rows[#rows + 1] = lower end
  end
  return rows
end

local function pixel(i, x, y, c) return i.data:byte((y * i.width + x) * i.channels
  + math.min(c, i.channels)) end

describe("a picture", function()
  it("has base64 as everywhere", function()
    for plain, text in pairs{[""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==",
      fooba = "Zm9vYmE=", foobar = "Zm9vYmFy", ["\xff\xfe\xfd"] = "//79"} do
      assert.equal(text, core.file.base64(plain))
      assert.equal(plain, decoded(text))
    end
  end)

  it("is a PNG in pieces for kitty", function()
    local i = image(90, 70, 3)
    local pieces, more = {}, {}
    local text = picture.encode(i, "kitty", 80)
    for keys, data in text:gmatch "\27_G([^;]*);([^\27]*)\27\\" do
      pieces[#pieces + 1], more[#more + 1] = data, keys:match "m=(%d)"
      assert.is_true(#data <= 4096)
      assert.equal(#pieces == 1, keys:find "a=T,f=100,q=2" ~= nil)
    end
    assert.is_true(#pieces > 1)
    assert.equal(("1"):rep(#pieces - 1) .. "0", table.concat(more))
    assert.equal(i.png, decoded(table.concat(pieces)))
  end)

  it("is a PNG with its size for iTerm2", function()
    local i = image(9, 7, 1)
    local size, data = picture.encode(i, "iterm", 80):match
      "^\27%]1337;File=inline=1;size=(%d+):([^\7]*)\7\n$"
    assert.equal(#i.png, tonumber(size))
    assert.equal(i.png, decoded(data))
  end)

  local tool = os.execute "command -v sixel2png > /dev/null"
  if tool then
    it("is sixels that libsixel's tool reads, with the pixels of the nearest colours", function()
      local sixels, png = os.tmpname(), os.tmpname()
      for _, channels in ipairs{1, 3} do
        local i = image(37, 23, channels)
        assert(core.file.save(sixels, picture.encode(i, "sixel", 80)))
        assert(os.execute(("sixel2png -i %s -o %s"):format(sixels, png)))
        local seen = assert(T.canvas.read(png))
        assert.equal(37, seen.width)
        assert.is_true(seen.height >= 23)   -- whole bands of six rows
        for y = 0, 22 do
          for x = 0, 36 do
            for c = 1, 3 do
              local level = (pixel(i, x, y, c) * 5 + 127) // 255
              assert.equal(51 * level, pixel(seen, x, y, c))
            end
          end
        end
      end
      os.remove(sixels)
      os.remove(png)
    end)
  else
    pending "is sixels that libsixel's own tool reads: wants sixel2png (Debian: libsixel-bin)"
  end

  it("is sixels of the nearest of 216 colours", function()
    for _, channels in ipairs{1, 3} do
      local i = image(17, 15, channels)
      local body = picture.encode(i, "sixel", 80):match '^\27Pq"1;1;17;15(.*)\27\\\n$'
      local palette, seen, x, y, colour = {}, {}, 0, 0, nil
      local at = 1
      while at <= #body do
        local n, r, g, b, last = body:match("^#(%d+);2;(%d+);(%d+);(%d+)()", at)
        if n then
          palette[n] = {tonumber(r), tonumber(g), tonumber(b)}
        elseif body:find("^#", at) then
          colour, last = body:match("^#(%d+)()", at)
        elseif body:find("^%$", at) then
          x, last = 0, at + 1
        elseif body:find("^%-", at) then
          x, y, last = 0, y + 6, at + 1
        else
          local count, c
          count, c, last = body:match("^!(%d+)([?-~])()", at)
          for _ = 1, count do
            for bit = 0, 5 do
              if c:byte() - 63 >> bit & 1 == 1 then seen[(y + bit) * 17 + x] = palette[colour] end
            end
            x = x + 1
          end
          assert.is_true(x <= 17)
        end
        at = last
      end
      for row = 0, 14 do
        for column = 0, 16 do
          for c = 1, 3 do
            local wanted = pixel(i, column, row, c) / 2.55
            assert.is_true(math.abs(seen[row * 17 + column][c] - wanted) <= 10.1)
          end
        end
      end
    end
  end)

  it("is half blocks of exactly its pixels, an odd last row alone", function()
    for _, size in ipairs{{12, 7, 3}, {5, 4, 1}} do
      local i = image(table.unpack(size))
      local rows = half_rows(picture.encode(i, "half", 80), "2;(%d+);(%d+);(%d+)",
        function(r, g, b) return {tonumber(r), tonumber(g), tonumber(b)} end)
      assert.equal(i.height, #rows)
      for y, row in ipairs(rows) do
        assert.equal(i.width, #row)
        for x, rgb in ipairs(row) do
          for c = 1, 3 do assert.equal(pixel(i, x - 1, y - 1, c), rgb[c]) end
        end
      end
    end
  end)

  it("is half blocks of near colours among 256", function()
    local function colour(n)
      n = tonumber(n)
      if n >= 232 then return {8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232)} end
      local function level(k) return k == 0 and 0 or 55 + 40 * k end
      n = n - 16
      return {level(n // 36), level(n // 6 % 6), level(n % 6)}
    end
    for _, channels in ipairs{1, 3} do
      local i = image(12, 8, channels)
      local rows = half_rows(picture.encode(i, "256", 80), "5;(%d+)", colour)
      for y, row in ipairs(rows) do
        for x, rgb in ipairs(row) do
          for c = 1, 3 do
            local most = channels == 1 and 9 or 48
            assert.is_true(math.abs(pixel(i, x - 1, y - 1, c) - rgb[c]) <= most)
          end
        end
      end
    end
  end)

  it("is shrunk to the columns by the mean", function()
    local i = {width = 4, height = 4, channels = 1, data = string.char(0, 100, 10, 10, 100, 200, 10,
      10, 0, 0, 255, 255, 0, 0, 255, 255)}
    local rows = half_rows(picture.encode(i, "half", 2), "2;(%d+);%d+;%d+", tonumber)
    assert.same({{100, 10}, {0, 255}}, rows)
  end)

  it("is characters from dark to light, and a size where there is no terminal", function()
    local i = {width = 3, height = 2, channels = 1, data = string.char(0, 128, 255, 0, 128, 255)}
    assert.equal(" +@\n", picture.encode(i, "plain", 80))
    assert.equal("picture 3 x 2\n", picture.encode(i, "none", 80))
  end)

  it("takes the way that the terminal tells, or that TEASEL_IMAGE names", function()
    for _, case in ipairs{
      {"kitty", {TERM = "xterm-kitty"}},
      {"kitty", {TERM = "xterm-256color", KITTY_WINDOW_ID = "1"}},
      {"iterm", {TERM = "xterm-256color", TERM_PROGRAM = "WezTerm"}}, {"sixel", {TERM = "foot"}},
      {"half", {TERM = "xterm-256color", COLORTERM = "truecolor"}},
      {"256", {TERM = "xterm-256color"}}, {"plain", {TERM = "linux"}}, {"plain", {}},
      {"256", {TERM = "screen-256color", TERM_PROGRAM = "iTerm.app"}},
      {"256", {TERM = "xterm-256color", KITTY_WINDOW_ID = "1", TMUX = "x"}},
      {"plain", {TERM = "xterm-256color", NO_COLOR = "1"}},
      {"sixel", {TERM = "xterm", TEASEL_IMAGE = "sixel"}},
    } do
      assert.equal(case[1], picture.protocol(env(case[2]), 80))
    end
    assert.equal("none", picture.protocol(env{TERM = "xterm-kitty"}, nil))
    assert.equal("half", picture.protocol(env{TEASEL_IMAGE = "half"}, nil))
    assert.error_matches(function() picture.protocol(env{TEASEL_IMAGE = "kity"}, 80) end,
      "TEASEL_IMAGE: .*'kity'.*did you mean 'kitty'")
  end)

  it("refuses a way that there is not, and no columns", function()
    assert.error_matches(function() picture.encode(image(2, 2, 1), "x", 80) end, "picture.encode")
    assert.error_matches(function() picture.encode(image(2, 2, 1), "half", 0) end, "'columns'")
  end)
end)

describe("show", function()
  it("puts images side by side, as figures have them or bare for characters", function()
    local x = T.stream(1):uniform({5, 8, 6, 1}, 0, 1)
    local bare = show.image_of(x, {columns = 3}, "half", 80)
    assert.same({20, 17, 1}, {bare.width, bare.height, bare.channels})
    local bytes = x:bytes():string(1, 6)
    assert.equal(bytes, bare.data:sub(1, 6))
    assert.equal(0xb8, bare.data:byte(7))
    local o = {columns = 3, title = "a title"}
    local full = show.image_of(x, o, "kitty", 80)
    assert.equal(T.canvas.grid(T.canvas.images(x), o):png(), full.png)
  end)

  it("makes rows of nearly as many images each, where nobody says how many", function()
    local function columns(n, how, width)
      return (show.image_of(T.zeros{n, 15, 15}, nil, how, width).width + 1) // 16
    end
    assert.equal(4, columns(8, "half", 96))   -- six would fit
    assert.equal(5, columns(20, "half", 96))
    assert.equal(6, columns(12, "half", 96))
    assert.equal(3, columns(3, "half", 96))
    assert.equal(1, columns(3, "half", 5))
    local twelve = T.zeros{12, 8, 6, 1}
    assert.equal(T.canvas.grid(T.canvas.images(twelve), {columns = 6}):png(),
      show.image_of(twelve, nil, "kitty", 80).png)
  end)

  it("takes an image alone, a canvas and a file too", function()
    assert.equal(8, show.image_of(T.zeros{8, 6}, nil, "half", 80).height)
    assert.equal(13, show.image_of(T.zeros{2, 8, 6}, nil, "half", 80).width)
    assert.equal(6, show.image_of(T.zeros{8, 6, 3}, nil, "half", 80).width)
    local c = T.canvas.new{width = 5, height = 4}
    assert.equal(c:png(), show.image_of(c, nil, "kitty", 80).png)
    local path = os.tmpname()
    assert(c:save(path))
    assert.equal(c:png(), show.image_of(path, nil, "half", 80).png)
    os.remove(path)
    for what, message in pairs{[3] = "show: argument 'images'", [T.zeros{2}] = "%[n h w c%]",
      ["/nowhere.png"] = "show: .*nowhere"} do
      assert.error_matches(function() show.image_of(what, nil, "half", 80) end, message)
    end
  end)

  it("reads a chart's options as a picture of it does", function()
    local script = os.tmpname()
    assert(core.file.save(script, [[
local show = require "teasel.tool.repl.show"
show.plot{kind = "scatter", x = {1, 2, 3}, y = {3, 1, 2}, label = {"odd", "even", "odd"}}
show.plot{panels = {{series = {{name = "places", at = {{1, 2}, {3, 4}}}}}}}
print(pcall(show.plot, {kind = "heat", matrix = {{1, 2}, {3, 4}}}))]]))
    local pipe = assert(io.popen("TEASEL_IMAGE=plain build/teasel " .. script .. " 2>&1"))
    local text = pipe:read "a"
    pipe:close()
    os.remove(script)
    for _, name in ipairs{"odd", "even", "places"} do assert.matches(name, text) end
    assert.matches("false\t[^\n]*plot: got a chart without series, wanted curves or points", text)
  end)

  it("prints a chart in characters", function()
    local script = os.tmpname()
    assert(core.file.save(script, [[
require("teasel.tool.repl.show").plot{
  series = {{name = "falls", x = {1, 2, 3, 4}, y = {9, 4, 1, 0}},
    {name = "apart", points = true, x = {2, 3}, y = {7, 8}}}}]]))
    local pipe = assert(io.popen("TEASEL_IMAGE=plain build/teasel " .. script .. " 2>&1"))
    local text = pipe:read "a"
    pipe:close()
    os.remove(script)
    assert.matches("falls %*+", text)
    assert.matches("apart +B", text)
    assert.equal(3, select(2, text:gsub("B", "")))   -- two points, and the legend's
    assert.is_true(select(2, text:gsub("\n", "")) > 20)
    assert.is_nil(text:find "\27")
  end)
end)
