-- The bytes that stand in a spec as base64.

return function(text)
  local value, bits, bytes = 0, 0, {}
  local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  for letter in text:gmatch "[%w+/]" do
    value, bits = (value << 6 | letters:find(letter, 1, true) - 1) & 0xffff, bits + 6
    if bits >= 8 then
      bits = bits - 8
      bytes[#bytes + 1] = string.char(value >> bits & 0xff)
    end
  end
  return table.concat(bytes)
end
