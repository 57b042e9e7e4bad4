-- unique() -> a text of 32 hexadecimal digits that nothing else is called and nobody can guess

return function()
  local random <close> = assert(io.open("/dev/urandom", "rb"))
  return (random:read(16):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end
