Creator	"yFiles"
Version	"2.19"
graph
[
	hierarchic	1
	label	""
	directed	0
	node
	[
		id	0
		label	"Ann"
		graphics
		[
			x	0.0
			y	0.0
			w	30.0
			h	30.0
			type	"rectangle"
		]
		LabelGraphics
		[
			text	"Ann"
		]
	]
	node
	[
		id	1
		label	"Bob"
		graphics
		[
			x	1.0
			y	0.0
			w	30.0
			h	30.0
			type	"rectangle"
		]
		LabelGraphics
		[
			text	"Bob"
		]
	]
	node
	[
		id	2
		label	"Cyd"
		graphics
		[
			x	1.0
			y	-2.0
			w	30.0
			h	30.0
			type	"rectangle"
		]
		LabelGraphics
		[
			text	"Cyd"
		]
	]
	node
	[
		id	3
		label	"Dan"
		graphics
		[
			x	0.25
			y	-1.5
			w	30.0
			h	30.0
			type	"rectangle"
		]
		LabelGraphics
		[
			text	"Dan"
		]
	]
	edge
	[
		source	0
		target	1
		weight	2.5
	]
	edge
	[
		source	0
		target	2
		weight	1.0E-5
	]
	edge
	[
		source	1
		target	2
		weight	1.0
	]
	edge
	[
		source	2
		target	3
		weight	0.5
	]
]
