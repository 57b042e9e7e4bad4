-- A small encoder of baseline JPEG, for specs: no subsampling, and codes of one length each in the
-- place of Huffman's.
--
--   jpeg.encode{width =, height =, channels = 1, 3 or 4, data = bytes, step = 1, exif = turn,
--     adobe = byte} -> the bytes of a file

local jpeg = {}

local ZIGZAG = {}
do
  local x, y, up = 0, 0, true
  for i = 1, 64 do
    ZIGZAG[i] = y * 8 + x + 1
    if up and x == 7 then y, up = y + 1, false
    elseif up and y == 0 then x, up = x + 1, false
    elseif up then x, y = x + 1, y - 1
    elseif y == 7 then x, up = x + 1, true
    elseif x == 0 then y, up = y + 1, true
    else x, y = x - 1, y + 1 end
  end
end

local COS = {}
for u = 0, 7 do
  COS[u] = {}
  for x = 0, 7 do
    COS[u][x] = math.cos((2 * x + 1) * u * math.pi / 16) * (u == 0 and math.sqrt(1 / 8) or 1 / 2)
  end
end

-- the cosine transform of 64 samples
local function dct(block)
  local rows, out = {}, {}
  for y = 0, 7 do
    for u = 0, 7 do
      local sum, c = 0, COS[u]
      for x = 0, 7 do sum = sum + block[y * 8 + x + 1] * c[x] end
      rows[y * 8 + u + 1] = sum
    end
  end
  for u = 0, 7 do
    for v = 0, 7 do
      local sum, c = 0, COS[v]
      for y = 0, 7 do sum = sum + rows[y * 8 + u + 1] * c[y] end
      out[v * 8 + u + 1] = sum
    end
  end
  return out
end

-- AC symbols in the order of their codes
local AC, code_of = {0x00, 0xf0}, {}
for run = 0, 15 do
  for size = 1, 10 do AC[#AC + 1] = run << 4 | size end
end
for i, symbol in ipairs(AC) do code_of[symbol] = i - 1 end

local function marker(kind, data)
  return ("\xff%c"):format(kind) .. (">I2"):pack(#data + 2) .. data
end

local function table_of(class, bits, symbols)
  local counts = {}
  for i = 1, 16 do counts[i] = string.char(i == bits and #symbols or 0) end
  return marker(0xc4, string.char(class) .. table.concat(counts)
    .. string.char(table.unpack(symbols)))
end

local function writer()
  local w = {parts = {}, acc = 0, n = 0}
  function w:put(value, bits)
    self.acc, self.n = self.acc << bits | value, self.n + bits
    while self.n >= 8 do
      self.n = self.n - 8
      local byte = self.acc >> self.n & 255
      self.acc = self.acc & (1 << self.n) - 1
      self.parts[#self.parts + 1] = byte == 255 and "\xff\0" or string.char(byte)
    end
  end
  return w
end

local function size_of(v)
  local size = 0
  v = math.abs(v)
  while v > 0 do v, size = v >> 1, size + 1 end
  return size
end

local function put_value(w, v, size)
  if size > 0 then w:put(v > 0 and v or v + (1 << size) - 1, size) end
end

local function put_block(w, block, step, last)
  local f, list = dct(block), {}
  for i = 1, 64 do list[i] = math.floor(f[ZIGZAG[i]] / step + 0.5) end
  local difference = list[1] - last
  local size = size_of(difference)
  w:put(size, 4)
  put_value(w, difference, size)
  local run = 0
  for i = 2, 64 do
    local v = list[i]
    if v == 0 then
      run = run + 1
    else
      while run > 15 do
        w:put(code_of[0xf0], 8)
        run = run - 16
      end
      size = size_of(v)
      w:put(code_of[run << 4 | size], 8)
      put_value(w, v, size)
      run = 0
    end
  end
  if run > 0 then w:put(code_of[0], 8) end
  return list[1]
end

-- what libjpeg keeps of R, G, B
local function ycc(r, g, b)
  return 0.299 * r + 0.587 * g + 0.114 * b, 128 - 0.168735892 * r - 0.331264108 * g + 0.5 * b,
    128 + 0.5 * r - 0.418687589 * g - 0.081312411 * b
end

local function planes_of(o)
  local planes = {}
  for c = 1, o.channels do planes[c] = {} end
  for i = 0, o.width * o.height - 1 do
    local v = {o.data:byte(i * o.channels + 1, (i + 1) * o.channels)}
    if o.channels == 3 then v = {ycc(v[1], v[2], v[3])} end
    for c = 1, o.channels do planes[c][i + 1] = v[c] - 128 end
  end
  return planes
end

function jpeg.encode(o)
  local step, planes, n = o.step or 1, planes_of(o), o.channels
  local frame, scan = {}, {}
  for c = 1, n do
    frame[c], scan[c] = string.char(c, 0x11, 0), string.char(c, 0)
  end
  local head = {"\xff\xd8"}
  if o.exif then
    head[#head + 1] = marker(0xe1, "Exif\0\0MM\0\42\0\0\0\8\0\1"
      .. (">I2I2I4I2I2"):pack(0x112, 3, 1, o.exif, 0) .. "\0\0\0\0")
  end
  if o.adobe then head[#head + 1] = marker(0xee, "Adobe\0\100\0\0\0\0" .. string.char(o.adobe)) end
  head[#head + 1] = marker(0xdb, "\0" .. string.char(step):rep(64))
  head[#head + 1] = marker(0xc0, "\8" .. (">I2I2B"):pack(o.height, o.width, n)
    .. table.concat(frame))
  head[#head + 1] = table_of(0x00, 4, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  head[#head + 1] = table_of(0x10, 8, AC)
  head[#head + 1] = marker(0xda, string.char(n) .. table.concat(scan) .. "\0\63\0")
  local w, last = writer(), {}
  for y = 0, o.height - 1, 8 do
    for x = 0, o.width - 1, 8 do
      for c = 1, n do
        local block = {}
        for j = 0, 63 do
          local sy = math.min(y + j // 8, o.height - 1)
          block[j + 1] = planes[c][sy * o.width + math.min(x + j % 8, o.width - 1) + 1]
        end
        last[c] = put_block(w, block, step, last[c] or 0)
      end
    end
  end
  w:put(127, 7)   -- ones up to the end of the last byte
  return table.concat(head) .. table.concat(w.parts) .. "\xff\xd9"
end

return jpeg
