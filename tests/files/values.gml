graph [
  node [ id 3 label "ann" value 0 ]
  node [ id 7 label "bob" value 1 ]
  edge [ source 3 target 7 value 4 ]
]
