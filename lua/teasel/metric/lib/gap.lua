-- gap(matrix [D][K], k [, transposed]) -> how much the largest entry of a column (or of a row)
-- exceeds the second largest, its place, the second, and its place; of one entry alone, the second
-- is 0. The first of equal ones counts as the larger.

return function(matrix, k, transposed)
  local first, second, at, next_at = -math.huge, -math.huge, nil, nil
  local n = transposed and #matrix[k] or #matrix
  for d = 1, n do
    local v = transposed and matrix[k][d] or matrix[d][k]
    if v > first then
      first, second, at, next_at = v, first, d, at
    elseif v > second then
      second, next_at = v, d
    end
  end
  if n == 1 then second = 0 end
  return first - second, at, second, next_at
end
