Creator "igraph version 0.10"
Version 1
graph
[
  directed 0
  node
  [
    id 0
    name "ann"
    graphics [ x 1e+20 y -2e-05 ]
  ]
  node
  [
    id 1
    name "bob"
    graphics [ x 0 y 1 ]
  ]
  node
  [
    id 2
    name "cyd"
    graphics [ x 2 y 3 ]
  ]
  edge
  [
    source 1
    target 0
    weight 1e-05
  ]
  edge
  [
    source 2
    target 1
    weight 1e+20
  ]
]
