# SPDX-License-Identifier: BSD-3-Clause
# What bench/table.awk and bench/plot share: the rows that bench/rounds.h writes.

# The value of that key of a flat JSON object without escapes; "" when it has none.
function field(line, key,    at)
{
	at = index(line, "\"" key "\":")
	if (at == 0)
		return ""
	line = substr(line, at + length(key) + 3)
	if (substr(line, 1, 1) == "\"") {
		line = substr(line, 2)
		return substr(line, 1, index(line, "\"") - 1)
	}
	sub(/[,}].*/, "", line)
	return line
}

# 1234567 is 1.23 M; three digits count.
function short(value,    suffix)
{
	value += 0
	suffix = ""
	if (value >= 1e6) {
		value /= 1e6
		suffix = " M"
	} else if (value >= 1e5) {
		value /= 1e3
		suffix = " k"
	}
	return sprintf(value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value) suffix
}

# "met" or "missed": a goal is a comparison and a number.
function judged(value, goal,    part)
{
	if (goal == "")
		return ""
	split(goal, part, " ")
	return (part[1] == "<=" ? value + 0 <= part[2] + 0 : value + 0 >= part[2] + 0) ? "met" : "missed"
}
