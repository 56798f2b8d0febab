# SPDX-License-Identifier: BSD-3-Clause
# Horizontal bars from the rows of bench/rounds.h; run by bench/plot.
BEGIN {
	left = 250  # of the bars
	width = 300 # of the longest
	step = 18
}
/"machine":/ {
	machine = field($0, "machine") ", " field($0, "date")
}
/"bench":/ {
	key = field($0, "bench") (field($0, "what") == "" ? "" : ", " field($0, "what")) ": " \
		field($0, "unit")
	if ((key, field($0, "name")) in seen) # once more, for its ratio to another peer
		next
	seen[key, field($0, "name")] = 1
	if (!(key in rows)) {
		order[++groups] = key
		rows[key] = 0
	}
	n = ++rows[key]
	name[key, n] = field($0, "name")
	median[key, n] = field($0, "median") + 0
	low[key, n] = field($0, "low") + 0
	high[key, n] = field($0, "high") + 0
	if (high[key, n] > most[key])
		most[key] = high[key, n]
	lines++
}
function text(x, y, what, kind)
{
	gsub(/&/, "\\&amp;", what)
	gsub(/</, "\\&lt;", what)
	printf "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, kind, what
}
function bar(key, n, y,    scale)
{
	scale = most[key] > 0 ? width / most[key] : 0
	text(left - 8, y + 10, name[key, n], "name")
	printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\" class=\"%s\"/>\n", left, y,
		median[key, n] * scale, tolower(name[key, n]) ~ ours ? "torc" : "peer"
	printf "<path d=\"M%.1f %dH%.1f\"/>\n", left + low[key, n] * scale, y + 6,
		left + high[key, n] * scale
	text(left + width + 10, y + 10, short(median[key, n]), "value")
}
END {
	ours = "torc|bpf$|live_frames|af_xdp$|tx_ring$|^send$|pfring|^default|^watermark|^xdp:|^fanout,"
	height = 30 + groups * 34 + lines * step
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 %d\" width=\"640\" height=\"%d\">\n", height, height
	print "<style>text{font:12px sans-serif;fill:#24292f}.name{text-anchor:end}.head{font-weight:bold}"
	print ".torc{fill:#1f77b4}.peer{fill:#9aa4ae}path{stroke:#24292f;stroke-width:1.5}"
	print "@media(prefers-color-scheme:dark){text{fill:#d0d7de}path{stroke:#d0d7de}.torc{fill:#58a6ff}.peer{fill:#6e7681}}</style>"
	y = 18
	text(8, y, machine, "value")
	for (g = 1; g <= groups; g++) {
		text(8, y += 28, order[g], "head")
		y += 6
		for (n = 1; n <= rows[order[g]]; n++) {
			bar(order[g], n, y)
			y += step
		}
	}
	print "</svg>"
}
