# SPDX-License-Identifier: BSD-3-Clause
# One table of all figures; run by bench/run.
BEGIN {
	form = "%-8s %-24s %-32s %9s  %-19s %-13s %-9s %s\n"
	printf form, "bench", "", "", "median", "quartiles", "unit", "disturbed", "ratio to peer, goal"
}
/"bench":/ {
	ratio = field($0, "ratio")
	goal = field($0, "goal")
	note = ratio == "" ? "" : sprintf("%.2f x %s", ratio, field($0, "peer"))
	if (goal != "")
		note = note (note == "" ? "" : ", ") goal ": " \
			judged(ratio == "" ? field($0, "median") : ratio, goal)
	rounds = field($0, "rounds")
	all += rounds
	disturbed += field($0, "disturbed")
	printf form, field($0, "bench"), field($0, "what"), field($0, "name"),
		short(field($0, "median")), short(field($0, "low")) " to " short(field($0, "high")),
		field($0, "unit"), rounds == "" ? "" : field($0, "disturbed") " of " rounds, note
}
END {
	if (all > 0 && disturbed > all / 10)
		printf "%d of %d rounds were disturbed, by other programs or the hypervisor: " \
			"these are no figures to quote\n", disturbed, all
}
