-- The values of a list: 5.1 has no table.unpack.
return table.unpack or unpack
