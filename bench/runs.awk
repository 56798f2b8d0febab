# SPDX-License-Identifier: BSD-3-Clause
# One table over the rows of several runs; run by bench/runs. A row is known by bench, what, name and peer.

# The middle one of the count values of row, sorted here; least and most are left in those variables.
function middle(values, row, count,    i, k, swap)
{
	for (i = 1; i < count; i++)
		for (k = i + 1; k <= count; k++)
			if (values[row, k] < values[row, i]) {
				swap = values[row, i]
				values[row, i] = values[row, k]
				values[row, k] = swap
			}
	least = values[row, 1]
	most = values[row, count]
	return values[row, int((count + 1) / 2)]
}

/"machine":/ {
	print field($0, "machine") ", " field($0, "date") ", before: " field($0, "before")
}
/"bench":/ {
	row = field($0, "bench") "|" field($0, "what") "|" field($0, "name") "|" field($0, "peer") "|" \
		field($0, "unit")
	if (!(row in count)) {
		order[++rows] = row
		first[row] = $0
	}
	count[row]++
	median[row, count[row]] = field($0, "median") + 0
	ratio[row, count[row]] = field($0, "ratio") + 0
	rounds[row] += field($0, "rounds")
	disturbed[row] += field($0, "disturbed")
}
END {
	form = "%-8s %-24s %-32s %9s  %-19s %-13s %-9s %s\n"
	printf form, "bench", "", "", "median", "of the runs", "unit", "disturbed", "ratio to peer, goal"
	for (n = 1; n <= rows; n++) {
		row = order[n]
		line = first[row]
		goal = field(line, "goal")
		note = ""
		value = judged_on = middle(median, row, count[row])
		spread = short(least) " to " short(most)
		if (field(line, "ratio") != "") {
			judged_on = middle(ratio, row, count[row])
			note = sprintf("%.2f (%.2f to %.2f) x %s", judged_on, least, most, field(line, "peer"))
		}
		if (goal != "")
			note = note (note == "" ? "" : ", ") goal ": " judged(judged_on, goal)
		printf form, field(line, "bench"), field(line, "what"), field(line, "name"), short(value),
			spread, field(line, "unit"),
			rounds[row] ? disturbed[row] " of " rounds[row] : "", note
	}
}
