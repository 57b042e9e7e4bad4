-- Requests of HTTP/1.1, as strictly as one page of our own needs them, and whether they come from
-- it. Everything here is a function of bytes: the sockets are in teasel.tool.explorer.server.
--
--   request.read(bytes) -> a request {method =, path =, query =, headers =, body =, keep =} and the
--     bytes that follow it; nil where more bytes are wanted; nil, status where they are no request
--   request.refusal(r, own) -> the status by which a request is refused, or nil. own: what
--     teasel.tool.explorer.server knows of itself: {port =, hosts =, token =, name =}
--
-- A page of another site that the user has open can send requests to this machine, too. What keeps
-- it out: the name in Host must be ours (its own name may lead to 127.0.0.1), Origin and
-- Sec-Fetch-Site must say that our page asks, and what does something is JSON, which another site's
-- page may not send without being asked first, which we never answer.

local request = {HEAD = 8192, BODY = 262144}   -- bytes, at most

local FIELDS = 64   -- of a head
local TOKEN = "^([%w!#$%%&'*+%-.^_`|~]+):[ \t]*(.-)[ \t]*$"

-- the fields of a head by their names in small letters, or nil: none may come twice or go on in a
-- second line, so that no two readers can take them in two ways
local function fields_of(lines)
  local fields, n = {}, 0
  for line in lines:gmatch "(.-)\r\n" do
    local name, value = line:match(TOKEN)
    n = n + 1
    if not name or n > FIELDS or value:find "[^\t\32-\126\128-\255]" then return nil end
    name = name:lower()
    if fields[name] then return nil end
    fields[name] = value
  end
  return fields
end

function request.read(bytes)
  local stop = bytes:find("\r\n\r\n", 1, true)
  if (stop or #bytes) > request.HEAD then return nil, 431 end
  if not stop then return nil end
  local line, lines = bytes:sub(1, stop + 1):match "^([^\r\n]*)\r\n(.*)$"
  local method, target, version = (line or ""):match "^(%u+) (/[!-~]*) HTTP/1%.([01])$"
  local fields = method and fields_of(lines)
  if not fields or fields["transfer-encoding"] then return nil, 400 end
  if fields.expect then return nil, 417 end
  local length = fields["content-length"] or "0"
  if not length:find "^%d+$" then return nil, 400 end
  if #length > 9 or tonumber(length) > request.BODY then return nil, 413 end
  local first = stop + 4
  local last = first + math.tointeger(tonumber(length)) - 1
  if #bytes < last then return nil end
  local path, query = target:match "^([^?]*)%??(.*)$"
  return {method = method, path = path, query = query, headers = fields,
    body = bytes:sub(first, last),
    keep = version == "1" and (fields.connection or ""):lower() ~= "close"}, bytes:sub(last + 1)
end

-- whether two texts are the same, in a time that does not tell how far they are
local function same(a, b)
  local different = #a ~ #b
  for i = 1, #b do different = different | ((a:byte(i) or 0) ~ b:byte(i)) end
  return different == 0
end

-- whether a request has the token: in the address, or in the cookie that this was answered with
function request.has_token(r, own)
  local cookie = ("; " .. (r.headers.cookie or "")):match("; " .. own.name .. "=([^;]*)")
  return same(r.query:match "^token=(%w+)$" or cookie or "", own.token)
end

function request.refusal(r, own)
  local host, origin = r.headers.host, r.headers.origin
  if not host then return 400 end
  if own.hosts and not own.hosts[host:lower()] then return 403 end
  if origin and origin:lower() ~= "http://" .. host:lower() then return 403 end
  local site = r.headers["sec-fetch-site"]
  local followed = r.method == "GET" and r.path == "/"   -- a link that leads to us does no harm
  if site and site ~= "same-origin" and site ~= "none" and not followed then return 403 end
  if own.token and not request.has_token(r, own) then return 401 end
end

return request
