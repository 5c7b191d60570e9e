-- Values as a list that knows how many they are, nil among them; 5.1 has no table.pack.
return table.pack or function(...) return { n = select("#", ...), ... } end
