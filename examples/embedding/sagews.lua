-- A filter of Pandoc and Quarto: a block of code with the class `sagews` becomes a live cell in HTML, and stays a
-- listing in every other format. `pandoc --lua-filter sagews.lua -M sagews=https://math.example.org …`

local site = "https://math.example.org"
local attributes = { "session", "language", "label", "setup", "readonly", "autoevaluate" }

local function escaped(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub('"', "&quot;"))
end

local function cell(block)
  if not block.classes:includes("sagews") then return nil end
  if not FORMAT:match("html") then
    block.classes = { block.attributes.language or "python" }
    return block
  end
  local given = ""
  for _, name in ipairs(attributes) do
    local value = block.attributes[name]
    if value then given = given .. " " .. name .. '="' .. escaped(value) .. '"' end
  end
  local expected = block.attributes.expected
  local slot = expected and '<pre slot="expected">' .. escaped(expected) .. "</pre>" or ""
  return pandoc.RawBlock("html", "<sagews-cell" .. given .. "><pre>\n" .. escaped(block.text) .. "\n</pre>" .. slot .. "</sagews-cell>")
end

local function head(meta)
  if not FORMAT:match("html") then return nil end
  if meta.sagews then site = pandoc.utils.stringify(meta.sagews) end
  local script = pandoc.RawBlock("html", '<script type="module" src="' .. escaped(site) .. '/embed.js"></script>')
  local includes = meta["header-includes"] or pandoc.MetaList({})
  if includes.t ~= "MetaList" and pandoc.utils.type(includes) ~= "List" then includes = pandoc.MetaList({ includes }) end
  includes[#includes + 1] = pandoc.MetaBlocks({ script })
  meta["header-includes"] = includes
  return meta
end

return { { CodeBlock = cell, Meta = head } }
