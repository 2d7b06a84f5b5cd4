Creator "Gephi"
graph
[
  directed 0
  node
  [
    id 0
    label "Ann"
    graphics
    [
      x 0.0
      y 0.0
      z 0.0
      w 10.0
      h 10.0
      d 10.0
      fill "#000000"
    ]
  ]
  node
  [
    id 1
    label "Bob"
    graphics
    [
      x 1.0
      y 0.0
      z 0.0
      w 10.0
      h 10.0
      d 10.0
      fill "#000000"
    ]
  ]
  node
  [
    id 2
    label "Cyd"
    graphics
    [
      x 1.0
      y 2.0
      z 0.0
      w 10.0
      h 10.0
      d 10.0
      fill "#000000"
    ]
  ]
  node
  [
    id 3
    label "Dan"
    graphics
    [
      x 0.25
      y 1.5
      z 0.0
      w 10.0
      h 10.0
      d 10.0
      fill "#000000"
    ]
  ]
  edge
  [
    id 0
    source 0
    target 1
    value 2.5
    fill "#000000"
  ]
  edge
  [
    id 1
    source 0
    target 2
    value 1.0E-5
    fill "#000000"
  ]
  edge
  [
    id 2
    source 1
    target 2
    value 1.0
    fill "#000000"
  ]
  edge
  [
    id 3
    source 2
    target 3
    value 0.5
    fill "#000000"
  ]
]
