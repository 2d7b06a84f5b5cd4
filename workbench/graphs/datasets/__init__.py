"""Published graphs: data sets that PyG loads, collections for expressivity, packed files."""
